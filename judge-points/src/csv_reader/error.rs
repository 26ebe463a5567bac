//! Why a CSV table cannot be read.

use std::io;

use thiserror::Error;

use crate::table::TableError;

/// Why a table cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CsvReadError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// There is no header.
    #[error("the file is empty")]
    Empty,
    /// It is not a table.
    #[error(transparent)]
    Table(#[from] TableError),
}
