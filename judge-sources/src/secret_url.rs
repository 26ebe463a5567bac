//! URLs as they may be shown.

use reqwest::Url;

/// Stands for a secret.
const HIDDEN: &str = "***";

/// The URL without its password and its query; other text as it is.
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
    if url.password().is_none() && url.query().is_none() {
        return text.to_owned();
    }
    hide(&mut url);
    url.into()
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
    if url.password().is_some() {
        // Only a URL without a host has no place for one.
        let _ = url.set_password(Some(HIDDEN));
    }
    if url.query().is_some() {
        url.set_query(Some(HIDDEN));
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
            ("https://h/hook#sesame", "https://h/hook#sesame", "https://h/***"),
            ("http://me:sesame@h:port/", "***", "***"),
        ] {
            assert_eq!((&*without_secrets(text), &*without_path(text)), (shown, host));
        }
    }
}
