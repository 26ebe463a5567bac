//! Bearer tokens from a file: one a line, empty lines and lines that begin with `#` aside.

use std::path::Path;

use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::error::StartError;
use crate::refusal::Token;

/// Tokens by their digest, so that comparing takes the same time whatever the length.
#[derive(Debug)]
pub(crate) struct Tokens(Vec<[u8; 32]>);

/// A token shorter than this in bytes could be guessed.
const SHORTEST: usize = 16;

impl Tokens {
    /// # Errors
    /// When the file cannot be read, has no token, or one that is too short or that no header can hold.
    pub(crate) fn load(path: &Path) -> Result<Self, StartError> {
        let text = std::fs::read_to_string(path).map_err(|error| StartError::file(path, error))?;
        // Editors of Windows put a mark at the start.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut tokens = Vec::new();
        for (number, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let visible = line.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
            if line.len() < SHORTEST || !visible {
                let line = number + 1;
                let allowed =
                    format!("line {line}: a token has {SHORTEST} visible ASCII characters or more");
                return Err(StartError::file(path, allowed));
            }
            tokens.push(Sha256::digest(line).into());
        }
        if tokens.is_empty() {
            return Err(StartError::file(path, "needs at least one token"));
        }
        Ok(Self(tokens))
    }

    /// Takes a request that has one of the tokens. The time depends on the number of tokens alone.
    ///
    /// # Errors
    /// What is wrong with its token, which says nothing of the token itself.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Result<(), Token> {
        let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header
            .and_then(|header| header.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .filter(|token| !token.is_empty())
            .ok_or(Token::Missing)?;
        let digest: [u8; 32] = Sha256::digest(token).into();
        let known =
            self.0.iter().fold(Choice::from(0), |found, known| found | known.ct_eq(&digest));
        if bool::from(known) { Ok(()) } else { Err(Token::Unknown) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admits_whole_tokens_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens");
        std::fs::write(&file, "\u{feff}# two\r\n\nfirst-token-of-two \nsecond-token-of-2\n")
            .unwrap();
        let tokens = Tokens::load(&file).unwrap();
        let cases = [
            ("Bearer first-token-of-two", Ok(())),
            ("bearer second-token-of-2", Ok(())),
            ("Bearer first-token-of-tw", Err(Token::Unknown)),
            ("Bearer first-token-of-twoo", Err(Token::Unknown)),
            ("Bearer First-token-of-two", Err(Token::Unknown)),
            ("Bearer # two", Err(Token::Unknown)),
            ("Bearer ", Err(Token::Missing)),
            ("Basic first-token-of-two", Err(Token::Missing)),
            ("first-token-of-two", Err(Token::Missing)),
        ];
        for (header, admitted) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, header.parse().unwrap());
            assert_eq!(tokens.admit(&headers), admitted, "{header}");
        }
        assert_eq!(tokens.admit(&HeaderMap::new()), Err(Token::Missing));
    }

    #[test]
    fn files_without_a_good_token_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens");
        for text in [
            "",
            "# none\n",
            "too-short\n",
            "no-header-holds-\u{fc}\n",
            "nor-does-it\u{7}hold-this\n",
        ] {
            std::fs::write(&file, text).unwrap();
            assert!(Tokens::load(&file).is_err(), "{text:?}");
        }
        assert!(Tokens::load(&folder.path().join("absent")).is_err());
    }
}
