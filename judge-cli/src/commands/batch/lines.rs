//! Reads lines of a bounded length.

use std::io::{self, BufRead, BufReader, Read};

/// A line that is not blank.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InputLine {
    /// The whole line, without its newline.
    Complete {
        /// Number of the line in the input, from 1.
        number: u64,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// A line that is too long; it was skipped.
    TooLong {
        /// Number of the line in the input, from 1.
        number: u64,
        /// The longest allowed line, in bytes.
        longest: usize,
    },
}

/// Reads lines one by one.
pub(super) struct Lines {
    input: BufReader<Box<dyn Read + Send>>,
    longest: usize,
    number: u64,
}

const INPUT_BUFFER: usize = 1 << 18;
const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

impl Lines {
    /// Lines of `input` of at most `longest` bytes.
    pub(super) fn new(input: Box<dyn Read + Send>, longest: usize) -> Self {
        Self { input: BufReader::with_capacity(INPUT_BUFFER, input), longest, number: 0 }
    }

    /// Reads the next line that is not blank into `buffer`; `None` at the end.
    pub(super) fn next(&mut self, mut buffer: Vec<u8>) -> io::Result<Option<InputLine>> {
        loop {
            buffer.clear();
            let Some(ending) = self.read_line(&mut buffer)? else {
                return Ok(None);
            };
            self.number += 1;
            let number = self.number;
            if matches!(ending, Ending::TooLong) {
                return Ok(Some(InputLine::TooLong { number, longest: self.longest }));
            }
            if number == 1 && buffer.starts_with(UTF8_BOM) {
                buffer.drain(..UTF8_BOM.len());
            }
            if !buffer.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(InputLine::Complete { number, bytes: buffer }));
            }
        }
    }

    fn read_line(&mut self, buffer: &mut Vec<u8>) -> io::Result<Option<Ending>> {
        let mut any = false;
        let mut ending = Ending::Whole;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                return Ok(any.then_some(ending));
            }
            any = true;
            let newline = memchr::memchr(b'\n', chunk);
            let part = &chunk[..newline.unwrap_or(chunk.len())];
            if buffer.len() + part.len() > self.longest {
                ending = Ending::TooLong;
                *buffer = Vec::new();
            }
            if matches!(ending, Ending::Whole) {
                buffer.extend_from_slice(part);
            }
            let used = part.len() + usize::from(newline.is_some());
            self.input.consume(used);
            if newline.is_some() {
                return Ok(Some(ending));
            }
        }
    }
}

enum Ending {
    Whole,
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &'static [u8], longest: usize) -> Vec<(u64, Option<Vec<u8>>)> {
        let mut lines = Lines::new(Box::new(input), longest);
        let mut found = Vec::new();
        while let Some(line) = lines.next(Vec::new()).unwrap() {
            found.push(match line {
                InputLine::Complete { number, bytes } => (number, Some(bytes)),
                InputLine::TooLong { number, .. } => (number, None),
            });
        }
        found
    }

    #[test]
    fn skips_blank_and_long_lines() {
        let found = all(b"\xEF\xBB\xBFab\r\n\n  \nabcdefgh\ncd", 6);
        assert_eq!(found, [(1, Some(b"ab\r".to_vec())), (4, None), (5, Some(b"cd".to_vec())),]);
        assert_eq!(all(b"", 4), []);
        assert_eq!(all(b"abcde", 4), [(1, None)]);
        assert_eq!(all(b"abcd\n", 4), [(1, Some(b"abcd".to_vec()))]);
    }

    #[test]
    fn a_long_line_over_many_chunks_is_skipped_to_its_newline() {
        let mut input = vec![b'x'; 3 * INPUT_BUFFER];
        input.extend_from_slice(b"\nok\n");
        let found = all(input.leak(), 10);
        assert_eq!(found, [(1, None), (2, Some(b"ok".to_vec()))]);
    }
}
