//! A list of releases: the time of each comparison, and the scopes of its sides.

use std::collections::BTreeSet;
use std::time::Duration;

use csv::{ReaderBuilder, StringRecord, Trim};
use humantime::format_duration;
use judge_points::dialect::CsvDialect;
use judge_points::table;
use judge_points::time::{self, TimeError, TimeZone};
use thiserror::Error;

use crate::args::ScopeArgs;

/// A release to fetch.
#[derive(Debug, Clone)]
pub(crate) struct ListedRelease {
    pub(crate) name: String,
    /// The start and the end, in milliseconds since the Unix epoch.
    pub(crate) window: (i64, i64),
    /// The query parameters of its sides.
    pub(crate) scopes: ScopeArgs,
}

/// Why a list of releases was not read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum ListError {
    #[error("expected the columns release, start and end, got no {missing:?} among {columns}")]
    MissingColumn { missing: &'static str, columns: String },
    #[error(
        "expected the columns release, start, end, baseline-scope, canary-scope, location and param:NAME, got {0:?}"
    )]
    UnknownColumn(String),
    #[error("line {line}: column {column}: {error}")]
    Time { line: u64, column: &'static str, error: TimeError },
    #[error("line {line}: the release has no name")]
    Unnamed { line: u64 },
    #[error("line {line}: expected an end after the start")]
    Backwards { line: u64 },
    #[error(
        "line {line}: expected a release of at least a step, {}, got {}; shorten --step",
        format_duration(*.step), format_duration(*.length)
    )]
    Short { line: u64, step: Duration, length: Duration },
    #[error("line {line}: expected different names, got {name:?} twice")]
    Repeated { line: u64, name: String },
    #[error("expected a line for each release, got none")]
    NoRelease,
    #[error(transparent)]
    Table(#[from] table::TableError),
    #[error("{0}")]
    Csv(#[from] csv::Error),
}

/// The meaning of a column.
enum ListColumn {
    Release,
    Start,
    End,
    BaselineScope,
    CanaryScope,
    Location,
    Param(String),
}

impl ListColumn {
    fn from_header(name: &str) -> Result<Self, ListError> {
        if let Some(param) = name.strip_prefix("param:").filter(|param| !param.is_empty()) {
            return Ok(Self::Param(param.to_owned()));
        }
        Ok(match name.to_ascii_lowercase().replace('_', "-").as_str() {
            "release" => Self::Release,
            "start" => Self::Start,
            "end" => Self::End,
            "baseline-scope" => Self::BaselineScope,
            "canary-scope" => Self::CanaryScope,
            "location" => Self::Location,
            _ => return Err(ListError::UnknownColumn(name.to_owned())),
        })
    }
}

/// Reads a list. `scopes` are the defaults of missing cells.
pub(crate) fn read(
    bytes: &[u8],
    scopes: &ScopeArgs,
    zone: Option<&TimeZone>,
) -> Result<Vec<ListedRelease>, ListError> {
    let dialect = CsvDialect::from_header(bytes);
    let table = bytes.get(dialect.bytes_before..).unwrap_or_default();
    let mut reader =
        ReaderBuilder::new().delimiter(dialect.delimiter).trim(Trim::All).from_reader(table);
    let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    table::check_header(&header)?;
    let cells: Vec<ListColumn> =
        header.iter().map(|name| ListColumn::from_header(name)).collect::<Result<_, _>>()?;
    let column = |missing, found: fn(&ListColumn) -> bool| {
        let columns = || header.join(", ");
        cells
            .iter()
            .position(found)
            .ok_or_else(|| ListError::MissingColumn { missing, columns: columns() })
    };
    let columns = Columns {
        release: column("release", |cell| matches!(cell, ListColumn::Release))?,
        start: column("start", |cell| matches!(cell, ListColumn::Start))?,
        end: column("end", |cell| matches!(cell, ListColumn::End))?,
        cells: &cells,
    };
    let mut names = BTreeSet::new();
    let mut releases = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = dialect.lines_before + record.position().map_or(0, csv::Position::line);
        let release = columns.release(&record, line, scopes, zone)?;
        if !names.insert(release.name.clone()) {
            return Err(ListError::Repeated { line, name: release.name });
        }
        releases.push(release);
    }
    if releases.is_empty() { Err(ListError::NoRelease) } else { Ok(releases) }
}

/// The positions of the cells of a line.
struct Columns<'a> {
    release: usize,
    start: usize,
    end: usize,
    cells: &'a [ListColumn],
}

impl Columns<'_> {
    fn release(
        &self,
        record: &StringRecord,
        line: u64,
        scopes: &ScopeArgs,
        zone: Option<&TimeZone>,
    ) -> Result<ListedRelease, ListError> {
        let text = |index: usize| record.get(index).unwrap_or_default();
        let moment = |column, index| {
            time::parse_in(text(index), zone).map_err(|error| ListError::Time {
                line,
                column,
                error,
            })
        };
        let name = text(self.release).to_owned();
        if name.is_empty() {
            return Err(ListError::Unnamed { line });
        }
        let window = (moment("start", self.start)?, moment("end", self.end)?);
        if window.0 >= window.1 {
            return Err(ListError::Backwards { line });
        }
        let length = Duration::from_millis(window.0.abs_diff(window.1));
        if length < scopes.step {
            return Err(ListError::Short { line, step: scopes.step, length });
        }
        let mut scopes = scopes.clone();
        for (index, cell) in self.cells.iter().enumerate() {
            let text = text(index).to_owned();
            if text.is_empty() {
                continue;
            }
            match cell {
                ListColumn::BaselineScope => scopes.baseline_scope = text,
                ListColumn::CanaryScope => scopes.canary_scope = text,
                ListColumn::Location => scopes.location = text,
                // The last value for a name counts.
                ListColumn::Param(name) => scopes.params.push((name.clone(), text)),
                ListColumn::Release | ListColumn::Start | ListColumn::End => {}
            }
        }
        Ok(ListedRelease { name, window, scopes })
    }
}
