//! Names of metrics for people. Several pairs may share a name and differ by their tags alone.

use std::fmt::Write;

use super::{Judgement, MetricJudgement};

impl MetricJudgement {
    /// The name of the metric, with its tags if it has some: `errors {action=checkout}`.
    ///
    /// # Example
    /// ```
    /// use judge_core::judges::{Judge, NetflixAcaJudge};
    /// use judge_core::{CanaryConfig, JudgeRequest, MetricConfig, MetricPair, Tags};
    ///
    /// let metrics = vec![MetricConfig::new("errors", "Errors")];
    /// let tags = Tags::from([("action".to_owned(), Some("checkout".to_owned()))]);
    /// let pair = MetricPair { tags: Some(tags), ..MetricPair::new("errors", vec![1.0], vec![1.0]) };
    /// let config = CanaryConfig { metrics, ..CanaryConfig::default() };
    /// let request = JudgeRequest { config, pairs: vec![pair], ..JudgeRequest::default() };
    /// let judgement = NetflixAcaJudge.judge(&request)?;
    /// assert_eq!(judgement.metrics[0].shown_name(), "errors {action=checkout}");
    /// # Ok::<(), judge_core::JudgeError>(())
    /// ```
    pub fn shown_name(&self) -> String {
        let tags = self.shown_tags();
        if tags.is_empty() { self.name.clone() } else { format!("{} {tags}", self.name) }
    }

    /// The tags, such as `{action=checkout, zone=a}`; empty if there are none.
    pub(crate) fn shown_tags(&self) -> String {
        let mut text = String::new();
        for (tag, value) in self.tags.iter().flatten() {
            text.push_str(if text.is_empty() { "{" } else { ", " });
            text.push_str(tag);
            if let Some(value) = value {
                // Writing to a String cannot fail.
                let _ = write!(text, "={value}");
            }
        }
        if !text.is_empty() {
            text.push('}');
        }
        text
    }
}

impl Judgement {
    /// [`Judgement::reason`] for people: with the tags of the pair that decided, if its metric has several
    /// pairs. Empty if no reason alone decided.
    pub fn shown_reason(&self) -> String {
        let reason = self.reason.clone().unwrap_or_default();
        let decided = |metric: &&MetricJudgement| {
            let of_metric = metric.reason.as_deref().unwrap_or_default();
            !metric.muted
                && metric.fails_alone()
                && !of_metric.is_empty()
                && reason.ends_with(of_metric)
        };
        match self.metrics.iter().find(decided).map(MetricJudgement::shown_tags) {
            Some(tags) if !tags.is_empty() => format!("{reason}: {tags}"),
            _ => reason,
        }
    }
}
