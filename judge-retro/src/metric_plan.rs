//! The metrics of a config, and the series that each metric needs.

mod expression;
mod formula;
mod sql;

use std::collections::{BTreeSet, HashMap};

use judge_core::{CanaryConfig, JudgeError, Problem};
use serde_json::Value;

use expression::Expression;
use judge_replay::{RecordedSeries, ReleaseMetric};

/// The metrics of a config, and the series that a history must contain for them.
///
/// A metric whose config has `analysisConfigurations.retro.expression` is computed from the series in the expression:
/// each of its points from the points of the same time. Kayenta keeps everything under `analysisConfigurations` and
/// reads only `canary` there, so it accepts such a config. Every other metric is the series with its name.
///
/// # Expressions
///
/// Expressions are SQL: `cpu / rps`, `100 * errors / requests`. Names with other characters need double quotes:
/// `"latency-p99" * 1000`. Each point depends only on the points of its own time. So there are no sums or shifts,
/// but:
///
/// - `+`, `-`, `*`, `/` (of whole numbers too), `//` and `DIV` (rounded down), `%` and `MOD` (with the sign of the divisor),
/// - comparisons, `BETWEEN`, `IS NULL`, `AND`, `OR`, `NOT`, which give 1 or 0,
/// - `CASE`, `IF`, `COALESCE`, `IFNULL`, `NVL`, `NULLIF`, `GREATEST`, `LEAST`,
/// - `ABS`, `SIGN`, `SQRT`, `CBRT`, `POWER`, `EXP`, `LN`, `LOG10`, `LOG2`, `LOG1P`, `LOG(x, base)`,
/// - `FLOOR`, `CEIL`, `ROUND` (halves away from zero), `TRUNC`, `CAST` to a type of numbers.
///
/// - **A gap** is SQL's NULL: arithmetic with a gap gives a gap; `COALESCE(errors, 0)` reads a gap as 0.
/// - **Division by zero**, like every operation whose result is not a finite number, gives a gap: neither 0 errors of
///   0 requests nor 5 of 0 is a ratio. So `COALESCE(errors / requests, 0)` reads no requests as 0.
///
/// If a role has several instances, we judge the expression of their means, so `errors / requests` is the ratio of
/// the whole role. Each instance's own expression is kept too.
///
/// ```
/// let json = br#"{"classifier": {}, "metrics": [
///     {"name": "cost", "groups": ["Cost"],
///      "analysisConfigurations": {"retro": {"expression": "cpu / rps"}}}
/// ]}"#;
/// let config = judge_core::kayenta::read_config(json)?;
/// let document = judge_core::kayenta::read_document(json)?;
/// let plan = judge_retro::MetricPlan::new(&config, &document)?;
/// assert_eq!(plan.series(), ["cpu", "rps"]);
/// # Ok::<(), judge_core::JudgeError>(())
/// ```
#[derive(Debug)]
pub struct MetricPlan {
    metrics: Vec<PlannedMetric>,
    series: Vec<String>,
}

#[derive(Debug)]
struct PlannedMetric {
    name: String,
    source: MetricSource,
}

#[derive(Debug)]
enum MetricSource {
    /// A recorded series, by its index.
    RecordedSeries(usize),
    /// Computed from series, by their indices.
    Derived { expression: Expression, inputs: Vec<usize> },
}

impl MetricPlan {
    /// Plans the metrics of `config`, which was read from `document`.
    ///
    /// # Errors
    /// If an expression is invalid; the error lists all that are.
    pub fn new(config: &CanaryConfig, document: &Value) -> Result<Self, JudgeError> {
        let (mut metrics, mut series) = (Vec::new(), SeriesNames::default());
        let mut problems = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, metric) in config.metrics.iter().enumerate() {
            if !seen.insert(metric.name.as_str()) {
                continue;
            }
            let retro = &document["metrics"][index]["analysisConfigurations"]["retro"];
            let path = format!("metrics[{index}].analysisConfigurations.retro");
            match series.source(&metric.name, retro, &path) {
                Ok(source) => metrics.push(PlannedMetric { name: metric.name.clone(), source }),
                Err(problem) => problems.push(problem),
            }
        }
        JudgeError::check(problems)?;
        Ok(Self { metrics, series: series.names })
    }

    /// The series that a history must contain.
    pub fn series(&self) -> &[String] {
        &self.series
    }

    /// The names of the metrics, in the order of the config.
    pub fn metric_names(&self) -> impl Iterator<Item = &str> {
        self.metrics.iter().map(|metric| metric.name.as_str())
    }

    /// Builds the metrics of a release. `recorded` has the baseline and the canary of each series,
    /// `points` the number of points of each side.
    pub(crate) fn metrics(
        &self,
        mut recorded: Vec<[RecordedSeries; 2]>,
        points: [usize; 2],
    ) -> Vec<ReleaseMetric> {
        let mut metrics: Vec<ReleaseMetric> = Vec::with_capacity(self.metrics.len());
        for metric in &self.metrics {
            let (mut baseline, mut canary) = (RecordedSeries::default(), RecordedSeries::default());
            if let MetricSource::Derived { expression, inputs } = &metric.source {
                let derive = |side: usize| {
                    let of_side = |input: &usize| &recorded[*input][side];
                    let inputs: Vec<&RecordedSeries> = inputs.iter().map(of_side).collect();
                    expression.derive(&inputs, points[side])
                };
                baseline = derive(0);
                canary = derive(1);
            }
            metrics.push(ReleaseMetric { name: metric.name.clone(), baseline, canary });
        }
        // Last, because expressions read the recorded series.
        for (metric, planned) in metrics.iter_mut().zip(&self.metrics) {
            if let MetricSource::RecordedSeries(series) = planned.source {
                let [baseline, canary] = std::mem::take(&mut recorded[series]);
                metric.baseline = baseline;
                metric.canary = canary;
            }
        }
        metrics
    }
}

/// The series that a plan needs, while it is made.
#[derive(Default)]
struct SeriesNames {
    names: Vec<String>,
    indices: HashMap<String, usize>,
}

impl SeriesNames {
    fn source(&mut self, name: &str, retro: &Value, path: &str) -> Result<MetricSource, Problem> {
        let text = match retro {
            Value::Null => return Ok(MetricSource::RecordedSeries(self.index_of(name))),
            Value::Object(retro) => match retro.get("expression") {
                None | Some(Value::Null) => {
                    return Ok(MetricSource::RecordedSeries(self.index_of(name)));
                }
                Some(Value::String(text)) => text,
                Some(other) => {
                    let path = format!("{path}.expression");
                    return Err(Problem::error(
                        path,
                        other,
                        "an expression, such as \"cpu / rps\"",
                    ));
                }
            },
            other => return Err(Problem::error(path, other, "an object")),
        };
        let expression = Expression::parse(text).map_err(|allowed| {
            Problem::error(format!("{path}.expression"), format!("{text:?}"), allowed)
        })?;
        let inputs = expression.inputs().iter().map(|input| self.index_of(input)).collect();
        Ok(MetricSource::Derived { expression, inputs })
    }

    /// The index of the series `name`; adds the series if it is new.
    fn index_of(&mut self, name: &str) -> usize {
        if let Some(&index) = self.indices.get(name) {
            return index;
        }
        let index = self.names.len();
        self.names.push(name.to_owned());
        self.indices.insert(name.to_owned(), index);
        index
    }
}

#[cfg(test)]
mod tests;
