//! Makes text of the input safe to print.

use std::borrow::Cow;
use std::fmt::Write;

/// Escapes every character of `text` that could move the cursor, colour the terminal or change the writing direction,
/// as in `\u{1b}`.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) { Cow::Borrowed(text) } else { Cow::Owned(escape(text)) }
}

/// Makes a message of several lines safe, and indents all lines but the first.
pub(crate) fn printable_lines(message: &str) -> String {
    let lines: Vec<Cow<str>> = message.split('\n').map(printable).collect();
    lines.join("\n  ")
}

fn is_harmless(c: char) -> bool {
    let unseen = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !c.is_control() && !unseen
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_harmless(c) {
            escaped.push(c);
        } else if matches!(c, '\t' | '\n' | '\r') {
            escaped.extend(c.escape_default());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "\\u{{{:x}}}", u32::from(c));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_out_what_a_terminal_would_obey() {
        for (text, shown) in [
            ("latency p99 µs 延迟", "latency p99 µs 延迟"),
            ("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("safe\u{202e}gnp.exe", "safe\\u{202e}gnp.exe"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }
}
