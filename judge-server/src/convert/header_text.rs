//! Texts for headers.

/// Bytes of the message for people in a header, where one character may take several.
const SAID_BYTES: usize = 1000;

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
