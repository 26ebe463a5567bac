//! What is fetched so far: a file for each release, in a folder beside the output.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::FetchError;
use super::found::FetchedRelease;
use crate::input::{ListedRelease, millis};
use crate::output::replace;

/// The queries that all parts were fetched with.
const QUERIES: &str = "queries";
/// Held by the run that writes.
const LOCK: &str = "lock";
const PART: &str = "part";

/// The parts of a history. Each begins with a line that says what was asked for.
pub(super) struct ReleaseParts {
    folder: PathBuf,
    /// By what was asked for.
    known: BTreeMap<String, PathBuf>,
    next: usize,
    /// Locked as long as it is open.
    _lock: File,
}

impl ReleaseParts {
    /// Opens the folder beside `output`.
    pub(super) fn open(output: &Path, queries: &str, resume: bool) -> Result<Self, FetchError> {
        let mut name = output.as_os_str().to_owned();
        name.push(".parts");
        let folder = PathBuf::from(name);
        fs::create_dir_all(&folder).map_err(|source| of_path(&folder, source))?;
        let lock = File::create(folder.join(LOCK)).map_err(|source| of_path(&folder, source))?;
        lock.try_lock().map_err(|_| FetchError::Locked(folder.clone()))?;
        let mut parts = Self { known: BTreeMap::new(), next: 0, folder, _lock: lock };
        parts.read_back().map_err(|source| of_path(&parts.folder, source))?;
        let with = parts.folder.join(QUERIES);
        if parts.known.is_empty() {
            write(&with, |out| out.write_all(queries.as_bytes()))?;
        } else if !resume {
            return Err(FetchError::Unfinished { releases: parts.done(), parts: parts.folder });
        } else if fs::read_to_string(&with).is_ok_and(|then| then != queries) {
            return Err(FetchError::OtherQueries { parts: parts.folder });
        }
        Ok(parts)
    }

    fn read_back(&mut self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|ending| ending != PART) {
                continue;
            }
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<usize>().ok());
            self.next = self.next.max(number.map_or(0, |number| number + 1));
            let mut asked = String::new();
            BufReader::new(File::open(&path)?).read_line(&mut asked)?;
            self.known.insert(asked.trim_end().to_owned(), path);
        }
        Ok(())
    }

    /// How many releases are kept.
    pub(super) fn done(&self) -> usize {
        self.known.len()
    }

    /// Where a release is, if it was fetched with what the list says now.
    pub(super) fn path(&self, release: &ListedRelease) -> Option<&Path> {
        self.known.get(&asked(release)).map(PathBuf::as_path)
    }

    /// Keeps a release: whole, or not at all.
    pub(super) fn keep(
        &mut self,
        release: &ListedRelease,
        found: &FetchedRelease,
    ) -> Result<(), FetchError> {
        let asked = asked(release);
        let path = self.folder.join(format!("{:06}.{PART}", self.next));
        write(&path, |out| {
            out.write_all(asked.as_bytes())?;
            out.write_all(b"\n")?;
            Ok(serde_json::to_writer(out, found)?)
        })?;
        self.next += 1;
        self.known.insert(asked, path);
        Ok(())
    }

    /// Removes all of it.
    pub(super) fn remove(self) -> Result<(), FetchError> {
        fs::remove_dir_all(&self.folder).map_err(|source| of_path(&self.folder, source))
    }
}

/// Reads a part that [`ReleaseParts::keep`] wrote.
pub(super) fn read(path: &Path) -> Result<FetchedRelease, FetchError> {
    let text = fs::read_to_string(path).map_err(|source| of_path(path, source))?;
    let found = text.split_once('\n').and_then(|(_, found)| serde_json::from_str(found).ok());
    found.ok_or_else(|| FetchError::Damaged(path.to_owned()))
}

/// What is asked for of a release, in a line.
fn asked(release: &ListedRelease) -> String {
    let of = &release.of;
    let params: BTreeMap<&String, Value> =
        of.params.iter().map(|(name, value)| (name, json!(value))).collect();
    json!([
        release.name,
        release.window.0,
        release.window.1,
        millis(of.step),
        millis(of.baseline_offset),
        of.baseline_scope,
        of.canary_scope,
        of.location,
        params,
        of.compat.is_some(),
    ])
    .to_string()
}

pub(super) fn of_path(path: &Path, source: io::Error) -> FetchError {
    FetchError::Io { path: path.to_owned(), source }
}

/// Writes a file whole, or not at all.
pub(super) fn write(
    path: &Path,
    content: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> Result<(), FetchError> {
    replace(path, content).map_err(|source| of_path(path, source))
}
