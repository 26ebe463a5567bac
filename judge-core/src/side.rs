//! The two sides of a comparison.

use serde::{Deserialize, Serialize};

/// One of the two sides that a judge compares.
///
/// # Example
/// ```
/// use judge_core::Side;
///
/// assert_eq!([Side::Baseline, Side::Canary].map(Side::name), ["baseline", "canary"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// The version that is running already.
    Baseline,
    /// The new version.
    Canary,
}

impl Side {
    /// Name of the side, as sentences and histories have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Canary => "canary",
        }
    }
}
