//! The list of judges.

use std::fmt::Write;

use super::json::JudgeSummary;
use super::style::HEADING;

/// The judges, one line each.
pub(crate) fn lines(judges: &[JudgeSummary]) -> String {
    let widest = judges.iter().map(|judge| judge.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for JudgeSummary { name, summary, default } in judges {
        let default = if *default { " (default)" } else { "" };
        let _ = writeln!(text, "{HEADING}{name:widest$}{HEADING:#}  {summary}{default}");
    }
    text
}
