//! Suggestions from Graphite's tree of names.

use serde::Deserialize;

use super::look::{StoreLook, listed};
use crate::store_request::StoreRequest;

/// Most paths of a target that are checked.
const MOST_PATHS: usize = 3;

#[derive(Deserialize)]
struct Node {
    text: String,
}

pub(super) async fn suggest(look: StoreLook<'_>, target: &str) -> Option<String> {
    for path in paths(target).into_iter().take(MOST_PATHS) {
        let nodes: Vec<&str> = path.split('.').collect();
        for end in 1..=nodes.len() {
            let known = nodes[..end - 1].join(".");
            let wanted = nodes[..end].join(".");
            if !find(look, &wanted).await?.is_empty() {
                continue;
            }
            let all = if known.is_empty() { "*".to_owned() } else { format!("{known}.*") };
            let there = find(look, &all).await?;
            let there = listed(there.iter().map(String::as_str));
            return Some(match (there.as_str(), known.as_str()) {
                ("", "") => "the store has no metric at all".to_owned(),
                ("", known) => format!("nothing is called {wanted}, and nothing is below {known}"),
                (there, "") => format!("nothing is called {wanted}; there are {there}"),
                (there, known) => {
                    format!("nothing is called {wanted}; below {known} there are {there}")
                }
            });
        }
    }
    None
}

async fn find(look: StoreLook<'_>, query: &str) -> Option<Vec<String>> {
    let params = vec![("query", query.to_owned()), ("format", "treejson".to_owned())];
    let nodes: Vec<Node> = look.get(&StoreRequest { path: "metrics/find", params }).await?;
    let mut names: Vec<String> = nodes.into_iter().map(|node| node.text).collect();
    names.sort();
    names.dedup();
    Some(names)
}

/// The paths in a target: words with dots that are no numbers, outside of quotes.
fn paths(target: &str) -> Vec<&str> {
    let unquoted = target.split(['\'', '"']).step_by(2);
    let words = unquoted.flat_map(|text| {
        let is_part = |c: char| c.is_alphanumeric() || "._-*?[]{}$:".contains(c);
        text.split(move |c: char| !is_part(c))
    });
    let is_path = |word: &&str| {
        word.contains('.')
            && word.parse::<f64>().is_err()
            && !word.starts_with('.')
            && !word.ends_with('.')
    };
    words.filter(is_path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_in_targets() {
        for (target, expected) in [
            ("servers.a.cpu", &["servers.a.cpu"][..]),
            ("scale(sumSeries(a.b*.c, d.e), 0.5)", &["a.b*.c", "d.e"]),
            ("alias(a.b, \"x.y\")", &["a.b"]),
            ("cpu", &[]),
        ] {
            assert_eq!(paths(target), expected, "{target}");
        }
    }
}
