//! Why a canary or a config is not what was asked for.

use thiserror::Error;

use crate::plan::PlanError;
use crate::runnable::UnusableConfig;
use crate::store::KeepError;
use crate::stored_config::ConfigRule;

/// Why a call was not done.
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
    /// The config is a file's.
    #[error("Canary config '{id}' is read from the file {file:?}: change it there.")]
    ReadOnly {
        /// Its id.
        id: String,
        /// The file.
        file: String,
    },
    /// The store did not do it.
    #[error(transparent)]
    Keep(#[from] KeepError),
}

impl CanaryError {
    /// Whether the caller asked for something that cannot be, so that asking again does not help.
    pub fn is_callers(&self) -> bool {
        match self {
            Self::Plan(_)
            | Self::Config(_)
            | Self::Rule(_)
            | Self::Argument(_)
            | Self::ReadOnly { .. } => true,
            Self::Keep(error) => matches!(
                error,
                KeepError::NotFound { .. } | KeepError::Exists(_) | KeepError::SameName { .. }
            ),
        }
    }

    /// Whether what was asked for is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Keep(KeepError::NotFound { .. }))
    }
}
