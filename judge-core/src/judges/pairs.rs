//! What all judges share: missing data, and warnings about metrics.

use std::collections::HashSet;

use crate::config::{MetricConfig, NanStrategy};
use crate::judgement::{Classification, Decision, MetricJudgement, Side, SideSummary};
use crate::problem::Problem;
use crate::request::JudgeRequest;
use crate::series::MetricPair;
use crate::warning::Warning;

use super::data_warnings;

/// Adds warnings about the data of `request`, judged as `metrics`, about metrics of the config without a pair, and about failures
/// that change no score.
pub(super) fn warn_of_request(
    request: &JudgeRequest,
    metrics: &[MetricJudgement],
    warnings: &mut Vec<Warning>,
) {
    data_warnings::warn_of(request, metrics, warnings);
    let is_weightless = |group: &String| request.config.is_weightless(group);
    let counts_nowhere = |metric: &&MetricJudgement| {
        use Classification::{High, Low, NoDataFail};
        matches!(metric.classification, High | Low | NoDataFail)
            && !(metric.muted || metric.critical)
            && metric.groups.iter().all(is_weightless)
    };
    let uncounted = metrics.iter().filter(counts_nowhere);
    warnings.extend(
        uncounted.map(|metric| Warning::FailureCountsNowhere { metric: metric.name.clone() }),
    );
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

/// Adds warnings about infinite values, and about points that could not be tested.
pub(super) fn warn_of(metric: &MetricJudgement, pair: &MetricPair, warnings: &mut Vec<Warning>) {
    for (side, series) in [(Side::Baseline, &pair.baseline), (Side::Canary, &pair.canary)] {
        let count = series.values.iter().filter(|value| value.is_infinite()).count();
        if count > 0 {
            warnings.push(Warning::InfiniteValues { metric: metric.name.clone(), side, count });
        }
    }
    if metric.classification == Classification::Error && !metric.muted {
        warnings.push(Warning::UntestedPasses { metric: metric.name.clone() });
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{CanaryConfig, MetricConfig};
    use crate::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
    use crate::request::JudgeRequest;
    use crate::series::MetricPair;
    use crate::warning::Warning;

    #[test]
    fn a_failure_in_groups_without_weight_is_warned_of() {
        let values =
            |from: u32| (0..40).map(|point| f64::from(from + point % 7)).collect::<Vec<_>>();
        let failing = |groups: &[&str]| MetricConfig {
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            ..MetricConfig::new("b", "B")
        };
        let critical = MetricConfig { critical: true, ..failing(&["B"]) };
        for (metric, weights, is_warned) in [
            (failing(&["B"]), &[("A", 100.0)][..], true),
            (failing(&["B", "C"]), &[("A", 100.0), ("C", 0.0)], true),
            (failing(&["B", "A"]), &[("A", 100.0)], false),
            (failing(&["B"]), &[("A", 50.0)], false),
            (critical, &[("A", 100.0)], false),
        ] {
            let weights = weights.iter().map(|(group, weight)| ((*group).to_owned(), *weight));
            let config = CanaryConfig {
                group_weights: weights.collect(),
                metrics: vec![MetricConfig::new("a", "A"), metric.clone()],
                ..CanaryConfig::default()
            };
            let pairs = vec![
                MetricPair::new("a", values(10), values(10)),
                MetricPair::new("b", values(10), values(60)),
            ];
            let request = JudgeRequest { pairs, ..JudgeRequest::without_points(config) };
            for judge in [&NetflixAcaJudge as &dyn Judge, &EvidenceJudge] {
                let warnings = judge.judge(&request).unwrap().warnings;
                let nowhere = Warning::FailureCountsNowhere { metric: "b".to_owned() };
                assert_eq!(warnings.contains(&nowhere), is_warned, "{metric:?}: {warnings:?}");
            }
        }
    }
}
