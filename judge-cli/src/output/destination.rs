//! The destination of a result.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, IntoInnerError, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice, StripStream};
use anyhow::Context;

/// Size of the write buffer, in bytes.
const BUFFER_BYTES: usize = 1 << 20;

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

/// Replaces a file atomically by the output of `content`, or writes directly to a pipe or device.
pub(crate) fn replace(
    path: &Path,
    content: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> io::Result<()> {
    // If the path is a link, we replace the file that it points to and keep the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let existing = fs::metadata(&target).ok();
    if existing.as_ref().is_some_and(|existing| !existing.is_file()) {
        let mut out = BufWriter::new(File::options().write(true).open(&target)?);
        content(&mut out)?;
        return out.flush();
    }
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let file = tempfile::Builder::new()
        .permissions(existing.map_or_else(new_file, |existing| existing.permissions()))
        .tempfile_in(directory)?;
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, file);
    content(&mut out)?;
    let file = out.into_inner().map_err(IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// Permissions of a new file; the system applies the umask.
#[cfg(unix)]
fn new_file() -> Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

/// Whether `error` only means that the reader of the output has stopped reading.
pub(crate) fn reader_went_away(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
