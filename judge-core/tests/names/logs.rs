//! Keys of the log's lines, one line for each call of a macro that writes one.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::Macro;
use syn::visit::Visit;

pub(super) fn names(sources: &[syn::File]) -> BTreeSet<String> {
    let mut lines = Lines::default();
    for file in sources {
        lines.visit_file(file);
    }
    lines.0
}

#[derive(Default)]
struct Lines(BTreeSet<String>);

impl Visit<'_> for Lines {
    fn visit_macro(&mut self, line: &Macro) {
        let name = line.path.segments.last().unwrap().ident.to_string();
        if ["trace", "debug", "info", "warn", "error", "event"].contains(&name.as_str()) {
            let keys: Vec<String> =
                parts(line.tokens.clone()).iter().filter_map(|part| key(part)).collect();
            if !keys.is_empty() {
                self.0.insert(keys.join(", "));
            }
        }
    }
}

/// What stands between commas.
fn parts(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut parts = vec![Vec::new()];
    for token in tokens {
        match token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => parts.push(Vec::new()),
            token => parts.last_mut().unwrap().push(token),
        }
    }
    parts
}

/// The key of `key = value`, `%key`, `?key`, `key` and `key.more`.
fn key(part: &[TokenTree]) -> Option<String> {
    let text: String = part.iter().map(ToString::to_string).collect();
    let text = text.trim_start_matches(['%', '?']);
    let key = text.split('=').next()?;
    let is_key =
        key.chars().all(|letter| letter == '_' || letter == '.' || letter.is_alphanumeric());
    (is_key && !key.is_empty()).then(|| key.to_owned())
}
