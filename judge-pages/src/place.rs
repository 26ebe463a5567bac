//! Where pages are.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The path of a canary's page.
pub fn canary_path(id: &str) -> String {
    format!("/canaries/{}", part(id))
}

/// The path of a config's page.
pub fn config_path(id: &str) -> String {
    format!("/configs/{}", part(id))
}

/// The path of the history of an application by a config.
pub(crate) fn history_path(application: &str, config: &str) -> String {
    with_query("/history", &[("application", application), ("config", config)])
}

/// One part of a path.
fn part(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A path with a query string; empty values are left out.
pub(crate) fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_is_one_part_of_a_path() {
        assert_eq!(canary_path("a/../b?c#d"), "/canaries/a%2F%2E%2E%2Fb%3Fc%23d");
        assert_eq!(config_path("ü"), "/configs/%C3%BC");
        assert_eq!(with_query("/", &[("a", ""), ("b", "c&d")]), "/?b=c%26d");
        assert_eq!(with_query("/", &[("a", "")]), "/");
    }
}
