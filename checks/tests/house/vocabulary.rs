//! Identifiers, rustdoc and pages contain no word that the glossary replaces. The glossary is the table of words in
//! docs/architecture.md.

use std::fs;

use proc_macro2::{Literal, TokenStream, TokenTree};

use crate::exceptions::{LEFT_TO_READERS, VOCABULARY};
use crate::sources::{crates, files, workspace};

/// The replaced words, in lower case, with their replacements.
const WORDS: &[(&str, &str)] = &[
    ("control", "baseline"),
    ("controls", "baselines"),
    ("experiment", "canary"),
    ("experiments", "canaries"),
    ("bar", "threshold, allowance"),
    ("bars", "thresholds, allowances"),
    ("desk", "permit, semaphore"),
    ("door", "handler, listener"),
    ("doors", "handlers, listeners"),
    ("talk", "connection"),
    ("talks", "connections"),
    ("hear out", "drain"),
    ("heard out", "drained, rejected"),
    ("turn away", "reject"),
    ("turned away", "rejected"),
    ("turns away", "rejects"),
    ("that which", "a noun"),
    ("told of", "a verb with its object"),
    ("gives whether", "returns true if"),
    ("sides of a case", "samples"),
    ("fast and slow", "dispersion, spread"),
    // Names of functions.
    ("fn of", "a verb, or from_…"),
    ("fn give", "a verb"),
];

/// Words replaced only in the server, where they have no other meaning.
const WORDS_OF_SERVER: &[(&str, &str)] =
    &[("bench", "handler, service"), ("gate", "layer, middleware"), ("places", "permits")];
const SERVER: &str = "judge-server/src/";

/// A line of text and its position.
struct Line {
    place: String,
    /// Words in lower case, with single spaces between and around them.
    words: String,
}

/// Splits text into lower-case words; also splits `snake_case` and `CamelCase`.
fn words(text: &str) -> String {
    let mut words = String::from(" ");
    let mut before = ' ';
    for letter in text.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        let joined = if letter.is_alphanumeric() || letter == '…' {
            letter.to_ascii_lowercase()
        } else {
            ' '
        };
        if joined != ' ' || !words.ends_with(' ') {
            words.push(joined);
        }
        before = letter;
    }
    words.push(' ');
    words
}

/// Collects the identifiers and doc comments of a source file.
fn source_lines(path: &str, lines: &mut Vec<Line>) {
    let text = fs::read_to_string(workspace().join(path)).unwrap();
    // In tokens, doc comments are attributes `#[doc = "…"]`.
    let tokens: TokenStream = text.parse().unwrap();
    collect(path, tokens, lines);
}

fn collect(path: &str, tokens: TokenStream, lines: &mut Vec<Line>) {
    let (mut doc, mut is_name) = (0, false);
    for token in tokens {
        let line = token.span().start().line;
        let mut add = |text: &str| {
            lines.push(Line { place: format!("{path}:{line}"), words: words(text) });
        };
        match token {
            TokenTree::Ident(ident) => {
                let ident = ident.to_string();
                // The rule `fn of` matches `of`, but not `of_header`.
                let is_short = is_name && !ident.contains('_');
                add(&if is_short { format!("fn {ident}") } else { ident.clone() });
                doc = usize::from(ident == "doc");
                is_name = ident == "fn";
                continue;
            }
            TokenTree::Punct(punct) if doc == 1 && punct.as_char() == '=' => {
                doc = 2;
                continue;
            }
            TokenTree::Literal(literal) if doc == 2 => add(&text_of(&literal)),
            TokenTree::Group(group) => collect(path, group.stream(), lines),
            _ => {}
        }
        (doc, is_name) = (0, false);
    }
}

/// The text of a doc comment without code in backticks.
fn text_of(literal: &Literal) -> String {
    without_code(&literal.to_string())
}

fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join(" … ")
}

/// Collects the prose of a page, without code blocks and code in backticks.
fn page_lines(path: &str, lines: &mut Vec<Line>) {
    let text = fs::read_to_string(workspace().join(path)).unwrap();
    let mut code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            code = !code;
        } else if !code {
            let place = format!("{path}:{}", index + 1);
            lines.push(Line { place, words: words(&without_code(line)) });
        }
    }
}

fn is_excepted(word: &str, place: &str) -> bool {
    VOCABULARY.iter().any(|(excepted, prefix, _)| *excepted == word && place.starts_with(prefix))
}

#[test]
fn no_word_that_the_glossary_replaces() {
    let mut lines = Vec::new();
    for name in crates() {
        for path in files(&format!("{name}/src"), ".rs") {
            source_lines(&path, &mut lines);
        }
    }
    let pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned);
    for path in pages.iter().chain(&files("docs", ".md")) {
        page_lines(path, &mut lines);
    }
    assert!(lines.len() > 10_000, "too little was read");
    let (mut found, mut used) = (Vec::new(), vec![false; VOCABULARY.len()]);
    let everywhere = WORDS.iter().map(|(word, instead)| ("", word, instead));
    let of_server = WORDS_OF_SERVER.iter().map(|(word, instead)| (SERVER, word, instead));
    for (folder, word, instead) in everywhere.chain(of_server) {
        let spaced = format!(" {word} ");
        let lines = lines.iter().filter(|line| line.place.starts_with(folder));
        for line in lines.filter(|line| line.words.contains(&spaced)) {
            if is_excepted(word, &line.place) {
                for (used, (excepted, prefix, _)) in used.iter_mut().zip(VOCABULARY) {
                    *used |= excepted == word && line.place.starts_with(prefix);
                }
            } else {
                found.push(format!("{}: {word:?}, say {instead}:{}", line.place, line.words));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    for (used, (word, prefix, _)) in used.iter().zip(VOCABULARY) {
        assert!(used, "{word:?} does not stand in {prefix}: take it off the exceptions");
    }
}

#[test]
fn each_word_that_the_glossary_replaces_is_searched_for_or_left_to_readers() {
    let page = fs::read_to_string(workspace().join("docs/architecture.md")).unwrap();
    let (_, table) = page.split_once("| say | for | not |").unwrap();
    let rows = table.lines().take_while(|line| line.is_empty() || line.starts_with('|'));
    let replaced: Vec<&str> = rows
        .filter_map(|row| row.trim_matches('|').rsplit('|').next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    assert!(replaced.len() > 20, "{replaced:?}");
    let searched = WORDS.iter().chain(WORDS_OF_SERVER).map(|(word, _)| *word);
    let known: Vec<&str> = searched.chain(LEFT_TO_READERS.iter().map(|(word, _)| *word)).collect();
    let unknown: Vec<_> = replaced.iter().filter(|word| !known.contains(word)).collect();
    assert!(unknown.is_empty(), "in neither list: {unknown:?}");
    let left = LEFT_TO_READERS.iter().filter(|(word, _)| !replaced.contains(word));
    assert_eq!(left.collect::<Vec<_>>(), [] as [&(&str, &str); 0], "not in the glossary");
}

#[test]
fn names_and_sentences_are_taken_apart() {
    assert_eq!(words("CanaryDoor"), " canary door ");
    assert_eq!(words("far_out, heard-out"), " far out heard out ");
    assert_eq!(without_code("the `control` side"), "the  …  side");
    let mut lines = Vec::new();
    collect(
        "a.rs",
        "/// The bar.\nfn open() { of() }\nfn of_door() {}".parse().unwrap(),
        &mut lines,
    );
    let all: String = lines.iter().map(|line| line.words.as_str()).collect();
    assert!(
        all.contains(" the bar ") && all.contains(" fn open ") && all.contains(" of door "),
        "{all}"
    );
    assert!(!all.contains(" fn of "), "{all}");
}
