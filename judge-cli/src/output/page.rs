//! A judgement as an HTML page.

use judge_core::{Judgement, MetricPair};
use judge_report::{Fact, Report};
use serde_json::Value;

/// The parts of a page besides its judgement.
#[derive(Debug, Default)]
pub(crate) struct Page<'a> {
    /// The judged series.
    pub(crate) pairs: &'a [MetricPair],
    /// The config as written.
    pub(crate) config: Option<&'a Value>,
    /// Further facts.
    pub(crate) facts: &'a [Fact],
    /// Warnings about the input.
    pub(crate) warnings: &'a [String],
}

/// The page of `judgement`, with the name of its config.
pub(crate) fn html(judgement: &Judgement, page: &Page) -> String {
    let &Page { pairs, config, facts, warnings } = page;
    let name = config.and_then(|config| config["name"].as_str()).unwrap_or_default();
    judge_report::page(&Report { name, pairs, config, facts, warnings, ..Report::new(judgement) })
}
