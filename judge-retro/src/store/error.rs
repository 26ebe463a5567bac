//! Why output was not begun, continued or finished.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why output was not begun, continued or finished.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file cannot be written.
    #[error("cannot write {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The problem.
        source: io::Error,
    },
    /// An interrupted run left parts, and the user did not request `--resume`.
    #[error(
        "{} holds {releases} releases of an interrupted run; continue it with --resume, or remove the \
         folder to start over", .parts.display()
    )]
    Unfinished {
        /// The parts.
        parts: PathBuf,
        /// Number of releases in them.
        releases: usize,
    },
    /// Another run is writing the same output.
    #[error(
        "another run is writing {}; wait until it ends, or choose another output",
        .parts.display()
    )]
    InUse {
        /// The parts.
        parts: PathBuf,
    },
    /// The parts were made with other settings.
    #[error(
        "cannot resume {}: {what} was {was} and is now {is}; use the same settings, or remove the folder \
         to start over", .parts.display()
    )]
    Changed {
        /// The parts.
        parts: PathBuf,
        /// The changed setting.
        what: String,
        /// Its value when the parts were written.
        was: String,
        /// Its value now.
        is: String,
    },
}
