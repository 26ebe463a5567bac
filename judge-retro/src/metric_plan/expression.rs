//! One expression over recorded series.

use judge_replay::{RecordedInstance, RecordedSeries};

use super::formula::Formula;
use super::sql;

/// An expression that computes a point from the points of one time.
#[derive(Debug)]
pub(super) struct Expression {
    formula: Formula,
    inputs: Vec<String>,
}

const ALLOWED: &str = "an expression in SQL over recorded series, such as cpu / rps";

impl Expression {
    /// Parses `text`; the error is the expectation that it does not meet.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (formula, inputs) =
            sql::parse(text).map_err(|problem| format!("{ALLOWED}: {problem}"))?;
        if inputs.is_empty() {
            return Err(format!("{ALLOWED}; it names no series"));
        }
        Ok(Self { formula, inputs })
    }

    /// The series that the expression needs.
    pub(super) fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// Computes the metric from `inputs`, each with `points` points or none.
    pub(super) fn derive(&self, inputs: &[&RecordedSeries], points: usize) -> RecordedSeries {
        if inputs.iter().all(|input| input.values.is_empty()) {
            return RecordedSeries::default();
        }
        let slices: Vec<&[f64]> = inputs.iter().map(|input| input.values.as_slice()).collect();
        let values = self.evaluate(&slices, points);
        let mut instances: Vec<RecordedInstance> = Vec::new();
        for name in inputs.iter().flat_map(|input| &input.instances).map(|instance| &instance.name)
        {
            if instances.iter().any(|known| known.name == *name) {
                continue;
            }
            let is_it = |instance: &&RecordedInstance| instance.name == *name;
            let found: Vec<&[f64]> = inputs
                .iter()
                .map(|input| input.instances.iter().find(is_it).map_or(&[][..], |it| &it.values))
                .collect();
            let values = self.evaluate(&found, points);
            instances.push(RecordedInstance { name: name.clone(), values });
        }
        RecordedSeries { values, instances }
    }

    /// Computes a point for each of `points` times; series without points are all gaps.
    fn evaluate(&self, series: &[&[f64]], points: usize) -> Vec<f64> {
        let at = |point: usize| {
            let value = |input: usize| {
                series.get(input)?.get(point).filter(|value| !value.is_nan()).copied()
            };
            let found = self.formula.value(&value);
            found.filter(|value| value.is_finite()).unwrap_or(f64::NAN)
        };
        (0..points).map(at).collect()
    }
}
