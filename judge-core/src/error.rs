//! Why there is no judgement.

use std::fmt;

use thiserror::Error;

use crate::problem::Problem;

/// Why an input was not judged.
///
/// # Example
/// ```
/// use judge_core::{JudgeError, kayenta};
///
/// let error = kayenta::read_config(br#"{"metrics": 5, "classifier": {}}"#).unwrap_err();
/// match &error {
///     JudgeError::InvalidRequest(invalid) => {
///         assert_eq!(invalid.problems()[0].path, "metrics");
///     }
///     other => eprintln!("{other}"),
/// }
/// assert_eq!(error.to_string(), "metrics: expected a list, got 5");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// The request, or the config in it, cannot be judged.
    #[error(transparent)]
    InvalidRequest(InvalidRequest),
    /// No judge has the name that the config asks for.
    #[error(transparent)]
    UnknownJudge(UnknownJudge),
    /// The caller stopped the judgement: see [`Scratch::stop_on`](crate::Scratch::stop_on).
    #[error("the caller stopped the judgement")]
    Stopped,
}

/// Everything that is wrong with a request: at least one [`Problem`], in the order of the input.
///
/// # Example
/// ```
/// use judge_core::{JudgeError, Problem};
///
/// let problem = Problem::error("metrics[3].name", 5, "a string");
/// if let JudgeError::InvalidRequest(invalid) = JudgeError::from(problem) {
///     for problem in invalid.problems() {
///         println!("{}: {}", problem.path, problem.allowed);
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRequest {
    problems: Vec<Problem>,
}

impl InvalidRequest {
    /// The problems; never empty.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for InvalidRequest {
    /// A line for each problem.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let line_end = if index == 0 { "" } else { "\n" };
            write!(f, "{line_end}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidRequest {}

/// A name that no judge has. The problem lists the names that there are.
///
/// # Example
/// ```
/// use judge_core::{JudgeError, judges};
///
/// let judges = judges::built_in();
/// match judges.by_name("MedianJudge-v1") {
///     Err(JudgeError::UnknownJudge(unknown)) => assert_eq!(unknown.name(), "MedianJudge-v1"),
///     _ => panic!("no judge has this name"),
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{problem}")]
pub struct UnknownJudge {
    name: String,
    problem: Box<Problem>,
}

impl UnknownJudge {
    /// The error for `name`, where only `known` are known.
    pub(crate) fn new(name: &str, known: &[&str]) -> Self {
        let problem = Problem::error(
            "judge.name",
            format!("{name:?}"),
            format!("one of {}", known.join(", ")),
        );
        Self { name: name.to_owned(), problem: Box::new(problem) }
    }

    /// The name that was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl JudgeError {
    /// `Err` with all of `problems`, unless there is none.
    ///
    /// # Errors
    /// When there is at least one problem.
    ///
    /// # Example
    /// ```
    /// use judge_core::{JudgeError, Problem};
    ///
    /// assert!(JudgeError::check(Vec::new()).is_ok());
    /// let problem = Problem::error("metrics[3].name", 5, "a string");
    /// assert!(JudgeError::check(vec![problem]).is_err());
    /// ```
    pub fn check(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self::InvalidRequest(InvalidRequest { problems }))
        }
    }

    /// The problems with the input, in its order; empty if the input is not the reason.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::InvalidRequest(invalid) => &invalid.problems,
            Self::UnknownJudge(unknown) => std::slice::from_ref(&*unknown.problem),
            Self::Stopped => &[],
        }
    }

    /// The same error seen from the document around the input: `prefix` is put before each path.
    #[must_use]
    pub fn within(self, prefix: &str) -> Self {
        match self {
            Self::InvalidRequest(InvalidRequest { problems }) => {
                let problems = problems.into_iter().map(|problem| problem.within(prefix));
                Self::InvalidRequest(InvalidRequest { problems: problems.collect() })
            }
            Self::UnknownJudge(unknown) => Self::UnknownJudge(UnknownJudge {
                problem: Box::new(unknown.problem.within(prefix)),
                ..unknown
            }),
            Self::Stopped => Self::Stopped,
        }
    }
}

impl From<Problem> for JudgeError {
    fn from(problem: Problem) -> Self {
        Self::InvalidRequest(InvalidRequest { problems: vec![problem] })
    }
}
