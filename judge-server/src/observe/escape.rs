//! Escapes characters that a terminal or an editor would obey or hide, in every line of the log.

use std::fmt::Write as _;
use std::io::{self, Write};

use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::fmt::MakeWriter;

/// Escapes such characters as JSON does. They occur only within texts, so a line of JSON keeps its meaning.
#[derive(Debug, Clone)]
pub(super) struct Escaping(pub(super) NonBlocking);

impl<'a> MakeWriter<'a> for Escaping {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Escaping {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // All that is escaped comes after the last visible character of ASCII.
        let text = std::str::from_utf8(line).ok().filter(|_| line.iter().any(|byte| *byte > b'~'));
        match text {
            None => self.0.write_all(line)?,
            Some(text) => self.0.write_all(escaped(text).as_bytes())?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn escaped(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len() + 16);
    for character in line.chars() {
        if is_unseen(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a text cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Controls beyond those of ASCII, which both formats escape themselves; ends of lines and paragraphs;
/// marks of direction (Unicode, `Bidi_Control`), and others that have no width.
fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_escaped_as_in_json() {
        let id = "a\u{85}b\u{2028}c\u{9b}d\u{7f}e\u{202e}f\u{e0041}é灰";
        let line = serde_json::to_string(id).unwrap();
        let written = escaped(&line);
        assert!(!written.chars().any(is_unseen), "{written}");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), id);
        assert!(written.contains("é灰"), "{written}");
    }
}
