//! A judgement as an HTML page.

use judge_core::{Judgement, MetricPair};
use judge_report::{Fact, Report};
use serde_json::Value;

/// What a page shows beside its judgement.
#[derive(Debug, Default)]
pub(crate) struct Page<'a> {
    /// The series that were judged.
    pub(crate) pairs: &'a [MetricPair],
    /// The config as it was written.
    pub(crate) config: Option<&'a Value>,
    /// What else is known.
    pub(crate) facts: &'a [Fact],
    /// What was odd about the input.
    pub(crate) warnings: &'a [String],
}

/// The page of `judgement`, called as its config is.
pub(crate) fn html(judgement: &Judgement, page: &Page) -> String {
    let &Page { pairs, config, facts, warnings } = page;
    let name = config.and_then(|config| config["name"].as_str()).unwrap_or_default();
    judge_report::page(&Report { name, pairs, config, facts, warnings, ..Report::new(judgement) })
}
