//! Which config belongs to which pair, and what is worth a warning whichever judge it is.

use std::collections::{HashMap, HashSet};

use crate::config::{MetricConfig, NanStrategy};
use crate::error::JudgeError;
use crate::judgement::{Classification, MetricJudgement, Side};
use crate::problem::Problem;
use crate::request::JudgeRequest;
use crate::series::MetricPair;
use crate::warning::Warning;

use super::data;

/// The first config of each name, which is the one that counts.
pub(super) struct Configs<'a>(HashMap<&'a str, &'a MetricConfig>);

impl<'a> Configs<'a> {
    pub(super) fn of(request: &'a JudgeRequest) -> Self {
        let metrics = request.config.metrics.iter().rev();
        Self(metrics.map(|metric| (metric.name.as_str(), metric)).collect())
    }

    pub(super) fn of_pair(
        &self,
        index: usize,
        pair: &MetricPair,
    ) -> Result<&'a MetricConfig, JudgeError> {
        self.0.get(pair.name.as_str()).copied().ok_or_else(|| {
            let path = format!("metricSetPairList[{index}].name");
            let allowed = "the name of a metric in canaryConfig.metrics";
            Problem::error(path, format!("{:?}", pair.name), allowed).into()
        })
    }
}

/// Warns about the data of `request`, whose pairs were judged as `metrics`, and about configured metrics without a
/// pair.
pub(super) fn warn_of_request(
    request: &JudgeRequest,
    metrics: &[MetricJudgement],
    warnings: &mut Vec<Warning>,
) {
    data::warn_of(request, metrics, warnings);
    let submitted: HashSet<&str> = request.pairs.iter().map(|pair| pair.name.as_str()).collect();
    let metrics = request.config.metrics.iter();
    let missing = metrics.filter(|metric| !submitted.contains(metric.name.as_str()));
    warnings.extend(missing.map(|metric| Warning::NotSubmitted { metric: metric.name.clone() }));
}

/// Notices the first history of `request`, which `judge` does not read.
pub(super) fn unread_history(request: &JudgeRequest, judge: &str) -> Option<Problem> {
    let (index, pair) =
        request.pairs.iter().enumerate().find(|(_, pair)| !pair.history.is_empty())?;
    let path = format!("metricSetPairList[{index}].history");
    let found = format!("{} series of {:?}", pair.history.len(), pair.name);
    Some(Problem::remark(path, found, format!("{judge} does not read any history")))
}

/// What a metric is without data on a side, and why: nothing where no point means 0. A critical one fails
/// the canary as it is.
pub(super) fn without_data(config: &MetricConfig) -> Option<(Classification, String)> {
    if config.nan_strategy == NanStrategy::Replace {
        return None;
    }
    Some(missing_data(config))
}

/// What a metric without data on a side is where no point means that nothing is known, and why.
pub(super) fn missing_data(config: &MetricConfig) -> (Classification, String) {
    let must = config.must_have_data && !config.critical;
    let classification = if must { Classification::NoDataFail } else { Classification::NoData };
    (classification, format!("Missing data for {}", config.name))
}

/// `x` / `y` for means of both sides, undefined when either is 0.
pub(super) fn ratio(x: f64, y: f64) -> f64 {
    if x == 0.0 || y == 0.0 { f64::NAN } else { x / y }
}

/// Warns of infinities, of tests that could not be made, and of failures that change no score.
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
