//! One run at a time in a folder of parts.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// A folder of parts that no other run can have at the same time. The system gives it back when the
/// process ends, however that happens.
#[derive(Debug)]
pub(super) struct Claim {
    folder: PathBuf,
    _lock: File,
}

/// Locked as long as somebody works in the folder.
const LOCK: &str = "lock";

/// What a run depends on, by name.
pub(super) const SETTINGS: &str = "settings.json";

/// How the name of a file ends that is not put in its place yet.
pub(super) const UNFINISHED: &str = ".part";

/// How the names of files end that runs write.
const WRITTEN: [&str; 4] = [".frame", ".lines", SETTINGS, UNFINISHED];

impl Claim {
    /// Makes the folder where it is missing, and claims it.
    pub(super) fn acquire(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(LOCK);
        let io = |source| StoreError::Io { path: folder.to_owned(), source };
        loop {
            match fs::create_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(io(error));
                }
                _ => {}
            }
            let opened = File::options().create(true).truncate(false).write(true).open(&path);
            let lock = match opened {
                // Whoever had the folder has just removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened.map_err(io)?,
            };
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(StoreError::InUse { parts: folder.to_owned() });
                }
                Err(TryLockError::Error(error)) => return Err(io(error)),
            }
            if still_there(&lock, &path) {
                return Ok(Self { folder: folder.to_owned(), _lock: lock });
            }
        }
    }

    /// Removes what runs have written there, and nothing else; the folder itself goes with the claim.
    pub(super) fn empty(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if WRITTEN.iter().any(|ending| name.as_encoded_bytes().ends_with(ending.as_bytes())) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // A folder with parts stays; a lock that stays because of an error is nobody's.
        let _ = fs::remove_file(self.folder.join(LOCK));
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Whether the file that was locked is the one that others would lock: it may have been removed between
/// opening and locking.
#[cfg(unix)]
fn still_there(lock: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(ours), Ok(theirs)) = (lock.metadata(), fs::metadata(path)) else { return false };
    (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino())
}

/// Elsewhere a file that is open stays.
#[cfg(not(unix))]
fn still_there(_lock: &File, _path: &Path) -> bool {
    true
}
