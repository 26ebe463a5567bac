//! The two sides of a comparison.

use serde::{Deserialize, Serialize};

/// One of the two sides that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// The version that runs already.
    Baseline,
    /// The version on trial.
    Canary,
}

impl Side {
    /// Its name in a sentence.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Canary => "canary",
        }
    }
}
