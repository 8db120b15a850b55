//! Lines from a stream, none longer than allowed.
//!
//! Invariant: never more than the longest allowed line and one buffer are held. Waiting for a line can be given up and
//! taken up again without losing bytes.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Reads bounded lines.
pub(super) struct LineReader<R> {
    reader: BufReader<R>,
    begun: Vec<u8>,
    bytes_max: usize,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    /// Returns a reader of lines of at most `bytes_max` bytes.
    pub(super) fn new(stream: R, bytes_max: usize) -> Self {
        Self { reader: BufReader::new(stream), begun: Vec::new(), bytes_max }
    }

    /// Returns the next line without its end; `None` once the stream has ended.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] for a line that is too long; what the stream says.
    pub(super) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let chunk = self.reader.fill_buf().await?;
            if chunk.is_empty() {
                // A line that was cut off says nothing reliable.
                return Ok(None);
            }
            let (part, used, whole) = match chunk.iter().position(|byte| *byte == b'\n') {
                Some(end) => (chunk.get(..end).unwrap_or_default(), end + 1, true),
                None => (chunk, chunk.len(), false),
            };
            if self.begun.len() + part.len() > self.bytes_max {
                return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a line is longer than {} bytes", self.bytes_max)));
            }
            self.begun.extend_from_slice(part);
            self.reader.consume(used);
            if whole {
                return Ok(Some(std::mem::take(&mut self.begun)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_cut_at_their_ends_and_bounded() {
        let mut lines = LineReader::new(&b"one\n\ntwo\r\nthree"[..], 5);
        assert_eq!(lines.next().await.unwrap().unwrap(), b"one");
        assert_eq!(lines.next().await.unwrap().unwrap(), b"");
        assert_eq!(lines.next().await.unwrap().unwrap(), b"two\r");
        assert_eq!(lines.next().await.unwrap(), None, "a cut line is none");
        let long = vec![b'x'; 100_000];
        let mut lines = LineReader::new(&long[..], 50_000);
        assert_eq!(lines.next().await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
