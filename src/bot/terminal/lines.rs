//! Lines from a stream that may hold anything: each is bounded and checked before it is a text (invariant I12).

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Longest line that is read, in bytes; the rest of a longer one is skipped.
pub const LINE_BYTES_MAX: usize = 128 * 1024;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A text, without its line end.
    Text(String),
    /// Longer than [`LINE_BYTES_MAX`]; skipped.
    TooLong,
    /// Not UTF-8; skipped.
    NotText,
}

/// Reads lines.
pub struct LineReader<R> {
    input: R,
}

impl<R: AsyncBufRead + Unpin> LineReader<R> {
    /// Returns a reader of `input`.
    pub const fn new(input: R) -> Self {
        Self { input }
    }

    /// Returns the next line, or `None` at the end.
    ///
    /// # Errors
    /// What the stream reports.
    pub async fn next(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        let mut too_long = false;
        let mut any = false;
        loop {
            let chunk = self.input.fill_buf().await?;
            if chunk.is_empty() {
                return Ok(any.then(|| finished(line, too_long)));
            }
            any = true;
            let newline = chunk.iter().position(|&byte| byte == b'\n');
            let part = chunk.get(..newline.unwrap_or(chunk.len())).unwrap_or_default();
            // Once too long, bytes are only counted off, not kept.
            too_long = too_long || line.len() + part.len() > LINE_BYTES_MAX;
            if !too_long {
                line.extend_from_slice(part);
            }
            let used = newline.map_or(chunk.len(), |at| at + 1);
            self.input.consume(used);
            if newline.is_some() {
                return Ok(Some(finished(line, too_long)));
            }
        }
    }
}

fn finished(mut line: Vec<u8>, too_long: bool) -> Line {
    if too_long {
        return Line::TooLong;
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map_or(Line::NotText, Line::Text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};
    use tokio::io::BufReader;

    use super::{LINE_BYTES_MAX, Line, LineReader};

    async fn all(bytes: &[u8], buffer: usize) -> Vec<Line> {
        let mut reader = LineReader::new(BufReader::with_capacity(buffer, bytes));
        let mut lines = Vec::new();
        while let Some(line) = reader.next().await.unwrap() {
            lines.push(line);
        }
        lines
    }

    fn text(text: &str) -> Line {
        Line::Text(text.to_owned())
    }

    #[tokio::test]
    async fn lines_end_with_either_line_end_or_the_stream() {
        assert_eq!(all(b"a\r\n\nb\nlast", 3).await, [text("a"), text(""), text("b"), text("last")]);
        assert_eq!(all(b"", 3).await, []);
        assert_eq!(all(b"\n", 3).await, [text("")]);
    }

    #[tokio::test]
    async fn what_is_no_text_or_too_long_is_skipped_and_the_next_line_is_read() {
        assert_eq!(all(b"\xff\xfe\nok\n", 4).await, [Line::NotText, text("ok")]);
        let mut bytes = vec![b'x'; LINE_BYTES_MAX];
        bytes.extend_from_slice(b"\nok\n");
        assert_eq!(all(&bytes, 1_000).await, [text(&"x".repeat(LINE_BYTES_MAX)), text("ok")]);
        bytes.insert(0, b'x');
        assert_eq!(all(&bytes, 1_000).await, [Line::TooLong, text("ok")]);
    }

    proptest! {
        #[test]
        fn any_bytes_give_one_line_a_line_end(bytes in any::<Vec<u8>>()) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let lines = runtime.block_on(all(&bytes, 7));
            let ends = bytes.iter().filter(|&&byte| byte == b'\n').count();
            let open = usize::from(!bytes.is_empty() && bytes.last() != Some(&b'\n'));
            assert_eq!(lines.len(), ends + open);
        }
    }
}
