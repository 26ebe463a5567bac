//! Replaces a file by another content, atomically.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Size of the write buffer, in bytes.
const BUFFER_BYTES: usize = 1 << 20;

/// Replaces a file atomically by the output of `content`, or writes directly to a pipe or device.
///
/// # Errors
/// If `content` fails or the file cannot be written; then a file does not change.
pub fn replace<E: From<io::Error>>(
    path: &Path,
    content: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), E>,
) -> Result<(), E> {
    let target = target(path);
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    replace_by_way_of(folder, "", &target, content)
}

/// The file that `path` points to, if it is a link: we replace this file, and keep the link.
pub(crate) fn target(path: &Path) -> PathBuf {
    if path.is_symlink() {
        fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    } else {
        path.to_owned()
    }
}

/// Replaces a file atomically. Until it is finished, it is in `folder`, which must be on the same file system, under a
/// name that ends in `ending`.
pub(crate) fn replace_by_way_of<E: From<io::Error>>(
    folder: &Path,
    ending: &str,
    path: &Path,
    content: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), E>,
) -> Result<(), E> {
    let existing = fs::metadata(path).ok();
    if existing.as_ref().is_some_and(|existing| !existing.is_file()) {
        let mut out = BufWriter::new(File::options().write(true).open(path)?);
        content(&mut out)?;
        return Ok(out.flush()?);
    }
    let mut builder = tempfile::Builder::new();
    builder.suffix(ending);
    #[cfg(unix)]
    builder.permissions(existing.map_or_else(
        // The system subtracts the umask.
        || std::os::unix::fs::PermissionsExt::from_mode(0o666),
        |existing| existing.permissions(),
    ));
    let mut out = BufWriter::with_capacity(
        BUFFER_BYTES,
        builder.tempfile_in(folder).map_err(|error| no_file_in(folder, &error))?,
    );
    content(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The error if no temporary file can be made. Its own message would name that file, which nobody knows.
fn no_file_in(folder: &Path, error: &io::Error) -> io::Error {
    let kind = error.kind();
    io::Error::new(kind, format!("no file can be made in the folder {}: {kind}", folder.display()))
}
