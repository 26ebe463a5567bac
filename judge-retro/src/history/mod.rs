//! History: recorded metrics of past releases, in files.
//!
//! # Sources
//!
//! Parquet, CSV, NDJSON, Arrow IPC, and Prometheus `query_range` responses: a file, a folder, or a
//! pattern. Folders named `key=value` on the path of a file are columns of all its rows.
//!
//! A table with the columns `metric` and `value` is **long**, with one row per point. Other tables are
//! **wide**, with one column per metric. Both have `release`, `timestamp` and `role`, and may have
//! `instance`; each column can have another name ([`ColumnNames`]). The columns of a Prometheus response
//! are its labels.
//!
//! # Rules
//!
//! - **Gaps.** An empty cell, a null, `NaN`, and a time without a row are gaps, each at its own time.
//! - **Order.** Rows of a release may be in any order. If the rows of one release are not contiguous, see
//!   `bulk/scattered.rs`.
//! - **Repeated rows.** Two rows with the same value for one series at one time count once. With two different
//!   values, the release cannot be judged.
//! - **Time zones.** Timestamps with a zone or an offset are instants, and zones may be mixed. Text without a zone is
//!   refused. A column of a timestamp type without a zone is UTC, as Parquet and Arrow writers mean it. A history that
//!   mixes columns with and without a zone is refused.
//! - **Instances.** If a role has several instances, its series is the mean over the instances with a point at that
//!   time, like the `avg` of Kayenta's queries.
//! - **CSV** follows the rules of `judge run`, in any dialect: space around names and values is removed, blank lines
//!   are skipped, and the time column may also be called `time` or `Timestamp`. A row that is shorter or longer than
//!   the header makes the file damaged.
//! - **Damaged files** are left out and reported if there are other files.
//! - **Metrics** that the config does not have are ignored, with a warning.

mod batch;
mod column_indices;
mod error;
mod files;
mod format;
mod guard;
mod layout;
mod names;
mod options;
mod read;
mod release_rows;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

pub use error::{FileProblem, HistoryError, RowPosition};
pub use format::Format;
pub use guard::catches_panics;
pub use judge_replay::{ColumnNames, RoleNames};
pub use options::HistoryOptions;

pub(crate) use files::HistoryFile;
use judge_replay::join_names;
pub use release_rows::Survey;
pub(crate) use release_rows::{ColumnSelection, ReleaseRows};
pub use writer::{HistoryWriter, WrittenSeries};

use layout::{FileLayout, PointColumns, Zone};

/// Recorded metrics of past releases, in files that were found and inspected.
#[derive(Debug, Clone)]
pub struct ReleaseHistory {
    files: Vec<(Arc<HistoryFile>, Arc<FileLayout>)>,
    options: Arc<HistoryOptions>,
    warnings: Vec<String>,
    damaged: Vec<HistoryError>,
}

impl ReleaseHistory {
    /// Finds the files of `sources` (files, folders, patterns) and inspects their columns. `series` are
    /// the names of the needed series.
    ///
    /// Damaged files are left out if there are others; see [`ReleaseHistory::damaged`].
    ///
    /// # Errors
    /// If there is no file, if all files are damaged, or if one cannot be history. The check covers everything except
    /// the rows; in CSV files it covers the rows too.
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
                let schema = Arc::new(read::schema(&file, &options.columns)?);
                let layout = {
                    let local = options.zone.as_ref();
                    FileLayout::new(&file, &schema, &options.columns, local, series)?
                };
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
                let names = join_names(ignored);
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

    /// The errors of the files that were left out. Releases may lack their rows.
    pub fn damaged(&self) -> &[HistoryError] {
        &self.damaged
    }

    /// Warnings for people.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The files in reading order, with their sizes in bytes.
    pub fn files(&self) -> impl Iterator<Item = (&std::path::Path, u64)> {
        self.files.iter().map(|(file, _)| (file.path.as_path(), file.bytes))
    }

    /// The names of the roles.
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
