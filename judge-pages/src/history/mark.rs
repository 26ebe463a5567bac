//! A metric in one release.

use judge_canary::PastRelease;
use judge_core::format;
use judge_core::judgement::MetricJudgement;

/// A metric in one release.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark<'a> {
    pub(super) release: &'a PastRelease,
    pub(super) metric: &'a MetricJudgement,
}

/// The metric called `name`, if a release has it.
pub(super) fn find<'a>(release: &'a PastRelease, name: &str) -> Option<Mark<'a>> {
    let metric = release.judgement.metrics.iter().find(|metric| metric.shown_name() == name)?;
    Some(Mark { release, metric })
}

/// Its medians, of the baseline and of the canary.
pub(super) fn medians(metric: &MetricJudgement) -> String {
    let (baseline, canary) = (metric.baseline.median, metric.canary.median);
    format!(
        "{} → {}",
        format::value_beside(baseline, canary),
        format::value_beside(canary, baseline)
    )
}
