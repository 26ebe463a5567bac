//! Why a history was not fetched.

use std::io;
use std::path::PathBuf;

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
        "{} has {releases} releases of an interrupted run; continue it with --resume, or remove it",
        parts.display()
    )]
    Unfinished { parts: PathBuf, releases: usize },
    #[error(
        "expected the queries with which {} was fetched, got others; give its config, remove it, or give another \
         --output",
        parts.display()
    )]
    OtherQueries { parts: PathBuf },
    #[error(
        "expected {then}, from which {} was fetched, got {now}; give the same sources, remove it, or give another \
         --output",
        parts.display()
    )]
    OtherSources { parts: PathBuf, then: String, now: String },
    #[error("another run writes into {}", .0.display())]
    Locked(PathBuf),
    #[error("{} is damaged; remove it and --resume", .0.display())]
    Damaged(PathBuf),
    #[error(
        "stopped after {} releases in a row without an answer; {kept} are kept: continue with --resume",
        super::MOST_UNANSWERED
    )]
    SourceAway {
        kept: usize,
        #[source]
        failed: FetchFailed,
    },
    #[error("cannot write {}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// Whether `error` is a mistake on the command line.
pub(crate) fn is_bad_input(error: &(dyn std::error::Error + 'static)) -> bool {
    #[cfg(not(feature = "retro"))]
    if matches!(error.downcast_ref(), Some(FetchError::LeftOut)) {
        return true;
    }
    matches!(
        error.downcast_ref(),
        Some(
            FetchError::Format { .. }
                | FetchError::Unfinished { .. }
                | FetchError::OtherQueries { .. }
                | FetchError::OtherSources { .. }
        )
    )
}
