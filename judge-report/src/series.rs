//! The points of the charts, as JSON inside the page.

use std::collections::{HashMap, VecDeque};

use judge_core::{Clock, Judgement, MetricPair, Series};
use serde::{Serialize, Serializer};

use crate::rounding::Rounding;
use crate::{Report, TimeRange};

/// The document that `page.js` reads.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Charts<'a> {
    metrics: Vec<Option<ChartMetric<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warm_up: Option<[i64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    judged: Option<[i64; 2]>,
}

#[derive(Serialize)]
struct ChartMetric<'a> {
    baseline: ChartSide<'a>,
    canary: ChartSide<'a>,
}

#[derive(Serialize)]
struct ChartSide<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    points: Points<'a>,
}

/// Rounded points; a gap is `null`.
struct Points<'a> {
    values: &'a [f64],
    rounding: Rounding,
}

/// The pair of each metric of the judgement, `None` if there is none. Several pairs of one name are matched in order.
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

/// The points of all charts, for `page.js`.
pub(crate) fn json(report: &Report, pairs: &[Option<&MetricPair>]) -> String {
    let charts = Charts {
        metrics: pairs
            .iter()
            .map(|pair| pair.map(|pair| ChartMetric::new(pair, report.judged)))
            .collect(),
        warm_up: report.warm_up.map(bounds),
        judged: report.judged.map(bounds),
    };
    embedded(&charts)
}

/// JSON without `<`, so that it cannot end the element around it.
pub(crate) fn embedded(document: &impl Serialize) -> String {
    // All keys of these documents are text, so writing them cannot fail.
    serde_json::to_string(document).unwrap_or_default().replace('<', "\\u003c")
}

fn bounds(span: TimeRange) -> [i64; 2] {
    [span.from_millis, span.to_millis]
}

impl<'a> ChartMetric<'a> {
    fn new(pair: &'a MetricPair, judged: Option<TimeRange>) -> Self {
        let rounding = Rounding::choose(pair, judged);
        Self {
            baseline: ChartSide::new(&pair.baseline, rounding),
            canary: ChartSide::new(&pair.canary, rounding),
        }
    }
}

impl<'a> ChartSide<'a> {
    fn new(series: &'a Series, rounding: Rounding) -> Self {
        Self {
            start: series.clock.map(Clock::start_millis),
            step: series.clock.map(Clock::step_millis),
            points: Points { values: &series.values, rounding },
        }
    }
}

impl Serialize for Points<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.values.iter().map(|value| self.rounding.point(*value)))
    }
}
