//! Why a history was not fetched.

use thiserror::Error;

use crate::input::FetchFailed;

/// Why a history was not fetched.
#[derive(Debug, Error)]
pub(super) enum FetchError {
    #[error("--output: expected a name that ends in {allowed}, got {got}")]
    Format { allowed: &'static str, got: String },
    #[cfg(not(feature = "retro"))]
    #[error(
        "--output: expected a name that ends in .ndjson, got .parquet: {}",
        crate::args::LEFT_OUT
    )]
    LeftOut,
    #[error(
        "stopped after {} releases in a row without an answer; {kept} are kept: continue with --resume",
        super::MOST_UNANSWERED
    )]
    SourceAway {
        kept: usize,
        #[source]
        failed: FetchFailed,
    },
}

/// Whether `error` is a mistake on the command line.
pub(crate) fn is_bad_input(error: &(dyn std::error::Error + 'static)) -> bool {
    #[cfg(not(feature = "retro"))]
    if matches!(error.downcast_ref(), Some(FetchError::LeftOut)) {
        return true;
    }
    matches!(error.downcast_ref(), Some(FetchError::Format { .. }))
}
