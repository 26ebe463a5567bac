//! A column of short texts in one buffer.

use std::fmt::{self, Write};

/// Texts in one buffer; some may be missing.
#[derive(Debug, Default)]
pub struct Texts {
    bytes: String,
    /// The end of each text; `None` if it is missing.
    ends: Vec<Option<usize>>,
}

impl Texts {
    /// Adds a text.
    pub(super) fn push(&mut self, text: Option<&str>) {
        let end = text.map(|text| {
            self.bytes.push_str(text);
            self.bytes.len()
        });
        self.ends.push(end);
    }

    /// Adds the name of a variant.
    pub(super) fn push_word(&mut self, word: Option<impl fmt::Debug>) {
        let end = word.map(|word| {
            // Writing to a String cannot fail.
            let _ = write!(self.bytes, "{word:?}");
            self.bytes.len()
        });
        self.ends.push(end);
    }

    /// Appends the texts of `other`.
    pub(super) fn append(&mut self, other: &Self) {
        let before = self.bytes.len();
        self.bytes.push_str(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| end.map(|end| before + end)));
    }

    /// The texts in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let text = end.and_then(|end| self.bytes.get(start..end));
            start = end.unwrap_or(start);
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_in_order() {
        let texts = [Some("one"), None, Some(""), Some("ünder"), None];
        let mut one = Texts::default();
        let mut other = Texts::default();
        for text in texts {
            one.push(text);
            other.push(text);
        }
        one.push_word(Some(judge_core::Verdict::Pass));
        other.push_word(Some(judge_core::Verdict::Pass));
        one.append(&other);
        let all = [&texts[..], &[Some("Pass")]].concat();
        assert_eq!(one.iter().collect::<Vec<_>>(), [&all[..], &all].concat());
        assert_eq!(Texts::default().iter().len(), 0);
    }
}
