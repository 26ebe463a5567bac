//! What is wrong with what `judge retro` is asked.

use judge_retro::{HistoryError, StoreError, WindowError};
use thiserror::Error;

/// A history that says nothing.
#[derive(Debug, Error)]
#[error("the history has no release: its files have no rows")]
pub(crate) struct NoRelease;

/// An output whose format cannot be.
#[derive(Debug, Error)]
pub(crate) enum WrongFormat {
    #[error(
        "--output {0}: its ending tells no format; say --format, or name it so that it ends in .csv, \
         .json, .parquet or .txt"
    )]
    Unknown(String),
    #[error("--format lines has no judgements to write; say --format csv, json, parquet or table")]
    Lines,
    #[error("--format parquet is not for a terminal or a pipe; give --output FILE")]
    ParquetOnStdout,
}

/// Whether `error` says that the input was bad.
pub(crate) fn is_bad_input(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<HistoryError>() {
        return !matches!(error, HistoryError::Other(_));
    }
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return !matches!(error, StoreError::Io { .. });
    }
    error.is::<WindowError>() || error.is::<NoRelease>() || error.is::<WrongFormat>()
}
