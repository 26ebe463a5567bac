//! One row: a metric in an interval of a release.

use judge_core::judgement::{Decision, MetricJudgement};
use judge_core::{Classification, Verdict};
use judge_points::time;
use serde::Serialize;

use crate::replay::{BrokenRelease, Replayed, ReplayedInterval};

/// The columns of the frame.
///
/// `start` and `end` are the canary's window. Counts are of judged points and of gaps. Means, medians
/// and the shift canary − baseline with its interval are in the metric's unit. `score`, `verdict` and
/// `stops` belong to the interval. A release that could not be judged has one row, with `error`.
pub const COLUMNS: [&str; 24] = [
    "release",
    "interval",
    "start",
    "end",
    "metric",
    "classification",
    "reason",
    "baseline_points",
    "canary_points",
    "baseline_gaps",
    "canary_gaps",
    "baseline_mean",
    "canary_mean",
    "baseline_median",
    "canary_median",
    "mean_ratio",
    "shift",
    "shift_lower",
    "shift_upper",
    "muted",
    "score",
    "verdict",
    "stops",
    "error",
];

/// A row; its fields are [`COLUMNS`], in that order. Missing values are empty.
#[derive(Debug, Default, Serialize)]
pub(super) struct FrameRow<'a> {
    pub(super) release: &'a str,
    pub(super) interval: Option<u64>,
    pub(super) start: Option<Instant>,
    pub(super) end: Option<Instant>,
    pub(super) metric: Option<&'a str>,
    pub(super) classification: Option<Classification>,
    pub(super) reason: Option<&'a str>,
    pub(super) baseline_points: Option<u64>,
    pub(super) canary_points: Option<u64>,
    pub(super) baseline_gaps: Option<u64>,
    pub(super) canary_gaps: Option<u64>,
    pub(super) baseline_mean: Option<f64>,
    pub(super) canary_mean: Option<f64>,
    pub(super) baseline_median: Option<f64>,
    pub(super) canary_median: Option<f64>,
    pub(super) mean_ratio: Option<f64>,
    pub(super) shift: Option<f64>,
    pub(super) shift_lower: Option<f64>,
    pub(super) shift_upper: Option<f64>,
    pub(super) muted: Option<bool>,
    pub(super) score: Option<f64>,
    pub(super) verdict: Option<Verdict>,
    pub(super) stops: Option<bool>,
    pub(super) error: Option<&'a str>,
}

/// Milliseconds since the Unix epoch; written as RFC 3339 in text formats.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instant(pub(super) i64);

impl Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time::show(self.0))
    }
}

/// The rows of a release.
pub(super) fn rows<'a>(
    release: &'a str,
    replayed: &'a Result<Replayed, BrokenRelease>,
) -> Vec<FrameRow<'a>> {
    let replayed = match replayed {
        Ok(replayed) => replayed,
        Err(BrokenRelease(error)) => {
            return vec![FrameRow { release, error: Some(error), ..FrameRow::default() }];
        }
    };
    let of_interval = |one: &'a ReplayedInterval| {
        let stops = replayed.stage.stopped_at == Some(one.window.interval);
        one.judgement.metrics.iter().map(move |metric| FrameRow {
            release,
            interval: Some(one.window.interval as u64),
            start: Some(Instant(one.window.canary.start_millis)),
            end: Some(Instant(one.window.canary.end_millis)),
            score: unless_nan(one.judgement.score),
            verdict: Some(one.judgement.verdict),
            stops: Some(stops),
            ..metric_row(metric)
        })
    };
    replayed.intervals.iter().flat_map(of_interval).collect()
}

fn metric_row(metric: &MetricJudgement) -> FrameRow<'_> {
    let shift = match &metric.decision {
        Decision::Tested(evidence) | Decision::Constants(evidence) => {
            Some((evidence.estimate, evidence.interval))
        }
        Decision::Panel(panel) => Some((panel.estimate, panel.interval)),
        _ => None,
    };
    let (baseline, canary) = (&metric.baseline, &metric.canary);
    let of = |value: f64, judged: usize| if judged == 0 { None } else { unless_nan(value) };
    FrameRow {
        metric: Some(&metric.name),
        classification: Some(metric.classification),
        reason: metric.reason.as_deref(),
        baseline_points: Some(baseline.counts.judged as u64),
        canary_points: Some(canary.counts.judged as u64),
        baseline_gaps: Some(baseline.counts.gaps as u64),
        canary_gaps: Some(canary.counts.gaps as u64),
        baseline_mean: of(baseline.mean, baseline.counts.judged),
        canary_mean: of(canary.mean, canary.counts.judged),
        baseline_median: of(baseline.median, baseline.counts.judged),
        canary_median: of(canary.median, canary.counts.judged),
        mean_ratio: metric.mean_ratio.and_then(unless_nan),
        shift: shift.and_then(|(estimate, _)| unless_nan(estimate)),
        shift_lower: shift.and_then(|(_, interval)| unless_nan(interval.lower)),
        shift_upper: shift.and_then(|(_, interval)| unless_nan(interval.upper)),
        muted: Some(metric.muted),
        ..FrameRow::default()
    }
}

/// `value`; `None` if it is NaN.
fn unless_nan(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}
