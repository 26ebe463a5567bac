//! Describes network errors, without secrets.

use std::error::Error;
use std::fmt::Write;

use reqwest::Url;

use crate::error::AskError;

/// An error and all its causes.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            // Writing to a String cannot fail.
            let _ = write!(text, ": {said}");
        }
        cause = error.source();
    }
    text
}

/// The error of a failed request to `url`.
pub(super) fn of_request(error: reqwest::Error, url: &Url) -> AskError {
    // URLs contain queries, which other texts show.
    let error = error.without_url();
    let why = error.source().map_or_else(|| error.to_string(), chain);
    if error.is_connect() {
        let to = host(url);
        if is_tls(&error) {
            return AskError::Tls { to, why };
        }
        let proxy = proxy(|name| std::env::var(name).ok());
        AskError::Connect { to, why: format!("{why}{proxy}") }
    } else {
        AskError::BrokenOff(why)
    }
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A hint that a proxy may be unavailable, if the environment names one.
fn proxy(known: impl Fn(&str) -> Option<String>) -> String {
    let names =
        ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let set = names.into_iter().find(|name| known(name).is_some_and(|value| !value.is_empty()));
    set.map_or_else(String::new, |name| format!("; {name} is set, and NO_PROXY=HOST goes past it"))
}

/// Whether the server cannot prove its identity, or speaks no TLS: a retry does not help then.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if said.contains("certificate")
            || said.contains("InvalidContentType")
            || said.contains("corrupt message")
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Most characters of a store's own message.
const LONGEST_MESSAGE: usize = 400;

/// The message in the body of an error response: the error of Prometheus's JSON, the title of a page, or its
/// first line.
pub(super) fn message(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let field =
        |name: &str| json.as_ref().and_then(|json| json.get(name)?.as_str().map(str::to_owned));
    let page = || {
        let title = page(&text)?;
        Some(if title.is_empty() { "a page without a title".to_owned() } else { title })
    };
    let said = field("error").or_else(|| field("message")).or_else(page);
    let said = said.unwrap_or_else(|| text.lines().next().unwrap_or_default().to_owned());
    said.trim().to_owned()
}

/// The title of a web page, empty if it has none; `None` for other text.
pub(super) fn page(text: &str) -> Option<String> {
    let start = text.trim_start();
    let is_page =
        |tag: &str| start.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    if !is_page("<!doctype html") && !is_page("<html") {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|at| {
        let from = at + lower[at..].find('>')? + 1;
        let to = from + lower[from..].find("</title")?;
        text.get(from..to)
    });
    Some(title.unwrap_or_default().trim().to_owned())
}

/// The start of a message that is too long for an error.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_of_the_environment_is_named() {
        let set = |wanted: &'static str| move |name: &str| (name == wanted).then(|| "x".to_owned());
        let said = "; HTTPS_PROXY is set, and NO_PROXY=HOST goes past it";
        assert_eq!(proxy(set("HTTPS_PROXY")), said);
        assert_eq!(proxy(set("PATH")), "");
        assert_eq!(proxy(|_| Some(String::new())), "");
    }

    #[test]
    fn the_words_of_a_refusal_are_found() {
        for (body, expected) in [
            (r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#, "parse error"),
            (r#"{"message":"no access"}"#, "no access"),
            ("<!DOCTYPE html><head><title>\n Log in </title></head>", "Log in"),
            ("<html><body>x</body></html>", "a page without a title"),
            ("upstream timed out\nmore", "upstream timed out"),
            ("", ""),
        ] {
            assert_eq!(message(body.as_bytes()), expected, "{body}");
        }
        assert_eq!(shortened(&"a".repeat(1000)).chars().count(), LONGEST_MESSAGE + 1);
    }
}
