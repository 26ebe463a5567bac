//! What Python is told when something is wrong.

use judge_core::{JudgeError, Problem};
use pyo3::prelude::*;
use pyo3::types::PyList;

/// The exception that Python gets of `canary_judge`.
#[derive(Debug)]
pub(crate) enum Raised {
    /// `InvalidConfig`.
    Config(Vec<Problem>),
    /// `UnsupportedExpression`.
    Expression(Vec<Problem>),
    /// `InvalidData`.
    Data(Vec<Problem>),
    /// `InvalidOption`.
    Options(Vec<Problem>),
    /// The caller stopped the work, and knows why.
    Stopped,
}

impl Raised {
    /// One problem with the data at `path`.
    pub(crate) fn data(
        path: impl Into<String>,
        got: impl std::fmt::Display,
        expected: impl Into<String>,
    ) -> Self {
        Self::Data(vec![Problem::error(path, got, expected)])
    }

    /// One problem with the option called `name`.
    pub(crate) fn option(
        name: &str,
        got: impl std::fmt::Display,
        expected: impl Into<String>,
    ) -> Self {
        Self::Options(vec![Problem::error(name, got, expected)])
    }

    /// What a judge or a reader of configs said of a config.
    pub(crate) fn of_config(error: &JudgeError) -> Self {
        match error {
            JudgeError::Stopped => Self::Stopped,
            other => Self::Config(other.problems().iter().cloned().map(within_config).collect()),
        }
    }
}

/// `problem` seen from the config, which is a document of its own here.
pub(crate) fn within_config(mut problem: Problem) -> Problem {
    if let Some(within) = problem.path.strip_prefix("canaryConfig.") {
        problem.path = within.to_owned();
    }
    problem
}

/// A problem as Python has it: path, expected, got, severity, consequence.
pub(crate) fn told<'py>(py: Python<'py>, problem: &Problem) -> PyResult<Bound<'py, PyAny>> {
    let severity = match problem.severity {
        judge_core::Severity::Error => "error",
        judge_core::Severity::Suspect => "suspect",
        judge_core::Severity::Notice => "notice",
    };
    let Problem { path, allowed, value, consequence, .. } = problem;
    py.import("canary_judge._errors")?.getattr("Problem")?.call1((
        path,
        allowed,
        value,
        severity,
        consequence,
    ))
}

fn exception(py: Python<'_>, name: &str, problems: &[Problem]) -> PyResult<PyErr> {
    let told = problems.iter().map(|problem| told(py, problem)).collect::<PyResult<Vec<_>>>()?;
    let class = py.import("canary_judge._errors")?.getattr(name)?;
    Ok(PyErr::from_value(class.call1((PyList::new(py, told)?,))?))
}

impl From<Raised> for PyErr {
    fn from(refusal: Raised) -> Self {
        let (name, problems) = match &refusal {
            Raised::Config(problems) => ("InvalidConfig", problems.as_slice()),
            Raised::Expression(problems) => ("UnsupportedExpression", problems.as_slice()),
            Raised::Data(problems) => ("InvalidData", problems.as_slice()),
            Raised::Options(problems) => ("InvalidOption", problems.as_slice()),
            Raised::Stopped => ("Stopped", &[][..]),
        };
        Python::attach(|py| exception(py, name, problems).unwrap_or_else(|error| error))
    }
}
