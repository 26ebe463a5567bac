//! The messages and services, from their `.proto` files.

use std::collections::BTreeSet;
use std::fs;

/// A line for every declaration, after the names of what it stands in. Comments, options and spaces are left
/// out.
pub(super) fn names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in super::files(&super::workspace().join("proto"), "proto") {
        let mut around: Vec<String> = Vec::new();
        for line in fs::read_to_string(&path).unwrap().lines() {
            let code = line.split("//").next().unwrap_or_default().trim();
            let begins_with = |word: &str| code.starts_with(word);
            if code.is_empty() || ["syntax ", "import ", "option "].into_iter().any(begins_with) {
                continue;
            }
            let inner = code.trim_end_matches(['{', ';', '}']).trim();
            if !inner.is_empty() {
                names.insert(format!("{}{inner}", around.concat()));
            }
            if code.ends_with('{') {
                let name = inner.split_whitespace().nth(1).unwrap_or_default();
                around.push(format!("{name}."));
            } else if code == "}" {
                around.pop();
            }
        }
        assert!(around.is_empty(), "{}: {around:?}", path.display());
    }
    names
}
