//! The releases fetched so far: a file for each, in a folder beside the output.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::FetchError;
use super::fetched_release::FetchedRelease;
use crate::input::{ListedRelease, millis};
use crate::output::replace;

/// File with the [`HistoryOrigin`] of all parts.
const ORIGIN: &str = "origin.json";
/// File that the writing run locks.
const LOCK: &str = "lock";
const PART: &str = "part";

/// What all parts have in common: queries and sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HistoryOrigin {
    /// The queries of the config, with their templates.
    pub(super) queries: String,
    /// The sources: name, kind and URL, without credentials.
    pub(super) sources: Vec<String>,
}

/// The parts of a history. The first line of each is the request that fetched it.
pub(super) struct ReleaseParts {
    folder: PathBuf,
    /// The path of each part, by its request.
    by_request: BTreeMap<String, PathBuf>,
    next: usize,
    /// Locked while it is open.
    _lock: File,
}

impl ReleaseParts {
    /// Opens the folder beside `output`.
    pub(super) fn open(
        output: &Path,
        origin: &HistoryOrigin,
        resume: bool,
    ) -> Result<Self, FetchError> {
        let mut name = output.as_os_str().to_owned();
        name.push(".parts");
        let folder = PathBuf::from(name);
        fs::create_dir_all(&folder).map_err(|source| path_error(&folder, source))?;
        let lock = File::create(folder.join(LOCK)).map_err(|source| path_error(&folder, source))?;
        lock.try_lock().map_err(|_| FetchError::Locked(folder.clone()))?;
        let mut parts = Self { by_request: BTreeMap::new(), next: 0, folder, _lock: lock };
        parts.read_back().map_err(|source| path_error(&parts.folder, source))?;
        let path = parts.folder.join(ORIGIN);
        if parts.by_request.is_empty() {
            write(&path, |out| Ok(serde_json::to_writer(out, origin)?))?;
            return Ok(parts);
        }
        if !resume {
            return Err(FetchError::Unfinished { releases: parts.done(), parts: parts.folder });
        }
        let text = fs::read_to_string(&path).map_err(|source| path_error(&path, source))?;
        let then: HistoryOrigin =
            serde_json::from_str(&text).map_err(|_| FetchError::Damaged(path))?;
        if then.sources != origin.sources {
            let (then, now) = (then.sources.join(", "), origin.sources.join(", "));
            return Err(FetchError::OtherSources { parts: parts.folder, then, now });
        }
        if then.queries != origin.queries {
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
            let mut request = String::new();
            BufReader::new(File::open(&path)?).read_line(&mut request)?;
            self.by_request.insert(request.trim_end().to_owned(), path);
        }
        Ok(())
    }

    /// Number of stored releases.
    pub(super) fn done(&self) -> usize {
        self.by_request.len()
    }

    /// The path of a release, if it was fetched with the request that the list has now.
    pub(super) fn path(&self, release: &ListedRelease) -> Option<&Path> {
        self.by_request.get(&request_line(release)).map(PathBuf::as_path)
    }

    /// Stores a release, atomically.
    pub(super) fn keep(
        &mut self,
        release: &ListedRelease,
        found: &FetchedRelease,
    ) -> Result<(), FetchError> {
        let request = request_line(release);
        let path = self.folder.join(format!("{:06}.{PART}", self.next));
        write(&path, |out| {
            out.write_all(request.as_bytes())?;
            out.write_all(b"\n")?;
            Ok(serde_json::to_writer(out, found)?)
        })?;
        self.next += 1;
        self.by_request.insert(request, path);
        Ok(())
    }

    /// Removes the folder with all parts.
    pub(super) fn remove(self) -> Result<(), FetchError> {
        fs::remove_dir_all(&self.folder).map_err(|source| path_error(&self.folder, source))
    }
}

/// Reads a part that [`ReleaseParts::keep`] wrote.
pub(super) fn read(path: &Path) -> Result<FetchedRelease, FetchError> {
    let text = fs::read_to_string(path).map_err(|source| path_error(path, source))?;
    let found = text.split_once('\n').and_then(|(_, found)| serde_json::from_str(found).ok());
    found.ok_or_else(|| FetchError::Damaged(path.to_owned()))
}

/// Everything that a release's series depend on, as one line.
fn request_line(release: &ListedRelease) -> String {
    let scopes = &release.scopes;
    let params: BTreeMap<&String, Value> =
        scopes.params.iter().map(|(name, value)| (name, json!(value))).collect();
    json!([
        release.name,
        release.window.0,
        release.window.1,
        millis(scopes.step),
        millis(scopes.baseline_offset),
        scopes.baseline_scope,
        scopes.canary_scope,
        scopes.location,
        params,
        scopes.compat.is_some(),
    ])
    .to_string()
}

pub(super) fn path_error(path: &Path, source: io::Error) -> FetchError {
    FetchError::Io { path: path.to_owned(), source }
}

/// Writes a file atomically.
pub(super) fn write(
    path: &Path,
    content: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> Result<(), FetchError> {
    replace(path, content).map_err(|source| path_error(path, source))
}
