//! Verdicts in words.

use anstyle::{AnsiColor, Style};
use judge_core::Verdict;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// A verdict as people read it.
pub(crate) fn word(verdict: Verdict) -> &'static str {
    styled(verdict).1
}

/// The same, and how it is emphasized.
pub(super) fn styled(verdict: Verdict) -> (Style, &'static str) {
    match verdict {
        Verdict::Pass => (GOOD, "PASS"),
        Verdict::Marginal => (DOUBTFUL, "MARGINAL"),
        Verdict::Fail => (BAD, "FAIL"),
    }
}
