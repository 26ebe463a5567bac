//! Errors of a history.

use std::fmt;
use std::path::{Path, PathBuf};

use judge_points::csv_reader::CsvReadError;
use judge_points::table::{self, TableError};
use judge_replay::join_names;
use thiserror::Error;

use super::format::Format;

/// Why a history, or a file of it, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// A source is neither a file nor a folder nor a pattern.
    #[error("{}: no such file or folder{}", .named.display(), stdin_hint(.named))]
    Missing {
        /// The source.
        named: PathBuf,
    },
    /// A folder or a pattern contains no file.
    #[error(
        "{}: no history file found; their names end in {}", .named.display(), extensions()
    )]
    NoFiles {
        /// The source.
        named: PathBuf,
    },
    /// A pattern has invalid syntax.
    #[error("{pattern}: not a pattern: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// The problem.
        reason: &'static str,
    },
    /// One file is at fault.
    #[error("{}: {problem}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The problem.
        problem: FileProblem,
    },
    /// Some timestamps have a time zone and some have none.
    #[error(
        "{} has timestamps with a time zone (column {zoned_column:?}), {} has timestamps without one \
         (column {naive_column:?}); one of them is probably local time: write all of them in UTC",
        .zoned.display(), .naive.display()
    )]
    MixedZones {
        /// A file with time zones.
        zoned: PathBuf,
        /// Its column.
        zoned_column: String,
        /// A file without time zones.
        naive: PathBuf,
        /// Its column.
        naive_column: String,
    },
    /// The machine stopped the reading before the end of the history.
    #[error("{0}")]
    Other(String),
}

impl HistoryError {
    pub(crate) fn file(path: &Path, problem: FileProblem) -> Self {
        Self::File { path: path.to_owned(), problem }
    }

    /// Whether the error is damage to one file, so that other files may be intact.
    pub(super) fn is_damage(&self) -> bool {
        use FileProblem::{Broken, Empty, Io, Packed, Prometheus, Table, Utf16};
        match self {
            Self::File { problem: Table(problem), .. } => {
                use TableError::{RepeatedColumn, UnnamedColumn};
                !matches!(problem, RepeatedColumn(_) | UnnamedColumn(_))
            }
            Self::File { problem, .. } => matches!(
                problem,
                Broken { .. } | Empty | Io(_) | Packed { .. } | Prometheus(_) | Utf16
            ),
            _ => false,
        }
    }
}

/// Errors of a file of history.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// The system cannot read it.
    #[error("{0}")]
    Io(String),
    /// It is a pipe or a device, which cannot be read more than once.
    #[error(
        "expected a regular file or a folder, got a pipe or a device; write it to a file first"
    )]
    NotAFile,
    /// It is empty.
    #[error("the file is empty")]
    Empty,
    /// It is compressed as a whole.
    #[error("compressed with {by}; decompress it first")]
    Packed {
        /// The program that compresses files in this way.
        by: &'static str,
    },
    /// It is UTF-16 text.
    #[error("{}", table::UTF16)]
    Utf16,
    /// A CSV file that is not a table.
    #[error("{0}")]
    Table(TableError),
    /// Its format cannot be recognised.
    #[error("unknown format, by name and by content; rename the file to end in {}", extensions())]
    UnknownFormat,
    /// It is not in the format that its name or its first bytes show, or it is truncated.
    #[error("damaged or cut-off {} file: {reason}", name(*.format))]
    Broken {
        /// The expected format.
        format: Format,
        /// The reader's message.
        reason: String,
    },
    /// A column is missing.
    #[error(
        "expected a column {wanted:?} with {meaning}, got the columns {}; if it has another name, give \
         --column {column}=NAME{}{}", join_names(.columns), folder_hint(.column),
        table::separator_hint(.columns)
    )]
    MissingColumn {
        /// The column, by its field in [`super::ColumnNames`].
        column: &'static str,
        /// Its name.
        wanted: String,
        /// The required content.
        meaning: &'static str,
        /// The columns of the file.
        columns: Vec<String>,
    },
    /// A column has a wrong type.
    #[error("column {column:?}: expected {expected}, got type {found}")]
    ColumnType {
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// The expected types.
        expected: &'static str,
    },
    /// The file has no series that the config needs.
    #[error(
        "no column is a metric of the config; the columns are {}; the config has {}; a long table has \
         the columns \"metric\" and \"value\" instead", join_names(.columns), join_names(.wanted)
    )]
    NothingOfConfig {
        /// The columns of the file.
        columns: Vec<String>,
        /// The series that the config needs.
        wanted: Vec<String>,
    },
    /// A row belongs to no release.
    #[error("{place}: column {column:?}: expected the name of a release, got an empty cell")]
    NoRelease {
        /// The position of the row.
        place: RowPosition,
        /// The column.
        column: String,
    },
    /// It is not a valid Prometheus response.
    #[error("{0}")]
    Prometheus(String),
}

impl FileProblem {
    pub(super) fn from_csv(error: CsvReadError) -> Self {
        match error {
            CsvReadError::Table(error) => Self::Table(error),
            CsvReadError::Empty => Self::Empty,
            other => Self::Io(other.to_string()),
        }
    }
}

/// A position in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowPosition {
    /// The row of a table, from 1; the header does not count.
    FrameRow(usize),
    /// The line of a text file, from 1.
    Line(u64),
}

impl fmt::Display for RowPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FrameRow(row) => write!(f, "row {row}"),
            Self::Line(line) => write!(f, "line {line}"),
        }
    }
}

fn name(format: Format) -> &'static str {
    match format {
        Format::Parquet => "Parquet",
        Format::Csv => "CSV",
        Format::Ndjson => "NDJSON",
        Format::Ipc => "Arrow IPC",
        Format::Prometheus => "Prometheus",
    }
}

fn extensions() -> String {
    let endings: Vec<String> =
        Format::EXTENSIONS.iter().map(|(ending, _)| format!(".{ending}")).collect();
    endings.join(", ")
}

fn stdin_hint(named: &Path) -> &'static str {
    if named.as_os_str() == "-" { "; standard input is not read, so give a file" } else { "" }
}

fn folder_hint(column: &str) -> String {
    match column {
        "timestamp" | "value" => String::new(),
        _ => format!(", or put the file into a folder named {column}=..."),
    }
}
