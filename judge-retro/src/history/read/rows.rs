//! Rows as readers pass them on, and why reading stops.

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema};
use judge_points::csv_reader::CsvReadError;
use parquet::errors::ParquetError;

use crate::history::column_indices::column_indices;
use crate::history::error::{FileProblem, HistoryError};
use crate::history::files::HistoryFile;

/// Number of rows in a batch.
pub(super) const ROWS: usize = 1 << 16;

/// Consecutive rows of a file with the requested columns.
pub(super) struct Rows {
    pub(super) columns: RecordBatch,
    /// The line of each row, in a text file.
    pub(super) lines: Option<Vec<u64>>,
}

impl From<RecordBatch> for Rows {
    fn from(columns: RecordBatch) -> Self {
        Self { columns, lines: None }
    }
}

/// Why a file was not read to its end.
pub(super) enum Unread {
    Arrow(ArrowError),
    Problem(FileProblem),
}

impl From<ArrowError> for Unread {
    fn from(error: ArrowError) -> Self {
        Self::Arrow(error)
    }
}

impl From<ParquetError> for Unread {
    fn from(error: ParquetError) -> Self {
        Self::Arrow(error.into())
    }
}

impl From<std::io::Error> for Unread {
    fn from(error: std::io::Error) -> Self {
        Self::Problem(FileProblem::Io(error.to_string()))
    }
}

impl From<FileProblem> for Unread {
    fn from(problem: FileProblem) -> Self {
        Self::Problem(problem)
    }
}

impl From<CsvReadError> for Unread {
    fn from(error: CsvReadError) -> Self {
        Self::Problem(FileProblem::from_csv(error))
    }
}

impl Unread {
    /// Adds the file to the error.
    pub(super) fn in_file(self, file: &HistoryFile) -> HistoryError {
        file.error(match self {
            Self::Problem(problem) => problem,
            Self::Arrow(error) => {
                let reason = reason(error);
                let reason = reason.lines().next().unwrap_or_default().to_owned();
                FileProblem::Broken { format: file.format, reason }
            }
        })
    }
}

/// The problem, without Arrow's prefix that names its component.
fn reason(error: ArrowError) -> String {
    match error {
        ArrowError::ParquetError(reason)
        | ArrowError::IpcError(reason)
        | ArrowError::JsonError(reason)
        | ArrowError::ParseError(reason)
        | ArrowError::SchemaError(reason)
        | ArrowError::IoError(reason, _) => reason,
        other => other.to_string(),
    }
}

/// Passes batches to `take` until it returns false.
pub(super) fn pass<E: Into<Unread>>(
    batches: impl Iterator<Item = Result<RecordBatch, E>>,
    take: &mut impl FnMut(Rows) -> Result<bool, Unread>,
) -> Result<(), Unread> {
    for batch in batches {
        if !take(batch.map_err(Into::into)?.into())? {
            break;
        }
    }
    Ok(())
}

/// The indices of `columns` in `schema`.
pub(super) fn indices(schema: &Schema, columns: &[String]) -> Result<Vec<usize>, ArrowError> {
    let indices = column_indices(schema);
    let index = |name: &String| indices.get(name.as_str()).copied();
    let missing = |name: &String| ArrowError::SchemaError(name.clone());
    columns.iter().map(|name| index(name).ok_or_else(|| missing(name))).collect()
}
