//! Exceptions to the rules of this folder, with reasons. An entry that is no longer needed fails the tests.

/// Files that still import each other.
pub(crate) const CIRCLES: &[&[&str]] = &[];

/// Type names that mean the same kind of thing in every module, and the kind.
pub(crate) const COMMON_TYPE_NAMES: &[(&str, &str)] = &[
    ("Error", "what a module's functions fail with"),
    ("Options", "what a module's caller chooses"),
];

/// Words that the glossary replaces in one meaning but that have others. A reader checks them.
pub(crate) const LEFT_TO_READERS: &[(&str, &str)] = &[
    ("place", "in place of something; a place in a list; outside of the server"),
    ("way", "a way to do something; under way"),
    ("above", "a position; the line above"),
    ("memory", "of a machine"),
    ("level", "significance level, confidence level, level of a log"),
    ("together", "an adverb"),
    ("usual", "what people expect, of notices and options"),
    ("start", "the first moment of something"),
    ("take", "`Option::take`; to take bytes from a budget"),
];

/// A word, the paths (by prefix) in which it may occur, and the reason.
pub(crate) const VOCABULARY: &[(&str, &str, &str)] = &[
    ("control", "judge-core/src/kayenta/", "Kayenta's JSON"),
    ("experiment", "judge-core/src/kayenta/", "Kayenta's JSON"),
    ("control", "judge-cli/src/output/text.rs", "`char::is_control`"),
    ("control", "judge-server/src/handlers/canary.rs", "the header `cache-control`"),
    ("control", "judge-server/src/handlers/pages/html.rs", "the header `cache-control`"),
    ("bar", "judge-cli/src/commands/", "progress bars"),
    ("control", "docs/operating.md", "control frames of HTTP/2, control characters"),
    ("controls", "judge-server/src/observe/escape.rs", "control characters"),
];
