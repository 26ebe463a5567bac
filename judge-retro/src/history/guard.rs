//! Turns panics of polars into errors.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use super::error::{FileProblem, HistoryError};
use super::files::HistoryFile;

/// polars panics where a feature is not compiled in; a file that has a column of such a type is
/// broken for us.
pub(super) fn guarded<T>(
    file: &HistoryFile,
    read: impl FnOnce() -> Result<T, HistoryError>,
) -> Result<T, HistoryError> {
    panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let reason = "the reader gave up; write the file with plain columns".to_owned();
        Err(file.error(FileProblem::Broken { format: file.format, reason }))
    })
}

/// Whether a panic is of polars. Where a history is read those are caught and become errors of files, but
/// the process's panic hook sees them first: a program that does not want them on its stderr leaves
/// them out there.
pub fn is_caught(panicked: &PanicHookInfo) -> bool {
    panicked.location().is_some_and(|at| at.file().contains("/polars"))
}
