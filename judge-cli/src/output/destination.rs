//! The destination of a result.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice, StripStream};
use anyhow::Context;
use judge_output::replace;

/// Stdout or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Written as `-`.
    Stdout,
    /// Anything else.
    File(PathBuf),
}

impl From<PathBuf> for Destination {
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == "-" { Self::Stdout } else { Self::File(path) }
    }
}

impl Destination {
    /// Width of a line in columns; `None` if lines may have any length.
    pub(crate) fn width(&self) -> Option<u16> {
        match self {
            Self::Stdout if io::stdout().is_terminal() => comfy_table::Table::new().width(),
            _ => None,
        }
    }

    /// Writes all of `shown`, or fails and leaves the file unchanged. A closed stdout is not a failure, since the
    /// command may have other outputs.
    pub(crate) fn write(&self, shown: &[u8], color: ColorChoice) -> anyhow::Result<()> {
        match self {
            Self::Stdout => match write_stdout(shown, color) {
                Err(error) if reader_went_away(&error) => Ok(()),
                written => written,
            },
            Self::File(path) => {
                let shown = if color == ColorChoice::Always {
                    shown.to_owned()
                } else {
                    let mut plain = StripStream::new(Vec::new());
                    plain.write_all(shown)?;
                    plain.into_inner()
                };
                replace(path, |out| out.write_all(&shown))
                    .with_context(|| format!("cannot write {}", path.display()))
            }
        }
    }

    /// Writes bytes without changes.
    pub(crate) fn write_as_it_is(&self, bytes: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::Stdout => self.write(bytes, ColorChoice::AlwaysAnsi),
            Self::File(path) => replace(path, |out| out.write_all(bytes))
                .with_context(|| format!("cannot write {}", path.display())),
        }
    }
}

/// Writes all of `shown` to stdout.
pub(super) fn write_stdout(shown: &[u8], color: ColorChoice) -> anyhow::Result<()> {
    let mut stdout = AutoStream::new(io::stdout().lock(), color);
    stdout.write_all(shown).and_then(|()| stdout.flush()).context("cannot write to standard output")
}

/// Whether `error` only means that the reader of the output has stopped reading.
pub(crate) fn reader_went_away(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
