//! Warnings about the data of a request: a side without data, two sides with the same data, and a metric that
//! was split into pairs with one side each.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::NanStrategy;
use crate::judgement::{MetricJudgement, Side, Standing};
use crate::request::JudgeRequest;
use crate::series::{MetricPair, Series};
use crate::warning::{NoDataOutcome, Warning};

use super::configs::Configs;

/// Adds warnings about the data of `request`, judged as `metrics`.
pub(super) fn warn_of(
    request: &JudgeRequest,
    metrics: &[MetricJudgement],
    warnings: &mut Vec<Warning>,
) {
    let (halves, configs) = (halves(&request.pairs), Configs::new(request));
    for (pair, metric) in request.pairs.iter().zip(metrics) {
        if !metric.muted && !halves.contains_key(pair.name.as_str()) {
            warn_of_silence(&configs, pair, metric, warnings);
        }
    }
    warnings.extend(halves.iter().map(|(name, halves)| halves.warning(name)));
    warn_of_same_data(&request.pairs, warnings);
}

fn warn_of_silence(
    configs: &Configs<'_>,
    pair: &MetricPair,
    metric: &MetricJudgement,
    warnings: &mut Vec<Warning>,
) {
    let silent = [(Side::Baseline, &pair.baseline), (Side::Canary, &pair.canary)]
        .map(|(side, series)| series.is_silent().then_some(side));
    if silent == [None, None] {
        return;
    }
    let config = configs.get(&pair.name);
    let replaced = config.is_some_and(|config| config.nan_strategy == NanStrategy::Replace);
    let judged = metric.baseline.counts.judged > 0 && metric.canary.counts.judged > 0;
    let outcome = match metric.standing() {
        Standing::Passed if replaced && judged => NoDataOutcome::JudgedAsZeros,
        Standing::Passed if replaced => NoDataOutcome::Passes,
        // If neither side has data, the class says so.
        Standing::Missing if !metric.critical && silent.contains(&None) => NoDataOutcome::Uncounted,
        _ => return,
    };
    let tags = metric.shown_tags();
    warnings.extend(silent.into_iter().flatten().map(|side| Warning::SilentSide {
        metric: metric.name.clone(),
        tags: tags.clone(),
        side,
        outcome,
    }));
}

/// Adds a warning if one query seems to have filled both sides. All metrics must agree: one metric alone may
/// measure something that both sides share, and sides on which nothing happens are equal.
fn warn_of_same_data(pairs: &[MetricPair], warnings: &mut Vec<Warning>) {
    let silent = |pair: &MetricPair| pair.baseline.is_silent() && pair.canary.is_silent();
    let same = pairs.iter().all(|pair| silent(pair) || is_same(pair));
    if same && pairs.iter().any(|pair| varies(&pair.baseline)) {
        warnings.push(Warning::SameData);
    }
}

/// Whether both sides have the same points in the same order. All gaps are equal.
fn is_same(pair: &MetricPair) -> bool {
    let (baseline, canary) = (&pair.baseline.values, &pair.canary.values);
    baseline.len() == canary.len()
        && baseline
            .iter()
            .zip(canary)
            .all(|(x, y)| x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan())
}

/// Whether `series` has at least two different values.
fn varies(series: &Series) -> bool {
    let mut values = series.values.iter().filter(|value| !value.is_nan());
    values.next().is_some_and(|first| values.any(|value| value != first))
}

/// The pairs of one metric that have points on one side only.
#[derive(Default)]
struct Halves<'a> {
    baseline_only: Vec<&'a MetricPair>,
    canary_only: Vec<&'a MetricPair>,
}

/// The metrics that have both kinds of pairs.
fn halves(pairs: &[MetricPair]) -> BTreeMap<&str, Halves<'_>> {
    let mut halves: BTreeMap<&str, Halves> = BTreeMap::new();
    for pair in pairs {
        match (pair.baseline.is_silent(), pair.canary.is_silent()) {
            (false, true) => halves.entry(&pair.name).or_default().baseline_only.push(pair),
            (true, false) => halves.entry(&pair.name).or_default().canary_only.push(pair),
            _ => {}
        }
    }
    halves.retain(|_, halves| !halves.baseline_only.is_empty() && !halves.canary_only.is_empty());
    halves
}

/// Pairs of each kind whose tags are compared at most, so that a request with very many pairs costs little.
const MOST_COMPARED: usize = 50;

impl Halves<'_> {
    fn warning(&self, metric: &str) -> Warning {
        let mut tags = BTreeSet::new();
        for canary in self.canary_only.iter().take(MOST_COMPARED) {
            let baselines = self.baseline_only.iter().take(MOST_COMPARED);
            let nearest =
                baselines.map(|baseline| differing(baseline, canary)).min_by_key(Vec::len);
            tags.extend(nearest.into_iter().flatten());
        }
        Warning::SplitByTags {
            metric: metric.to_owned(),
            tags: tags.into_iter().map(str::to_owned).collect(),
            baseline_only: self.baseline_only.len(),
            canary_only: self.canary_only.len(),
        }
    }
}

/// Tags that differ between two pairs.
fn differing<'a>(x: &'a MetricPair, y: &'a MetricPair) -> Vec<&'a str> {
    let value = |pair: &'a MetricPair, tag: &str| pair.tags.as_ref()?.get(tag);
    let tags: BTreeSet<&str> = [x, y]
        .into_iter()
        .flat_map(|pair| pair.tags.iter().flatten())
        .map(|(tag, _)| tag.as_str())
        .collect();
    tags.into_iter().filter(|tag| value(x, tag) != value(y, tag)).collect()
}

#[cfg(test)]
mod tests;
