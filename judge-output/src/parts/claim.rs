//! A lock on a folder of parts: one run at a time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::PartsError;

/// A locked folder of parts. The system releases the lock when the process ends, for whatever reason.
#[derive(Debug)]
pub(super) struct Claim {
    folder: PathBuf,
    _lock: File,
}

/// The file that is locked.
const LOCK: &str = "lock";

/// File with the settings of a run.
pub(super) const SETTINGS: &str = "settings.json";

/// Ending of parts.
pub(super) const PART: &str = ".part";

/// Ending of files that are not finished.
pub(super) const UNFINISHED: &str = ".unfinished";

/// Endings of the files that runs write.
const WRITTEN: [&str; 3] = [PART, SETTINGS, UNFINISHED];

impl Claim {
    /// Creates the folder if it is missing, and locks it.
    pub(super) fn acquire(folder: &Path) -> Result<Self, PartsError> {
        let path = folder.join(LOCK);
        let io = |source| PartsError::Write { path: folder.to_owned(), source };
        loop {
            match fs::create_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(io(error));
                }
                _ => {}
            }
            let opened = File::options().create(true).truncate(false).write(true).open(&path);
            let lock = match opened {
                // The previous owner just removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened.map_err(io)?,
            };
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(PartsError::InUse { parts: folder.to_owned() });
                }
                Err(TryLockError::Error(error)) => return Err(io(error)),
            }
            if still_there(&lock, &path) {
                return Ok(Self { folder: folder.to_owned(), _lock: lock });
            }
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The names of the files that runs wrote.
    pub(super) fn file_names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let Ok(name) = entry?.file_name().into_string() else { continue };
            if WRITTEN.iter().any(|ending| name.ends_with(ending)) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// Removes those files that runs wrote and whose names `which` has chosen. Dropping the claim removes the folder if
    /// it is empty.
    pub(super) fn remove_files(&self, which: impl Fn(&str) -> bool) -> io::Result<()> {
        for name in self.file_names()?.iter().filter(|name| which(name)) {
            fs::remove_file(self.folder.join(name))?;
        }
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // A folder with parts stays. If an error leaves the lock file behind, it locks nothing.
        let _ = fs::remove_file(self.folder.join(LOCK));
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Whether the locked file is still the one at `path`. Another process may have removed it between opening and
/// locking.
#[cfg(unix)]
fn still_there(lock: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(ours), Ok(theirs)) = (lock.metadata(), fs::metadata(path)) else { return false };
    (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino())
}

/// On other systems an open file cannot be removed.
#[cfg(not(unix))]
fn still_there(_lock: &File, _path: &Path) -> bool {
    true
}
