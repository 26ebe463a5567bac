//! Verdicts as words.

use std::fmt::Write;

use anstyle::Style;
use judge_core::stage::because_of as metrics_of;
use judge_core::{Judgement, Verdict};

use super::style::{BAD, DOUBTFUL, GOOD};
use super::text::printable;
use crate::input::join_names;

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

/// The metrics that explain a judgement, the first with its reason: the rest of a line that begins with the score.
pub(crate) fn because_line(judgement: &Judgement) -> String {
    let mut line = String::new();
    let because = metrics_of(judgement);
    // Writing to a String cannot fail.
    if let Some(first) = because.first() {
        if let Some(metric) = judgement.metrics.iter().find(|metric| metric.name == *first) {
            let (class, why) = (metric.classification, metric.explanation());
            let _ = write!(line, ": {first} {class:?}, {why}");
        }
        if because.len() > 1 {
            let others: Vec<&str> = because[1..].iter().map(String::as_str).collect();
            let _ = write!(line, "; also {}", join_names(others.into_iter()));
        }
    } else if let Some(reason) = &judgement.reason {
        let _ = write!(line, ": {reason}");
    }
    line
}
