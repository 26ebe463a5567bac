//! Text that others wrote, kept from changing the direction of the text around it.

use std::borrow::Cow;

use maud::{Markup, html};

const POP_ISOLATE: char = '\u{2069}';

/// The text in an element that isolates its direction. `<bdi>` alone does not hold every text: a mark that ends an isolate, or
/// a separator of paragraphs, ends it early, and a mark behind that reverses what follows the element.
pub fn isolated(text: impl AsRef<str>) -> Markup {
    html! { bdi { (held(text.as_ref())) } }
}

/// The text where no element may stand, such as in a title.
pub fn isolated_text(text: &str) -> Cow<'_, str> {
    // ASCII has one direction.
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("\u{2068}{}{POP_ISOLATE}", held(text)))
}

/// The text without what ends an isolate that it did not begin.
fn held(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut begun = 0_usize;
    let kept = text.chars().filter_map(|letter| match letter {
        '\u{2066}'..='\u{2068}' => {
            begun += 1;
            Some(letter)
        }
        POP_ISOLATE => {
            let is_open = begun > 0;
            begun = begun.saturating_sub(1);
            is_open.then_some(letter)
        }
        // Separators of paragraphs.
        '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2029}' => Some(' '),
        letter => Some(letter),
    });
    Cow::Owned(kept.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_isolate() {
        for (text, shown) in [
            ("a <b>", "a &lt;b&gt;"),
            ("a\u{202e}b", "a\u{202e}b"),
            ("a\u{2069}\u{202e}b", "a\u{202e}b"),
            ("a\u{2067}b\u{2069}c\u{2069}\u{202e}d", "a\u{2067}b\u{2069}c\u{202e}d"),
            ("a\u{2029}\u{202e}b\u{85}c\u{1c}d", "a \u{202e}b c d"),
        ] {
            assert_eq!(isolated(text).into_string(), format!("<bdi>{shown}</bdi>"));
        }
        assert_eq!(isolated_text("shop"), "shop");
        assert_eq!(isolated_text("\u{2069}\u{202e}ü"), "\u{2068}\u{202e}ü\u{2069}");
    }
}
