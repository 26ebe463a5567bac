//! Texts of libraries name no flags of a command: a service and the Python package show them too.

use std::fs;

use proc_macro2::{TokenStream, TokenTree};

use crate::sources::{files, workspace};

/// Libraries that do not know which program shows their texts. `judge-sources` is told by `SettingNames`.
const LIBRARIES: [&str; 3] = ["judge-core", "judge-replay", "judge-canary"];

/// Collects the literals of a source file, without doc comments.
fn literals(tokens: TokenStream, found: &mut Vec<String>) {
    let mut is_doc = false;
    for token in tokens {
        match token {
            TokenTree::Literal(literal) if !is_doc => found.push(literal.to_string()),
            TokenTree::Group(group) => literals(group.stream(), found),
            // In tokens, doc comments are attributes `#[doc = "…"]`.
            TokenTree::Ident(ident) => is_doc = ident == "doc",
            _ => {}
        }
    }
}

/// Whether `--` and a letter begin a word of `text`.
fn names_a_flag(text: &str) -> bool {
    let is_start = |letter: char| letter == ' ' || letter == '"' || letter == '`' || letter == '(';
    text.match_indices("--").any(|(at, _)| {
        text[..at].ends_with(is_start) && text[at + 2..].starts_with(char::is_alphabetic)
    })
}

#[test]
fn no_text_of_a_library_names_a_flag() {
    let mut texts = 0;
    for name in LIBRARIES {
        for path in files(&format!("{name}/src"), ".rs") {
            let text = fs::read_to_string(workspace().join(&path)).unwrap();
            let mut found = Vec::new();
            literals(text.parse().unwrap(), &mut found);
            texts += found.len();
            found.retain(|text| names_a_flag(text));
            assert!(found.is_empty(), "{path}: {found:#?}");
        }
    }
    assert!(texts > 1000, "too little was read");
}

#[test]
fn flags_are_told_apart_from_dashes() {
    for text in ["\"lengthen --step\"", "\"--step\"", "(--step)", "`--step`"] {
        assert!(names_a_flag(text), "{text}");
    }
    for text in ["a -- b", "----", "SELECT 1 --", "a--b", "--"] {
        assert!(!names_a_flag(text), "{text}");
    }
    let mut found = Vec::new();
    literals("/// Lengthen --step.\nfn f() { g(\"--step\") }".parse().unwrap(), &mut found);
    assert_eq!(found, ["\"--step\""]);
}
