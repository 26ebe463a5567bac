//! Verdicts in words.

use anstyle::Style;
use judge_core::Verdict;

use super::style::{BAD, DOUBTFUL, GOOD};
use super::text::printable;

/// The most metrics that a line names.
const MOST_METRICS: usize = 3;

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

/// The first metrics that a verdict is because of, and how many more there are.
pub(super) fn because_of(metrics: &[String]) -> String {
    let mut shown: Vec<String> =
        metrics.iter().take(MOST_METRICS).map(|name| printable(name).into()).collect();
    if metrics.len() > MOST_METRICS {
        shown.push(format!("+{}", metrics.len() - MOST_METRICS));
    }
    shown.join(", ")
}
