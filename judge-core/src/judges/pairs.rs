//! What all judges share: missing data, and warnings about metrics.

use std::collections::HashSet;

use crate::config::{MetricConfig, NanStrategy};
use crate::judgement::{Classification, Decision, MetricJudgement, Side, SideSummary};
use crate::problem::Problem;
use crate::request::JudgeRequest;
use crate::series::MetricPair;
use crate::warning::Warning;

use super::data_warnings;

/// Adds warnings about the data of `request`, judged as `metrics`, and about metrics of the config without a
/// pair.
pub(super) fn warn_of_request(
    request: &JudgeRequest,
    metrics: &[MetricJudgement],
    warnings: &mut Vec<Warning>,
) {
    data_warnings::warn_of(request, metrics, warnings);
    let submitted: HashSet<&str> = request.pairs.iter().map(|pair| pair.name.as_str()).collect();
    let metrics = request.config.metrics.iter();
    let missing = metrics.filter(|metric| !submitted.contains(metric.name.as_str()));
    warnings.extend(missing.map(|metric| Warning::NotSubmitted { metric: metric.name.clone() }));
}

/// A notice about the first history in `request`, if `judge` does not read histories.
pub(super) fn unread_history(request: &JudgeRequest, judge: &str) -> Option<Problem> {
    let (index, pair) =
        request.pairs.iter().enumerate().find(|(_, pair)| !pair.history.is_empty())?;
    let path = format!("metricSetPairList[{index}].history");
    let found = format!("{} series of {:?}", pair.history.len(), pair.name);
    Some(Problem::remark(path, found, format!("{judge} does not read any history")))
}

/// A notice about the looks of `request`, if `judge` does not read them.
pub(super) fn unread_looks(request: &JudgeRequest, judge: &str) -> Option<Problem> {
    let looks = request.looks?;
    let consequence = format!("{judge} judges every look as if it were the only one");
    Some(Problem::remark("looks", looks, consequence))
}

/// The judgement of `pair` before its test.
pub(super) fn untested(
    pair: &MetricPair,
    config: &MetricConfig,
    baseline: SideSummary,
    canary: SideSummary,
) -> MetricJudgement {
    MetricJudgement {
        id: pair.id.clone(),
        tags: pair.tags.clone(),
        groups: config.groups.clone(),
        muted: config.muted,
        baseline,
        canary,
        ..MetricJudgement::new(&*pair.name, Classification::Pass, Decision::MissingData)
    }
}

/// The class of a metric with a side without data, and why; `None` if the config reads gaps as 0. A critical
/// metric fails the canary anyway.
pub(super) fn without_data(config: &MetricConfig) -> Option<(Classification, String)> {
    if config.nan_strategy == NanStrategy::Replace {
        return None;
    }
    Some(missing_data(config))
}

/// The class of a metric with a side without data, if a gap means that nothing is known; and why.
pub(super) fn missing_data(config: &MetricConfig) -> (Classification, String) {
    let must = config.must_have_data && !config.critical;
    let classification = if must { Classification::NoDataFail } else { Classification::NoData };
    (classification, format!("Missing data for {}", config.name))
}

/// `x` / `y` for the means of both sides; NaN if either is 0.
pub(super) fn ratio(x: f64, y: f64) -> f64 {
    if x == 0.0 || y == 0.0 { f64::NAN } else { x / y }
}

/// Adds warnings about infinite values, about points that could not be tested, and about failures that change
/// no score.
pub(super) fn warn_of(metric: &MetricJudgement, pair: &MetricPair, warnings: &mut Vec<Warning>) {
    for (side, series) in [(Side::Baseline, &pair.baseline), (Side::Canary, &pair.canary)] {
        let count = series.values.iter().filter(|value| value.is_infinite()).count();
        if count > 0 {
            warnings.push(Warning::InfiniteValues { metric: metric.name.clone(), side, count });
        }
    }
    match metric.classification {
        Classification::Error if !metric.muted => {
            warnings.push(Warning::UntestedPasses { metric: metric.name.clone() });
        }
        Classification::High | Classification::Low | Classification::NoDataFail
            if metric.groups.is_empty() && !metric.muted && !metric.critical =>
        {
            warnings.push(Warning::FailureCountsNowhere { metric: metric.name.clone() });
        }
        _ => {}
    }
}
