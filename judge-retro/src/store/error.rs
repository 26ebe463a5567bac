//! Why output was not begun, continued or finished.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why output was not begun, continued or finished.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The system would not.
    #[error("cannot write {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is something to go on with, and it was not asked for.
    #[error(
        "{} holds {releases} releases of a run that was stopped: go on with --resume, or remove it to \
         begin anew", .parts.display()
    )]
    Unfinished {
        /// The parts.
        parts: PathBuf,
        /// Releases in them.
        releases: usize,
    },
    /// Another run is at it.
    #[error(
        "{} is being written by another run: wait for its end, or give another output",
        .parts.display()
    )]
    InUse {
        /// The parts.
        parts: PathBuf,
    },
    /// What there is belongs to another run.
    #[error(
        "{} cannot be gone on with: {what} was {was} and is {is}; ask for the same as then, or remove \
         it to begin anew", .parts.display()
    )]
    Changed {
        /// The parts.
        parts: PathBuf,
        /// What has changed.
        what: String,
        /// What it was when they were written.
        was: String,
        /// What it is now.
        is: String,
    },
}
