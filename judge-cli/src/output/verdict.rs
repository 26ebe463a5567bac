//! Verdicts as words.

use anstyle::Style;
use judge_core::Verdict;

use super::style::{BAD, DOUBTFUL, GOOD};
use super::text::printable;

/// Largest number of metrics in a line.
const MOST_METRICS: usize = 3;

/// A verdict as people read it.
pub(crate) fn word(verdict: Verdict) -> &'static str {
    word_with_style(verdict).1
}

/// A verdict and its style.
pub(super) fn word_with_style(verdict: Verdict) -> (Style, &'static str) {
    match verdict {
        Verdict::Pass => (GOOD, "PASS"),
        Verdict::Marginal => (DOUBTFUL, "MARGINAL"),
        Verdict::Fail => (BAD, "FAIL"),
    }
}

/// The first metrics that explain a verdict, and the number of further ones.
pub(super) fn because_of(metrics: &[String]) -> String {
    let mut shown: Vec<String> =
        metrics.iter().take(MOST_METRICS).map(|name| printable(name).into()).collect();
    if metrics.len() > MOST_METRICS {
        shown.push(format!("+{}", metrics.len() - MOST_METRICS));
    }
    shown.join(", ")
}
