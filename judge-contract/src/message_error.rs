//! Why a message is not read or written.

use judge_core::{JudgeError, Problem};
use prost::DecodeError;
use thiserror::Error;

use crate::Problems;

/// Why a message is not read or written.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum MessageError {
    /// It breaks the contract or a limit.
    #[error("the message cannot be used: {0}")]
    Invalid(Problems),
    /// The bytes are no message of protobuf.
    #[error("the message cannot be read: {0}")]
    Unreadable(#[from] DecodeError),
    /// The contract has no such message; no message of [`proto`](crate::proto) causes this.
    #[error("the contract has no message {0}: expected one of canary.judge.v1")]
    Unknown(String),
    /// A value of the message has no JSON.
    #[error("the message cannot be written as JSON: {0}")]
    Unwritable(String),
}

impl MessageError {
    /// The problems of an invalid message that were kept; none for other errors.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Invalid(problems) => problems.kept(),
            _ => &[],
        }
    }
}

impl From<JudgeError> for MessageError {
    fn from(refused: JudgeError) -> Self {
        Self::Invalid(refused.into())
    }
}

impl From<Problem> for MessageError {
    fn from(problem: Problem) -> Self {
        Self::Invalid(problem.into())
    }
}

impl From<Problems> for MessageError {
    fn from(problems: Problems) -> Self {
        Self::Invalid(problems)
    }
}
