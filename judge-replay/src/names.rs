//! Columns of names, in which neighbouring rows mostly have the same name.

use std::ops::Range;

/// A column of names: one for each row.
pub trait NameColumn {
    /// The name of `row`; empty if there is none.
    fn name(&self, row: usize) -> &str;

    /// The end of the run of the first name of `rows`: the first row with another name, or the end.
    fn run(&self, rows: &Range<usize>) -> usize;
}

/// Names of up to this many bytes stand in their view.
const MAX_INLINE_SIZE: u32 = 12;
/// Views that are compared before it is asked whether one differs, so that several fit an instruction.
const AT_ONCE: usize = 16;

/// The end of the first run of names in `views`, Arrow's 16-byte views, of which `bits` gives the number; `name` gives
/// the name at an index.
///
/// Names of a dictionary page have one view each, and short names hold themselves: mostly the views of a run are the same
/// 16 bytes, and only where they differ are names compared.
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

/// A view begins with the length of its text.
#[allow(clippy::cast_possible_truncation, reason = "the low four bytes are the length")]
fn length(view: u128) -> u32 {
    view as u32
}

/// The most names in a message.
const MOST_NAMES: usize = 20;

/// Names as a message has them.
pub fn listed(names: &[String]) -> String {
    let mut text: Vec<String> =
        names.iter().take(MOST_NAMES).map(|name| format!("{name:?}")).collect();
    if names.len() > MOST_NAMES {
        text.push(format!("and {} more", names.len() - MOST_NAMES));
    }
    if text.is_empty() { "none".to_owned() } else { text.join(", ") }
}
