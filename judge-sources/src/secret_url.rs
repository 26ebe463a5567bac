//! URLs as they may be shown.

use reqwest::Url;

/// Stands for a secret.
const HIDDEN: &str = "***";

/// The URL without its password, its query and its fragment; other text as it is. In HTTP a user name without a password may
/// be a token, so it is hidden, too.
///
/// # Example
/// ```
/// use judge_sources::without_secrets;
///
/// assert_eq!(without_secrets("postgres://me:sesame@db/judge"), "postgres://me:***@db/judge");
/// assert_eq!(without_secrets("judge.db"), "judge.db");
/// ```
pub fn without_secrets(text: &str) -> String {
    let Some(mut url) = parsed(text) else { return unparsed(text) };
    let shown = url.clone();
    hide(&mut url);
    if url == shown { text.to_owned() } else { url.into() }
}

/// The URL without its password, and without everything after its host, which may be a secret in webhooks.
///
/// # Example
/// ```
/// assert_eq!(judge_sources::without_path("https://example.org/hook/sesame"), "https://example.org/***");
/// ```
pub fn without_path(text: &str) -> String {
    let Some(mut url) = parsed(text) else { return unparsed(text) };
    hide(&mut url);
    url.set_query(None);
    url.set_fragment(None);
    if url.path() != "/" {
        url.set_path(HIDDEN);
    }
    url.into()
}

fn parsed(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(Url::has_host)
}

/// Where the password of a wrong URL is, nobody knows.
fn unparsed(text: &str) -> String {
    if text.contains("://") { HIDDEN.to_owned() } else { text.to_owned() }
}

fn hide(url: &mut Url) {
    // Only a URL without a host has no place for a password and a user.
    if url.password().is_some() {
        let _ = url.set_password(Some(HIDDEN));
    } else if !url.username().is_empty() && url.scheme().starts_with("http") {
        let _ = url.set_username(HIDDEN);
    }
    if url.query().is_some() {
        url.set_query(Some(HIDDEN));
    }
    if url.fragment().is_some() {
        // A password with an unescaped `#` continues there.
        url.set_fragment(Some(HIDDEN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_urls_are_hidden() {
        for (text, shown, host) in [
            ("judge.db", "judge.db", "judge.db"),
            ("http://prometheus:9090", "http://prometheus:9090", "http://prometheus:9090/"),
            ("https://me:sesame@h/p", "https://me:***@h/p", "https://me:***@h/***"),
            ("postgres://me@h/d?password=sesame", "postgres://me@h/d?***", "postgres://me@h/***"),
            ("https://h/hook#sesame", "https://h/hook#***", "https://h/***"),
            ("https://sesame@h/p", "https://***@h/p", "https://***@h/***"),
            ("postgres://me:1#sesame@h/d", "postgres://me:1#***", "postgres://me:1/***"),
            ("http://me:sesame@h:port/", "***", "***"),
        ] {
            assert_eq!((&*without_secrets(text), &*without_path(text)), (shown, host));
        }
    }
}
