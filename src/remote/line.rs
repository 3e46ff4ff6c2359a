//! Lines of bounded length out of a stream.

use std::io::{self, ErrorKind, Read};

/// Bytes that are read at once.
const CHUNK: usize = 16 << 10;

/// Reads lines of at most so many bytes.
pub(super) struct LineReader<R> {
    stream: R,
    longest: usize,
    waiting: Vec<u8>,
    /// Up to here `waiting` holds no end of a line.
    searched: usize,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line without its end.
    Text(String),
    /// A line that is longer than it may be; nothing that follows can be read.
    TooLong,
    /// A line that is not UTF-8.
    NotText,
    /// The stream has ended; half a line at its end is left out.
    End,
}

impl<R: Read> LineReader<R> {
    pub fn new(stream: R, longest: usize) -> Self {
        LineReader { stream, longest, waiting: Vec::new(), searched: 0 }
    }

    /// The next line.
    ///
    /// # Errors
    /// The stream's; a time-out among them, after which the reader goes on where it was.
    pub fn next(&mut self) -> io::Result<Line> {
        loop {
            let new = &self.waiting[self.searched..];
            if let Some(at) = new.iter().position(|byte| *byte == b'\n') {
                let at = self.searched + at;
                if at > self.longest {
                    return Ok(Line::TooLong);
                }
                let line = self.waiting[..at].to_vec();
                self.waiting.drain(..=at);
                self.searched = 0;
                return Ok(String::from_utf8(line).map_or(Line::NotText, Line::Text));
            }
            self.searched = self.waiting.len();
            if self.searched > self.longest {
                return Ok(Line::TooLong);
            }
            let mut chunk = [0; CHUNK];
            match self.stream.read(&mut chunk) {
                Ok(0) => return Ok(Line::End),
                Ok(count) => self.waiting.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<Line> {
        let mut reader = LineReader::new(bytes, 8);
        let mut lines = Vec::new();
        loop {
            let line = reader.next().unwrap();
            let ends = matches!(line, Line::End | Line::TooLong);
            lines.push(line);
            if ends {
                return lines;
            }
        }
    }

    #[test]
    fn lines_are_whole_bounded_and_text() {
        let text = |text: &str| Line::Text(text.into());
        assert_eq!(lines(b"a\n\nbc\nhalf"), [text("a"), text(""), text("bc"), Line::End]);
        assert_eq!(lines(b"12345678\nx\n"), [text("12345678"), text("x"), Line::End]);
        assert_eq!(lines(b"ok\n123456789\n"), [text("ok"), Line::TooLong]);
        assert_eq!(lines(b"never ends"), [Line::TooLong]);
        assert_eq!(lines(b"\xff\nx\n"), [Line::NotText, text("x"), Line::End]);
    }
}
