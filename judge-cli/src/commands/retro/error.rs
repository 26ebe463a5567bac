//! Errors of the arguments and input of `judge retro`.

use judge_core::stage::WindowError;
use judge_retro::HistoryError;
use thiserror::Error;

/// A history without a release.
#[derive(Debug, Error)]
#[error("the history has no release: its files have no rows")]
pub(crate) struct NoRelease;

/// An impossible output format.
#[derive(Debug, Error)]
pub(crate) enum WrongFormat {
    #[error(
        "--output: expected a name that ends in .csv, .json, .parquet or .txt, got {0}; or give --format"
    )]
    Unknown(String),
    #[error(
        "--format lines writes no judgements to --output; give --format csv, json, parquet or table"
    )]
    Lines,
    #[error("--format parquet needs a file; give --output FILE")]
    ParquetOnStdout,
}

/// Whether `error` is a mistake in the input.
pub(crate) fn is_bad_input(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<HistoryError>() {
        return !matches!(error, HistoryError::Other(_));
    }
    error.is::<WindowError>() || error.is::<NoRelease>() || error.is::<WrongFormat>()
}
