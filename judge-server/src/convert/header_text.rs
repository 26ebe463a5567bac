//! Problems in few words, for headers.

use super::problems::Problems;

/// Number of problems in the message for people; the details have more.
const SAID: usize = 3;

/// Bytes of that message in a header, where one character may take several.
const SAID_BYTES: usize = 1000;

/// The first of the problems in words.
pub(super) fn first(problems: &Problems) -> String {
    let first = problems.kept().iter().take(SAID);
    let mut said: Vec<String> = first.map(ToString::to_string).collect();
    if problems.count() > SAID {
        said.push(format!("and {} more", problems.count() - SAID));
    }
    shortened(said.join("; "))
}

/// `said`, cut to its share of a header.
pub(super) fn shortened(mut said: String) -> String {
    let mut room = SAID_BYTES;
    let over = said.char_indices().find(|(_, character)| {
        // Each byte of most of the others becomes three: %E6.
        let plain = character.is_ascii_alphanumeric();
        let encoded = if plain { 1 } else { 3 * character.len_utf8() };
        room.checked_sub(encoded).is_none_or(|left| {
            room = left;
            false
        })
    });
    if let Some((end, _)) = over {
        said.truncate(end);
        said.push('…');
    }
    said
}
