//! An unfinished file, kept in parts beside its final path.
//!
//! While `history.parquet` is made, `history.parquet.parts/` contains the finished parts, one file each, and
//! `settings.json`, on which they depend. The settings are written before the first part and removed before it: parts
//! without settings do not count. So a run may be killed at any step.

mod claim;
mod error;
mod part_file;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::replace::{replace_by_way_of, target};
use claim::{Claim, PART, SETTINGS, UNFINISHED};
pub use error::{JoinError, PartsError};

/// The parts of an unfinished file. `Note` is what the caller wants to know of each part when a run continues.
#[derive(Debug)]
pub struct OutputParts<Note> {
    output: PathBuf,
    claim: Claim,
    /// Folder of the parts if the output is a pipe or a device, which cannot be resumed.
    _passing: Option<tempfile::TempDir>,
    settings: Value,
    notes: BTreeMap<usize, Note>,
}

impl<Note: Serialize + DeserializeOwned> OutputParts<Note> {
    /// Begins `output`, or continues it if `resume`. `settings` is an object with everything that the parts depend on,
    /// by names for people.
    ///
    /// # Errors
    /// If another run is writing `output`; if parts exist and `resume` is false; if they have other settings; if one of
    /// them was cut or changed.
    pub fn open(output: &Path, settings: Value, resume: bool) -> Result<Self, PartsError> {
        let output = target(output);
        let passing = fs::metadata(&output).is_ok_and(|existing| !existing.is_file());
        let passing = if passing {
            let folder = tempfile::tempdir();
            Some(folder.map_err(|source| PartsError::Write { path: env::temp_dir(), source })?)
        } else {
            None
        };
        let folder = if let Some(folder) = &passing {
            folder.path().join("parts")
        } else {
            let mut name = output.as_os_str().to_owned();
            name.push(".parts");
            PathBuf::from(name)
        };
        let claim = Claim::acquire(&folder)?;
        let mut parts = Self { output, claim, _passing: passing, settings, notes: BTreeMap::new() };
        let Some(then) = settings::read(&parts.path(SETTINGS))? else {
            parts.remove_files(|_| true)?;
            return Ok(parts);
        };
        parts.remove_files(|name| name.ends_with(UNFINISHED))?;
        let numbers = parts.numbers()?;
        if numbers.is_empty() {
            return Ok(parts);
        }
        if !resume {
            return Err(PartsError::Unfinished { parts: folder });
        }
        settings::check(&folder, &then, &parts.settings)?;
        for number in numbers {
            let (note, _) = part_file::read(&parts.path(&part_name(number)))?;
            parts.notes.insert(number, note);
        }
        Ok(parts)
    }

    /// The numbers and notes of the finished parts, in order. A number is missing if its file was removed.
    pub fn notes(&self) -> impl Iterator<Item = (usize, &Note)> {
        self.notes.iter().map(|(&number, note)| (number, note))
    }

    /// Writes a part, atomically; replaces the one of this number.
    ///
    /// # Errors
    /// If it cannot be written; other parts stay.
    pub fn add(&mut self, number: usize, note: Note, content: &[u8]) -> Result<(), PartsError> {
        if self.notes.is_empty() {
            let settings = self.settings.to_string();
            self.write(SETTINGS, |out| out.write_all(settings.as_bytes()))?;
        }
        self.write(&part_name(number), |out| part_file::write(out, &note, content))?;
        self.notes.insert(number, note);
        Ok(())
    }

    /// The content of a part.
    ///
    /// # Errors
    /// If the part was cut or changed after it was written.
    pub fn read(&self, number: usize) -> Result<Vec<u8>, PartsError> {
        part_file::read::<Note>(&self.path(&part_name(number))).map(|(_, content)| content)
    }

    /// Writes the output, atomically. `content` writes it from the parts that it reads.
    ///
    /// # Errors
    /// If the output cannot be written; then the file of that name does not change and the parts stay.
    pub fn join(
        &self,
        content: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), JoinError>,
    ) -> Result<(), PartsError> {
        let joined = replace_by_way_of(self.claim.folder(), UNFINISHED, &self.output, content);
        joined.map_err(|error| match error {
            JoinError::Parts(error) => error,
            JoinError::Io(source) => PartsError::Write { path: self.output.clone(), source },
        })
    }

    /// Removes all parts.
    ///
    /// # Errors
    /// If they cannot be removed.
    pub fn remove(self) -> Result<(), PartsError> {
        let path = self.path(SETTINGS);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(PartsError::Write { path, source });
            }
            _ => {}
        }
        self.remove_files(|_| true)
    }

    fn remove_files(&self, which: impl Fn(&str) -> bool) -> Result<(), PartsError> {
        let removed = self.claim.remove_files(which);
        removed.map_err(|source| PartsError::Write { path: self.claim.folder().to_owned(), source })
    }

    fn numbers(&self) -> Result<Vec<usize>, PartsError> {
        let names = self.claim.file_names();
        let names = names
            .map_err(|source| PartsError::Read { path: self.claim.folder().to_owned(), source })?;
        let numbers = names.iter().filter_map(|name| name.strip_suffix(PART)?.parse().ok());
        Ok(numbers.collect())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.claim.folder().join(name)
    }

    fn write(
        &self,
        name: &str,
        content: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
    ) -> Result<(), PartsError> {
        let path = self.path(name);
        replace_by_way_of(self.claim.folder(), UNFINISHED, &path, content)
            .map_err(|source| PartsError::Write { path, source })
    }
}

fn part_name(number: usize) -> String {
    format!("{number:06}{PART}")
}
