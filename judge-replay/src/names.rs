//! Columns of names, in which neighbouring rows usually have the same name.

use std::ops::Range;

/// A column of names: one for each row.
pub trait NameColumn {
    /// The name of `row`; empty if there is none.
    fn name(&self, row: usize) -> &str;

    /// The end of the run of the first name of `rows`: the first row with another name, or the end of `rows`.
    fn run(&self, rows: &Range<usize>) -> usize;
}

/// A view contains names of up to this many bytes.
const MAX_INLINE_SIZE: u32 = 12;
/// Number of views that we compare before we branch, so that one instruction compares several.
const AT_ONCE: usize = 16;

/// Finds the end of the first run of equal names in `views`, which are Arrow's 16-byte views. `bits` converts a view
/// to a number; `name` returns the name at an index.
///
/// A name of a dictionary page has only one view, and a view contains a short name itself. So the views of a run are
/// usually the same 16 bytes, and we compare names only where views differ.
pub fn run_of_views<'a, V>(
    views: &[V],
    bits: impl Fn(&V) -> u128,
    name: impl Fn(usize) -> &'a str,
) -> usize {
    let Some(first) = views.first().map(&bits) else {
        return 0;
    };
    let mut view = first;
    let same =
        |block: &&[V]| block.iter().fold(0, |differing, v| differing | (bits(v) ^ view)) == 0;
    let alike = AT_ONCE * views.chunks_exact(AT_ONCE).take_while(same).count();
    for (index, other) in views.iter().enumerate().skip(alike) {
        let other = bits(other);
        if other == view {
            continue;
        }
        let may_be_equal = length(other) == length(first) && length(other) > MAX_INLINE_SIZE;
        if !may_be_equal || name(index) != name(0) {
            return index;
        }
        view = other;
    }
    views.len()
}

/// The length of a view's text, which is its first field.
#[allow(clippy::cast_possible_truncation, reason = "the low four bytes are the length")]
fn length(view: u128) -> u32 {
    view as u32
}

/// Largest number of names in a message.
const MOST_NAMES: usize = 20;

/// Joins names for a message.
pub fn join_names(names: &[String]) -> String {
    let mut text: Vec<String> =
        names.iter().take(MOST_NAMES).map(|name| format!("{name:?}")).collect();
    if names.len() > MOST_NAMES {
        text.push(format!("and {} more", names.len() - MOST_NAMES));
    }
    if text.is_empty() { "none".to_owned() } else { text.join(", ") }
}
