//! Why a call about a canary or a config failed.

use thiserror::Error;

use crate::plan::PlanError;
use crate::runnable::UnusableConfig;
use crate::store::KeepError;
use crate::stored_config::ConfigRule;

/// Why a call failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CanaryError {
    /// The plan cannot be followed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No canary can be judged by the config.
    #[error(transparent)]
    Config(#[from] UnusableConfig),
    /// The config cannot be stored.
    #[error(transparent)]
    Rule(#[from] ConfigRule),
    /// The config's id in the path and in the document, or a version, cannot be used.
    #[error("{0}")]
    Argument(String),
    /// A file defines the config.
    #[error("Canary config '{id}' is read from the file {file:?}: change it there.")]
    ReadOnly {
        /// Its id.
        id: String,
        /// The file.
        file: String,
    },
    /// A judgement ended without a result, because of a defect.
    #[error("the judge broke off: {0}")]
    BrokenOff(String),
    /// The store failed.
    #[error(transparent)]
    Keep(#[from] KeepError),
}

impl CanaryError {
    /// Whether the request itself is wrong, so that asking again does not help.
    pub fn is_callers(&self) -> bool {
        match self {
            Self::Plan(_)
            | Self::Config(_)
            | Self::Rule(_)
            | Self::Argument(_)
            | Self::ReadOnly { .. } => true,
            Self::BrokenOff(_) => false,
            Self::Keep(error) => matches!(
                error,
                KeepError::NotFound { .. } | KeepError::Exists(_) | KeepError::SameName { .. }
            ),
        }
    }

    /// Whether the requested thing does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Keep(KeepError::NotFound { .. }))
    }
}
