//! History: recorded metrics of past releases, in files.
//!
//! # What is read
//!
//! Parquet, CSV, NDJSON, Arrow IPC, and Prometheus `query_range` responses; a file, a folder, or a
//! pattern. Folders called `key=value` on the way to a file are columns of all its rows.
//!
//! A table is **long** if it has the columns `metric` and `value`, a row a point, and **wide** otherwise,
//! a column a metric. Both have `release`, `timestamp` and `role`, and may have `instance`; each can
//! have another name ([`ColumnNames`]). Of a Prometheus response the columns are the labels.
//!
//! # Rules
//!
//! - **Gaps.** An empty cell, a null, `NaN`, and a time without a row are gaps, each at its own time.
//! - **Order.** Rows of a release may stand in any order. Where the rows of one release do not stand
//!   together, see `parts`.
//! - **Repeated rows.** Two rows that give one series the same value at the same time are one. Two values
//!   for one time make the release impossible to judge.
//! - **Time zones.** Timestamps with a zone or an offset are instants, whichever it is, and may be mixed.
//!   Text without a zone is refused. A column of a timestamp type without a zone is UTC, as Parquet and
//!   Arrow writers mean it; a history that mixes columns with and without a zone is refused.
//! - **Instances.** Where a role has several, its series is the mean of those that have a point at a time,
//!   as Kayenta's queries average (`avg`).
//! - **CSV** is read as `judge run` reads it: space around names and values is none of theirs, blank lines
//!   are no rows, and the column of times may be called `time` or `Timestamp` too. A row that is shorter
//!   or longer than the header makes the file a damaged one.
//! - **Damaged files** beside whole ones are left out, and said to be.
//! - **Metrics** that the config does not have are passed over with a warning.

mod batch;
mod csv_rows;
mod error;
mod files;
mod format;
mod guard;
mod layout;
mod names;
mod open;
mod options;
mod prometheus;
mod release_rows;

use std::path::PathBuf;
use std::sync::Arc;

pub use error::{FileProblem, HistoryError, RowPosition};
pub use format::Format;
pub use guard::is_caught;
pub use options::{ColumnNames, HistoryOptions, RoleNames};

pub(crate) use batch::{Batch, BatchPoints};
pub(crate) use error::listed;
pub(crate) use files::HistoryFile;
pub(crate) use names::Names;
pub use release_rows::Survey;
pub(crate) use release_rows::{BatchRows, ColumnSelection, ReleaseRows};

use layout::{FileLayout, PointColumns, Zone};

/// Recorded metrics of past releases, in files that have been found and looked into.
#[derive(Debug, Clone)]
pub struct ReleaseHistory {
    files: Vec<(Arc<HistoryFile>, Arc<FileLayout>)>,
    options: Arc<HistoryOptions>,
    warnings: Vec<String>,
    damaged: Vec<HistoryError>,
}

impl ReleaseHistory {
    /// Finds the files that `sources` name (files, folders, patterns) and looks at their columns;
    /// `series` are the names of the series that are needed.
    ///
    /// Files that are damaged are left out if there are others; see [`ReleaseHistory::damaged`].
    ///
    /// # Errors
    /// When there is no file, all are damaged, or one of them cannot be history: everything that can be
    /// seen without reading the rows, and of CSV files their rows too.
    pub fn open(
        sources: &[PathBuf],
        options: &HistoryOptions,
        series: &[String],
    ) -> Result<Self, HistoryError> {
        let mut opened = Vec::new();
        let mut warnings = Vec::new();
        let mut damaged = Vec::new();
        for file in files::expand(sources, options.format)? {
            let looked = file.and_then(|file| {
                let schema = open::schema(&file, &options.columns)?;
                let layout = FileLayout::new(&file, &schema, &options.columns, series)?;
                Ok((file, layout))
            });
            let (file, layout) = match looked {
                Err(error) if error.is_damage() => {
                    damaged.push(error);
                    continue;
                }
                looked => looked?,
            };
            if let PointColumns::Wide { ignored, .. } = &layout.points
                && !ignored.is_empty()
            {
                let names = listed(ignored);
                warnings
                    .push(format!("{}: ignored, not in the config: {names}", file.path.display()));
            }
            opened.push((Arc::new(file), Arc::new(layout)));
        }
        if opened.is_empty()
            && let Some(first) = damaged.pop()
        {
            return Err(first);
        }
        check_zones(&opened)?;
        Ok(Self { files: opened, options: Arc::new(options.clone()), warnings, damaged })
    }

    /// What is wrong with files that are left out because of it. Releases may lack rows that were in them.
    pub fn damaged(&self) -> &[HistoryError] {
        &self.damaged
    }

    /// What was odd, for people.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The files, in the order in which they are read, with their sizes in bytes.
    pub fn files(&self) -> impl Iterator<Item = (&std::path::Path, u64)> {
        self.files.iter().map(|(file, _)| (file.path.as_path(), file.bytes))
    }

    /// What its roles are called.
    pub(crate) fn roles(&self) -> &RoleNames {
        &self.options.roles
    }
}

fn check_zones(files: &[(Arc<HistoryFile>, Arc<FileLayout>)]) -> Result<(), HistoryError> {
    let first = |zone| files.iter().find(|(_, layout)| layout.zone == zone);
    match (first(Zone::Zoned), first(Zone::Naive)) {
        (Some((zoned, of_zoned)), Some((naive, of_naive))) => Err(HistoryError::MixedZones {
            zoned: zoned.path.clone(),
            zoned_column: of_zoned.timestamp.clone(),
            naive: naive.path.clone(),
            naive_column: of_naive.timestamp.clone(),
        }),
        _ => Ok(()),
    }
}
