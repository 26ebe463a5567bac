//! The points that the charts are drawn from, as JSON inside the page.

use std::collections::{HashMap, VecDeque};

use judge_core::{Judgement, MetricPair, Series};
use serde::{Serialize, Serializer};

use crate::{Report, Span};

/// What the page's script reads.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Charts<'a> {
    metrics: Vec<Option<Metric<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warm_up: Option<[i64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    judged: Option<[i64; 2]>,
}

#[derive(Serialize)]
struct Metric<'a> {
    baseline: Side<'a>,
    canary: Side<'a>,
}

#[derive(Serialize)]
struct Side<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    points: Points<'a>,
}

/// Rounded points; whatever cannot be drawn is `null`.
struct Points<'a>(&'a [f64]);

/// The pair of each metric of the judgement, if there is one: pairs with one name in their order.
pub(crate) fn matched<'a>(
    judgement: &Judgement,
    pairs: &'a [MetricPair],
) -> Vec<Option<&'a MetricPair>> {
    let mut by_name: HashMap<&str, VecDeque<&MetricPair>> = HashMap::new();
    for pair in pairs {
        by_name.entry(&pair.name).or_default().push_back(pair);
    }
    let pair = |name: &str| by_name.get_mut(name).and_then(VecDeque::pop_front);
    judgement.metrics.iter().map(|metric| metric.name.as_str()).map(pair).collect()
}

/// What the page's script reads.
pub(crate) fn json(report: &Report, pairs: &[Option<&MetricPair>]) -> String {
    let charts = Charts {
        metrics: pairs.iter().map(|pair| pair.map(Metric::from)).collect(),
        warm_up: report.warm_up.map(bounds),
        judged: report.judged.map(bounds),
    };
    embedded(&charts)
}

/// JSON that holds no `<` and so cannot end the element around it.
pub(crate) fn embedded(document: &impl Serialize) -> String {
    // Nothing that pages hold can fail to be written.
    serde_json::to_string(document).unwrap_or_default().replace('<', "\\u003c")
}

fn bounds(span: Span) -> [i64; 2] {
    [span.from_millis, span.to_millis]
}

impl<'a> From<&'a MetricPair> for Metric<'a> {
    fn from(pair: &'a MetricPair) -> Self {
        Self { baseline: Side::from(&pair.baseline), canary: Side::from(&pair.canary) }
    }
}

impl<'a> From<&'a Series> for Side<'a> {
    fn from(series: &'a Series) -> Self {
        Self {
            start: series.clock.map(|clock| clock.start_millis),
            step: series.clock.map(|clock| clock.step_millis),
            points: Points(&series.values),
        }
    }
}

impl Serialize for Points<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|value| Rounded::new(*value)))
    }
}

/// A point to seven significant digits, which no screen can show, in a third of the bytes; whole
/// numbers without a decimal point.
#[derive(Serialize)]
#[serde(untagged)]
enum Rounded {
    Gap(()),
    Whole(i64),
    Other(f64),
}

impl Rounded {
    fn new(value: f64) -> Self {
        /// Beyond this a double skips whole numbers.
        const LARGEST: f64 = 9_007_199_254_740_992.0;
        let rounded = format!("{value:.6e}").parse().unwrap_or(value);
        if !value.is_finite() {
            Self::Gap(())
        } else if rounded.fract() == 0.0 && rounded.abs() < LARGEST {
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
            Self::Whole(rounded as i64)
        } else {
            Self::Other(rounded)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_short_and_gaps_are_null() {
        let points = [0.0015510138036149454, 42503168.0, f64::NAN, f64::INFINITY, -0.5, 1e300, 3.0];
        let json = serde_json::to_string(&Points(&points)).unwrap();
        assert_eq!(json, "[0.001551014,42503170,null,null,-0.5,1e+300,3]");
    }
}
