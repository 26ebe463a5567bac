//! A config and its judge.

use judge_core::judges::{self, Judge};
use judge_core::{CanaryConfig, JudgeRequest, Problem, Thresholds, Warning, kayenta};
use pyo3::prelude::*;
use serde_json::Value;

use crate::exception::{Exception, problem_object};

/// Lists every problem with a config, as `judge config check` does.
#[pyfunction]
pub(crate) fn check_config<'py>(py: Python<'py>, text: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let problems = kayenta::check_config_within(text.as_bytes());
    problems.iter().map(|problem| problem_object(py, problem)).collect()
}

/// A config that its judge accepts.
#[pyclass(frozen, name = "Judging", module = "canary_judge._native")]
#[derive(Clone)]
pub(crate) struct PyJudging {
    pub(crate) config: CanaryConfig,
    pub(crate) document: Value,
    pub(crate) thresholds: Thresholds,
    pub(crate) judge: &'static dyn Judge,
    warnings: Vec<String>,
}

#[pymethods]
impl PyJudging {
    #[new]
    #[pyo3(signature = (text, judge, thresholds))]
    fn new(text: &str, judge: Option<&str>, thresholds: Option<(f64, f64)>) -> PyResult<Self> {
        Ok(Self::read(text, judge, thresholds)?)
    }

    /// Warnings about suspect parts of the config.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    /// Refuses expressions over several series, which only the command evaluates.
    pub(crate) fn without_expressions(&self) -> PyResult<()> {
        let expression = |index: usize| {
            let retro = &self.document["metrics"][index]["analysisConfigurations"]["retro"];
            let expression = &retro["expression"];
            let path = format!("metrics[{index}].analysisConfigurations.retro.expression");
            (!expression.is_null()).then(|| {
                Problem::error(path, expression, "no expression: compute the column in the frame")
            })
        };
        let problems: Vec<Problem> =
            (0..self.config.metrics.len()).filter_map(expression).collect();
        if problems.is_empty() { Ok(()) } else { Err(Exception::Expression(problems).into()) }
    }
}

impl PyJudging {
    fn read(
        text: &str,
        judge: Option<&str>,
        thresholds: Option<(f64, f64)>,
    ) -> Result<Self, Exception> {
        let refuse = |error: judge_core::JudgeError| Exception::from_config(&error);
        let config = kayenta::read_config(text.as_bytes()).map_err(refuse)?;
        let document = kayenta::read_document(text.as_bytes()).map_err(refuse)?;
        let thresholds = match thresholds {
            Some((pass, marginal)) => check_thresholds(pass, marginal)?,
            None => config.thresholds.unwrap_or_default(),
        };
        let request = JudgeRequest { thresholds, ..JudgeRequest::without_points(config) };
        let judge = match judge {
            Some(name) => find_judge(name)?,
            None => judges::built_in().chosen_by(&request).map_err(refuse)?,
        };
        // The other warnings are about the missing points.
        let suspicions = judge.judge(&request).map_err(refuse)?.warnings.into_iter();
        let suspicions = suspicions.filter(|warning| matches!(warning, Warning::Suspect(_)));
        let warnings = suspicions.map(|warning| warning.to_string()).collect();
        Ok(Self { config: request.config, document, thresholds, judge, warnings })
    }

    /// The different names of the metrics, in the order of the config.
    pub(crate) fn metrics(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::with_capacity(self.config.metrics.len());
        for metric in &self.config.metrics {
            if !names.contains(&metric.name) {
                names.push(metric.name.clone());
            }
        }
        names
    }
}

/// Finds the judge with this name.
pub(crate) fn find_judge(name: &str) -> Result<&'static dyn Judge, Exception> {
    judges::built_in().by_name(name).map_err(|_| {
        let names: Vec<&str> = judges::built_in().iter().map(Judge::name).collect();
        Exception::option("judge", format!("{name:?}"), format!("one of {}", names.join(", ")))
    })
}

fn check_thresholds(pass: f64, marginal: f64) -> Result<Thresholds, Exception> {
    let within = |score: f64| (0.0..=100.0).contains(&score);
    let ordered = within(pass) && within(marginal) && marginal <= pass;
    Thresholds::new(pass, marginal).ok().filter(|_| ordered).ok_or_else(|| {
        let expected = "scores from 0 to 100, pass at least marginal";
        Exception::option("thresholds", format!("pass {pass}, marginal {marginal}"), expected)
    })
}
