//! A reader that refuses lines and files that are too long, before anybody stores them.

use std::io::{Error, Read, Result};

/// Passes bytes through and fails once a line, or the whole, exceeds its bound.
#[derive(Debug)]
pub struct LineGuard<R> {
    inner: R,
    line_bytes: usize,
    line_bytes_max: usize,
    bytes_left: u64,
}

impl<R: Read> LineGuard<R> {
    /// Returns a guard over `inner` with bounds for one line and for the whole.
    pub const fn new(inner: R, line_bytes_max: usize, bytes_max: u64) -> Self {
        Self { inner, line_bytes: 0, line_bytes_max, bytes_left: bytes_max }
    }
}

impl<R: Read> Read for LineGuard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes_left = self.bytes_left.checked_sub(count as u64).ok_or_else(|| Error::other("the file is larger than can be read"))?;
        for &byte in buffer.iter().take(count) {
            self.line_bytes = if byte == b'\n' { 0 } else { self.line_bytes + 1 };
            if self.line_bytes > self.line_bytes_max {
                return Err(Error::other(format!("a line is longer than {} bytes", self.line_bytes_max)));
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, line_max: usize, max: u64) -> Result<String> {
        let mut out = String::new();
        LineGuard::new(text.as_bytes(), line_max, max).read_to_string(&mut out)?;
        Ok(out)
    }

    #[test]
    fn passes_what_is_within_bounds_and_nothing_else() {
        assert_eq!(read("abc\nabc\n", 3, 8).unwrap(), "abc\nabc\n");
        assert!(read("abc\nabcd\n", 3, 100).is_err());
        assert!(read("abc\nabc\n", 3, 7).is_err());
    }
}
