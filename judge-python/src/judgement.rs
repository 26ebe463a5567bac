//! A judgement with its request.

use judge_core::judgement::MetricJudgement;
use judge_core::{JudgeRequest, Judgement, MetricPair, kayenta};
use judge_report::{Fact, Report};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::Serialize;
use serde_json::Value;

use crate::exception::Exception;

/// A judgement, the judged series, and the config as written.
#[pyclass(frozen, name = "Judgement", module = "canary_judge._native")]
pub(crate) struct PyJudgement {
    judgement: Judgement,
    request: JudgeRequest,
    document: Value,
    input_warnings: Vec<String>,
}

#[derive(Serialize)]
struct WithRequest<'a> {
    #[serde(flatten)]
    judgement: &'a Judgement,
    request: Value,
}

impl PyJudgement {
    pub(crate) fn new(
        judgement: Judgement,
        request: JudgeRequest,
        document: Value,
        input_warnings: Vec<String>,
    ) -> Self {
        Self { judgement, request, document, input_warnings }
    }
}

#[pymethods]
impl PyJudgement {
    /// Reads the output of `judge run --format full`.
    #[staticmethod]
    fn from_full(text: &str) -> PyResult<Self> {
        let broken = |error: serde_json::Error| PyValueError::new_err(error.to_string());
        let judgement: Judgement = serde_json::from_str(text).map_err(broken)?;
        let mut full: Value = serde_json::from_str(text).map_err(broken)?;
        let mut request = full["request"].take();
        let read = kayenta::read_request(request.to_string().as_bytes());
        let read = read.map_err(|error| Exception::from_config(&error))?;
        Ok(Self::new(judgement, read, request["canaryConfig"].take(), Vec::new()))
    }

    /// Returns the output of `judge run --format json` in one line.
    fn json(&self) -> PyResult<String> {
        text(&self.judgement)
    }

    /// Returns the judgement with its request, as `judge run --format full` prints it.
    fn full(&self) -> PyResult<String> {
        let request = serde_json::to_value(kayenta::request(&self.document, &self.request));
        let request = request.map_err(|error| PyValueError::new_err(error.to_string()))?;
        text(&WithRequest { judgement: &self.judgement, request })
    }

    /// Kayenta's `CanaryJudgeResult`.
    fn kayenta(&self) -> PyResult<String> {
        text(&kayenta::result(&self.judgement))
    }

    /// One sentence per metric, in their order.
    fn explanations(&self) -> Vec<String> {
        self.judgement.metrics.iter().map(MetricJudgement::explanation).collect()
    }

    /// Warnings for people.
    fn warnings(&self) -> Vec<String> {
        let judge_warnings = self.judgement.warnings.iter().map(ToString::to_string);
        self.input_warnings.iter().cloned().chain(judge_warnings).collect()
    }

    /// A self-contained HTML page.
    fn page(&self, facts: Vec<(String, String)>) -> String {
        let facts: Vec<Fact> =
            facts.into_iter().map(|(name, value)| Fact { name, value }).collect();
        let name = self.document["name"].as_str().unwrap_or_default();
        let pairs: &[MetricPair] = &self.request.pairs;
        judge_report::page(&Report {
            name,
            pairs,
            config: Some(&self.document),
            facts: &facts,
            warnings: &self.input_warnings,
            ..Report::new(&self.judgement)
        })
    }
}

/// Writes a document as JSON in one line.
pub(crate) fn text(document: &impl Serialize) -> PyResult<String> {
    serde_json::to_string(document).map_err(|error| PyValueError::new_err(error.to_string()))
}
