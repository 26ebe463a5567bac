//! The exceptions of the Python package.

use judge_core::{JudgeError, Problem};
use pyo3::prelude::*;
use pyo3::types::PyList;

/// An exception of `canary_judge`.
#[derive(Debug)]
pub(crate) enum Exception {
    /// `InvalidConfig`.
    Config(Vec<Problem>),
    /// `UnsupportedExpression`.
    Expression(Vec<Problem>),
    /// `InvalidData`.
    Data(Vec<Problem>),
    /// `InvalidOption`.
    Options(Vec<Problem>),
    /// The caller stopped the work, and knows the reason.
    Stopped,
    /// What Python raised, such as `KeyboardInterrupt`.
    Raised(PyErr),
}

impl Exception {
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

    /// Turns the error of a judge, or of a reader of configs, into an exception.
    pub(crate) fn from_config(error: &JudgeError) -> Self {
        match error {
            JudgeError::Stopped => Self::Stopped,
            other => Self::Config(other.problems().iter().cloned().map(within_config).collect()),
        }
    }
}

/// Makes the path of `problem` relative to the config, which is a separate document in Python.
pub(crate) fn within_config(mut problem: Problem) -> Problem {
    if let Some(within) = problem.path.strip_prefix("canaryConfig.") {
        problem.path = within.to_owned();
    }
    problem
}

/// Converts a problem to Python's object: path, expected, got, severity, consequence.
pub(crate) fn problem_object<'py>(
    py: Python<'py>,
    problem: &Problem,
) -> PyResult<Bound<'py, PyAny>> {
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

impl From<PyErr> for Exception {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

fn exception(py: Python<'_>, name: &str, problems: &[Problem]) -> PyResult<PyErr> {
    let objects =
        problems.iter().map(|problem| problem_object(py, problem)).collect::<PyResult<Vec<_>>>()?;
    let class = py.import("canary_judge._errors")?.getattr(name)?;
    Ok(PyErr::from_value(class.call1((PyList::new(py, objects)?,))?))
}

impl From<Exception> for PyErr {
    fn from(refusal: Exception) -> Self {
        let (name, problems) = match &refusal {
            Exception::Raised(error) => return Python::attach(|py| error.clone_ref(py)),
            Exception::Config(problems) => ("InvalidConfig", problems.as_slice()),
            Exception::Expression(problems) => ("UnsupportedExpression", problems.as_slice()),
            Exception::Data(problems) => ("InvalidData", problems.as_slice()),
            Exception::Options(problems) => ("InvalidOption", problems.as_slice()),
            Exception::Stopped => ("Stopped", &[][..]),
        };
        Python::attach(|py| exception(py, name, problems).unwrap_or_else(|error| error))
    }
}
