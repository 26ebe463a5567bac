//! What polars does where it cannot go on.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use super::error::{FileProblem, HistoryError};
use super::files::HistoryFile;

/// polars panics where a feature is not compiled in; a file that has a column of such a type is
/// broken for us.
pub(super) fn guarded<T>(
    file: &HistoryFile,
    read: impl FnOnce() -> Result<T, HistoryError>,
) -> Result<T, HistoryError> {
    static QUIET: Once = Once::new();
    QUIET.call_once(keep_quiet);
    panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let reason = "the reader gave up; write the file with plain columns".to_owned();
        Err(file.error(FileProblem::Broken { format: file.format, reason }))
    })
}

/// From now on panics of polars are not told on stderr: they become errors of files.
fn keep_quiet() {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panicked: &PanicHookInfo| {
        let of_polars = panicked.location().is_some_and(|at| at.file().contains("/polars"));
        if !of_polars {
            tell(panicked);
        }
    }));
}
