//! Bare `NaN`, `Infinity` and `-Infinity`. JSON does not have them, but many programs write them.

/// The words; a word that starts with another comes first.
const WORDS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];

/// `json` with the bare words in quotes; `None` if it has none. O(n).
pub(super) fn quote(json: &[u8]) -> Option<Vec<u8>> {
    let mut quoted = Vec::new();
    let mut copied = 0;
    let mut index = 0;
    while index < json.len() {
        if json[index] == b'"' {
            index = string_end(json, index);
            continue;
        }
        match WORDS.iter().find(|word| json[index..].starts_with(word)) {
            Some(word) => {
                quoted.extend_from_slice(&json[copied..index]);
                quoted.push(b'"');
                quoted.extend_from_slice(word);
                quoted.push(b'"');
                index += word.len();
                copied = index;
            }
            None => index += 1,
        }
    }
    if copied == 0 {
        return None;
    }
    quoted.extend_from_slice(&json[copied..]);
    Some(quoted)
}

/// The index after the string that starts at `start`.
fn string_end(json: &[u8], start: usize) -> usize {
    let mut index = start + 1;
    while index < json.len() {
        match json[index] {
            b'\\' => index += 2,
            b'"' => return index + 1,
            _ => index += 1,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_words_outside_strings_only() {
        let cases: [(&str, Option<&str>); 5] = [
            ("[NaN, -Infinity,Infinity]", Some(r#"["NaN", "-Infinity","Infinity"]"#)),
            (r#"{"NaN \" NaN": NaN}"#, Some(r#"{"NaN \" NaN": "NaN"}"#)),
            (r#"["NaN"]"#, None),
            (r#"["NaN"#, None),
            (r#"["\"#, None),
        ];
        for (json, expected) in cases {
            let quoted = quote(json.as_bytes());
            assert_eq!(quoted.as_deref(), expected.map(str::as_bytes), "{json}");
        }
    }
}
