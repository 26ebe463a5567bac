//! Compares two samples.

use judge_core::stats::comparison::{ReadSample, SampleComparison};
use judge_core::stats::{ConfidenceLevel, Sample};
use pyo3::prelude::*;

use crate::exception::Exception;
use crate::judgement::text;
use crate::side::SideValues;
use crate::work::interruptible;

/// Returns the output of `judge test --format json` for `baseline` and `canary`.
#[pyfunction]
pub(crate) fn two_sample(
    py: Python<'_>,
    baseline: SideValues,
    canary: SideValues,
    level: f64,
) -> PyResult<String> {
    let level = ConfidenceLevel::new(level)
        .map_err(|_| Exception::option("level", level, "a number above 0 and below 1"))?;
    let sample = |name: &str, values: Vec<f64>| -> Result<ReadSample, Exception> {
        let points: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        let gaps = values.len() - points.len();
        let sample =
            Sample::new(points).map_err(|error| Exception::data(name, error, "finite points"))?;
        Ok(ReadSample { column: name.to_owned(), gaps, sample })
    };
    let baseline = sample("baseline", baseline.read("baseline")?)?;
    let canary = sample("canary", canary.read("canary")?)?;
    let measured =
        interruptible(py, None, move |_| SampleComparison::measure(&baseline, &canary, level))?;
    let measured = measured
        .map_err(|error| Exception::data("baseline", error, "samples that can be compared"))?;
    text(&measured)
}
