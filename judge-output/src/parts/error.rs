//! Why output was not begun, continued or finished.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why output was not begun, continued or finished.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PartsError {
    /// A file cannot be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The problem.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The problem.
        source: io::Error,
    },
    /// An interrupted run left parts, and the caller did not ask to continue it.
    #[error(
        "{} has parts of an interrupted run; continue it with --resume, or remove the folder to start over",
        .parts.display()
    )]
    Unfinished {
        /// The parts.
        parts: PathBuf,
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
        "cannot resume {}: {what} was {was} and is now {is}; use the same settings, or remove the folder to start \
         over", .parts.display()
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
    /// The settings of the parts cannot be read.
    #[error(
        "{} was changed after it was written; remove its folder to start over", .path.display()
    )]
    Settings {
        /// The settings.
        path: PathBuf,
        /// The problem.
        source: serde_json::Error,
    },
    /// A part was cut or changed after it was written.
    #[error(
        "{} was changed after it was written: {problem}; remove this file, and --resume makes it again",
        .part.display()
    )]
    Damaged {
        /// The part.
        part: PathBuf,
        /// What differs.
        problem: String,
    },
}

/// Why parts were not joined.
#[derive(Debug, Error)]
pub enum JoinError {
    /// A part cannot be read.
    #[error(transparent)]
    Parts(#[from] PartsError),
    /// The output cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}
