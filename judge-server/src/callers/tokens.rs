//! Bearer tokens from a file: `TOKEN [NAME [SCOPES]]` on each line, except empty lines and lines that begin with `#`.

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::convert::refusal::{Refusal, Token};
use crate::settings::error::StartError;

/// A token shorter than this in bytes could be guessed.
const SHORTEST: usize = 16;

/// Scope of a token that a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenScope {
    /// Judge, check configs, list judges, start canaries.
    Judge,
    /// Read canaries, looks, series, configs.
    Read,
    /// Store and remove configs, cancel canaries.
    Write,
    /// Read the audit log, and everything else.
    Admin,
    /// Read the metrics.
    Metrics,
    /// Any token is enough: descriptions.
    Any,
}

impl TokenScope {
    fn name(self) -> &'static str {
        match self {
            Self::Judge => "judge",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
            Self::Metrics => "metrics",
            Self::Any => "any",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        let all = [Self::Judge, Self::Read, Self::Write, Self::Admin, Self::Metrics];
        all.into_iter().find(|scope| scope.name() == word)
    }
}

/// A line of the file. The token itself is not kept.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// A digest, so that a comparison takes the same time whatever the length.
    digest: [u8; 32],
    name: Arc<str>,
    /// Its scopes; all if the line has none.
    scopes: Vec<TokenScope>,
}

impl Entry {
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn parse(line: &str) -> Result<Self, String> {
        let mut words = line.split_ascii_whitespace();
        let token = words.next().unwrap_or_default();
        if token.len() < SHORTEST
            || !line.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'!'..=b'~'))
        {
            return Err(format!("a token has {SHORTEST} visible ASCII characters or more"));
        }
        let digest: [u8; 32] = Sha256::digest(token).into();
        let [first, second, third, fourth, ..] = digest;
        let start = || format!("{first:02x}{second:02x}{third:02x}{fourth:02x}");
        let name = words.next().map_or_else(start, str::to_owned);
        let scopes = words.next().map_or(Ok(Vec::new()), |scopes| {
            let scopes = scopes.split(',').map(TokenScope::parse).collect::<Option<Vec<_>>>();
            scopes.ok_or("scopes are judge, read, write, admin and metrics, with commas")
        })?;
        if words.next().is_some() {
            return Err("a line is TOKEN [NAME [SCOPES]]".into());
        }
        Ok(Self { digest, name: name.into(), scopes })
    }
}

/// The tokens of a file.
#[derive(Debug)]
pub(crate) struct Tokens(Vec<Entry>);

impl Tokens {
    /// # Errors
    /// If the file cannot be read, or has an invalid line. A file without tokens allows nobody to call.
    pub(crate) fn load(path: &Path) -> Result<Self, StartError> {
        let text = std::fs::read_to_string(path).map_err(|error| StartError::file(path, error))?;
        // Editors of Windows put a mark at the start.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut tokens = Vec::new();
        for (number, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = Entry::parse(line);
            let failed = |why| StartError::file(path, format!("line {}: {why}", number + 1));
            tokens.push(entry.map_err(failed)?);
        }
        if tokens.is_empty() {
            tracing::warn!(path = %path.display(), "no token in the file: nobody may call");
        }
        Ok(Self(tokens))
    }

    /// The token that a request has. The time depends on the number of tokens alone.
    ///
    /// # Errors
    /// Why the token is refused, without the token itself.
    pub(crate) fn find(&self, headers: &HeaderMap) -> Result<Entry, Token> {
        let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, rest) = header.and_then(|header| header.split_once(' ')).unwrap_or_default();
        let token = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Some(rest.trim().to_owned()),
            "basic" => password(rest.trim()),
            _ => None,
        };
        let token = token.filter(|token| !token.is_empty()).ok_or(Token::Missing)?;
        self.find_text(&token).cloned().ok_or(Token::Unknown)
    }

    /// The line of a token.
    pub(crate) fn find_text(&self, token: &str) -> Option<&Entry> {
        self.by_digest(&Sha256::digest(token).into())
    }

    fn by_digest(&self, digest: &[u8; 32]) -> Option<&Entry> {
        // All tokens are compared, so that the time does not tell which one matches.
        self.0.iter().fold(None, |found, entry| {
            if bool::from(entry.digest.ct_eq(digest)) { Some(entry) } else { found }
        })
    }

    /// Checks that a token that was found earlier is still in the file, and has `scope`.
    pub(crate) fn require(&self, entry: &Entry, scope: TokenScope) -> Result<(), Refusal> {
        let found = self.by_digest(&entry.digest);
        let found = found.ok_or(Refusal::Unauthenticated(Token::Unknown))?;
        let has = |scope| found.scopes.contains(&scope);
        if scope == TokenScope::Any
            || found.scopes.is_empty()
            || has(scope)
            || has(TokenScope::Admin)
        {
            return Ok(());
        }
        Err(Refusal::MissingScope(scope.name()))
    }
}

/// The password of `Basic` credentials: a token, for clients that only know user and password.
fn password(credentials: &str) -> Option<String> {
    let pair = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Tokens, StartError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens");
        std::fs::write(&file, text).unwrap();
        Tokens::load(&file)
    }

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn admits_whole_tokens_only() {
        let tokens =
            load("\u{feff}# two\r\n\nfirst-token-of-two \nsecond-token-of-2 ci judge,metrics\n");
        let tokens = tokens.unwrap();
        let cases = [
            ("Bearer first-token-of-two", Ok("c3dac21d")),
            ("bearer second-token-of-2", Ok("ci")),
            ("Bearer first-token-of-tw", Err(Token::Unknown)),
            ("Bearer first-token-of-twoo", Err(Token::Unknown)),
            ("Bearer First-token-of-two", Err(Token::Unknown)),
            ("Bearer second-token-of-2 ci", Err(Token::Unknown)),
            ("Bearer # two", Err(Token::Unknown)),
            ("Bearer ", Err(Token::Missing)),
            ("Basic first-token-of-two", Err(Token::Missing)),
            // any:second-token-of-2, :second-token-of-2, second-token-of-2, any:second
            ("Basic YW55OnNlY29uZC10b2tlbi1vZi0y", Ok("ci")),
            ("basic OnNlY29uZC10b2tlbi1vZi0y", Ok("ci")),
            ("Basic c2Vjb25kLXRva2VuLW9mLTI=", Err(Token::Missing)),
            ("Basic YW55OnNlY29uZA==", Err(Token::Unknown)),
            ("first-token-of-two", Err(Token::Missing)),
        ];
        for (header, expected) in cases {
            let found = tokens.find(&headers(header));
            let name = found.map(|entry| entry.name.to_string());
            assert_eq!(name, expected.map(str::to_owned), "{header}");
        }
        assert_eq!(tokens.find(&HeaderMap::new()).map(drop), Err(Token::Missing));
    }

    #[test]
    fn scopes_bound_what_a_token_may_do_and_files_may_take_it_back() {
        let tokens = load("first-token-of-two a metrics\nsecond-token-of-2\n").unwrap();
        let find = |token: &str| tokens.find(&headers(&format!("Bearer {token}"))).unwrap();
        let (first, second) = (find("first-token-of-two"), find("second-token-of-2"));
        let reason = |tokens: &Tokens, entry, scope| {
            tokens.require(entry, scope).map_err(|refusal| refusal.reason())
        };
        for (scope, of_first) in [
            (TokenScope::Any, Ok(())),
            (TokenScope::Metrics, Ok(())),
            (TokenScope::Judge, Err("MISSING_SCOPE")),
        ] {
            assert_eq!(reason(&tokens, &first, scope), of_first, "{scope:?}");
            assert_eq!(reason(&tokens, &second, scope), Ok(()), "{scope:?}");
        }
        let later = load("first-token-of-two a judge\n").unwrap();
        assert_eq!(reason(&later, &first, TokenScope::Judge), Ok(()));
        assert_eq!(reason(&later, &second, TokenScope::Any), Err("UNAUTHENTICATED"));
        let none = load("# all revoked\n").unwrap();
        assert_eq!(reason(&none, &first, TokenScope::Any), Err("UNAUTHENTICATED"));
    }

    #[test]
    fn files_with_a_line_that_is_no_token_are_refused() {
        for (text, why) in [
            ("too-short\n", "line 1: a token has 16 visible"),
            ("no-header-holds-\u{fc}\n", "line 1: a token has 16 visible"),
            ("nor-does-it\u{7}hold-this\n", "line 1: a token has 16 visible"),
            ("\nlong-enough-a-token name all\n", "line 2: scopes are judge, read"),
            ("long-enough-a-token name judge more\n", "line 1: a line is TOKEN"),
        ] {
            let error = load(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text:?}: {error}");
        }
        assert!(Tokens::load(Path::new("/nonexistent/tokens")).is_err());
    }
}
