//! The problems of configs.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use judge_core::{Problem, Severity};
use serde::Serialize;

use super::style::{ERROR, WARNING};
use super::text::printable;

/// A config and all its problems.
#[derive(Debug, Serialize)]
pub(crate) struct CheckedFile {
    /// The file.
    pub(crate) file: String,
    /// In the order of the document.
    pub(crate) problems: Vec<Problem>,
}

impl CheckedFile {
    /// The number of problems of this severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
    }
}

const OK: Style = AnsiColor::Green.on_default().bold();

/// Formats one line per problem, and one line per file with the number of problems.
pub(crate) fn lines(files: &[CheckedFile]) -> String {
    let mut text = String::new();
    for checked in files {
        let file = printable(&checked.file);
        for problem in &checked.problems {
            let (style, kind) = match problem.severity {
                Severity::Error => (ERROR, "error"),
                Severity::Suspect => (WARNING, "suspect"),
                Severity::Notice => (Style::new().bold(), "notice"),
            };
            let problem = problem.to_string();
            let _ = writeln!(text, "{file}: {style}{kind}:{style:#} {}", printable(&problem));
        }
        let counts = [
            (checked.count(Severity::Error), "error", "errors"),
            (checked.count(Severity::Suspect), "suspect field", "suspect fields"),
            (checked.count(Severity::Notice), "notice", "notices"),
        ];
        let counted: Vec<String> = counts
            .into_iter()
            .filter(|&(count, ..)| count > 0)
            .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
            .collect();
        let _ = if counted.is_empty() {
            writeln!(text, "{file}: {OK}ok{OK:#}")
        } else {
            writeln!(text, "{file}: {}", counted.join(", "))
        };
    }
    text
}
