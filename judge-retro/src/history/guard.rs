//! Turns panics of the libraries that read files into errors.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

use super::error::{FileProblem, HistoryError};
use super::files::HistoryFile;

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Restores the thread's flag when dropped.
struct Caught {
    before: bool,
}

impl Caught {
    fn begin() -> Self {
        Self { before: CAUGHT.replace(true) }
    }
}

impl Drop for Caught {
    fn drop(&mut self) {
        CAUGHT.set(self.before);
    }
}

/// Calls `read` and turns a panic in it into an error of `file`. A reader should return an error for unexpected
/// bytes. If one panics, we report the file as damaged.
pub(super) fn guarded<T>(
    file: &HistoryFile,
    read: impl FnOnce() -> Result<T, HistoryError>,
) -> Result<T, HistoryError> {
    let caught = Caught::begin();
    let result = panic::catch_unwind(AssertUnwindSafe(read));
    drop(caught);
    result.unwrap_or_else(|_| {
        let reason = "the reader gave up; write the file with plain columns".to_owned();
        Err(file.error(FileProblem::Broken { format: file.format, reason }))
    })
}

/// Whether a panic on this thread, at this moment, becomes an error of a file. The process's panic hook still runs
/// first: a program can call this function in its hook to keep the panic out of its stderr.
pub fn catches_panics() -> bool {
    CAUGHT.get()
}
