//! Unfinished output, stored in parts beside its final path.
//!
//! While `judgements.csv` is written, `judgements.csv.parts/` contains the finished parts, a hundred releases per
//! file. A run that was interrupted or killed continues from there. The final output is the concatenation of the
//! parts, so its bytes do not depend on interruptions.

mod claim;
mod error;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::frame::ParquetFrame;
use claim::{Claim, SETTINGS, UNFINISHED};
pub use error::StoreError;
use judge_replay::ReleaseLine;

/// Number of releases in a part.
pub const RELEASES_PER_PART: usize = 100;

/// Format of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameFormat {
    /// Text: the header, then the parts.
    Text {
        /// Text before the first part.
        header: String,
    },
    /// Parquet, one row group per part.
    Parquet,
}

/// An unfinished output file.
#[derive(Debug)]
pub struct Store {
    output: PathBuf,
    parts: PathBuf,
    claim: Claim,
    /// Folder of the parts if the output is a pipe or a device, which cannot be resumed.
    _passing: Option<tempfile::TempDir>,
    settings: Value,
    lines: Vec<ReleaseLine>,
    /// Number of parts on disk.
    finished: usize,
}

impl Store {
    /// Begins `output`, or continues it if `resume`. `settings` is an object with everything that the output depends
    /// on.
    ///
    /// # Errors
    /// If another run is writing it, or if parts exist and `resume` is false, or if they have other
    /// settings.
    pub fn open(output: &Path, settings: Value, resume: bool) -> Result<Self, StoreError> {
        let passing = fs::metadata(output).is_ok_and(|existing| !existing.is_file());
        let passing = if passing {
            let folder = tempfile::tempdir();
            Some(folder.map_err(|source| StoreError::Io { path: std::env::temp_dir(), source })?)
        } else {
            None
        };
        let parts = if let Some(folder) = &passing {
            folder.path().join("parts")
        } else {
            let mut name = output.as_os_str().to_owned();
            name.push(".parts");
            PathBuf::from(name)
        };
        let mut store = Self {
            output: output.to_owned(),
            claim: Claim::acquire(&parts)?,
            parts,
            _passing: passing,
            settings,
            lines: Vec::new(),
            finished: 0,
        };
        store.read_back()?;
        if store.finished == 0 {
            // Later parts may be left of a run that was killed while it removed them.
            store.remove_parts()?;
            return Ok(store);
        }
        if !resume {
            let releases = store.lines.len();
            return Err(StoreError::Unfinished { parts: store.parts, releases });
        }
        store.check_settings()?;
        Ok(store)
    }

    /// Number of finished releases.
    pub fn done(&self) -> usize {
        self.lines.len()
    }

    /// The lines of the finished releases, in order.
    pub fn lines(&self) -> &[ReleaseLine] {
        &self.lines
    }

    /// Adds a part: the rows of some releases, and their summary lines.
    ///
    /// # Errors
    /// If it cannot be written; earlier parts stay.
    pub fn add(&mut self, frame: &[u8], mut lines: Vec<ReleaseLine>) -> Result<(), StoreError> {
        if self.finished == 0 {
            self.write(SETTINGS, self.settings.to_string().as_bytes())?;
        }
        let mut text = Vec::new();
        for line in &lines {
            serde_json::to_writer(&mut text, line).map_err(|error| self.error(error.into()))?;
            text.push(b'\n');
        }
        self.write(&frame_name(self.finished), frame)?;
        // We write the lines last, because they mark a part as finished.
        self.write(&lines_name(self.finished), &text)?;
        self.finished += 1;
        self.lines.append(&mut lines);
        Ok(())
    }

    /// Joins the parts under the output's name, atomically, and removes them.
    ///
    /// # Errors
    /// If the output cannot be written; then the file of that name does not change and the parts stay.
    pub fn finish(self, format: &FrameFormat) -> Result<Vec<ReleaseLine>, StoreError> {
        let put_together = || -> io::Result<()> {
            replace(&self.output, |out| match format {
                FrameFormat::Text { header } => {
                    out.write_all(header.as_bytes())?;
                    for part in 0..self.finished {
                        let mut part = fs::File::open(self.parts.join(frame_name(part)))?;
                        io::copy(&mut part, out)?;
                    }
                    Ok(())
                }
                FrameFormat::Parquet => {
                    let mut frame = ParquetFrame::new(&mut *out)?;
                    for part in 0..self.finished {
                        frame.add(&fs::read(self.parts.join(frame_name(part)))?)?;
                    }
                    frame.finish()
                }
            })
        };
        put_together().map_err(|error| self.error(error))?;
        self.remove_parts()?;
        Ok(self.lines)
    }

    /// Removes all parts. The lines of the first part go first: without them no part counts as finished, so a run
    /// that is killed here leaves nothing that `resume` would continue.
    fn remove_parts(&self) -> Result<(), StoreError> {
        let io = |source| StoreError::Io { path: self.parts.clone(), source };
        match fs::remove_file(self.parts.join(lines_name(0))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        self.claim.empty().map_err(io)
    }

    fn read_back(&mut self) -> Result<(), StoreError> {
        loop {
            let path = self.parts.join(lines_name(self.finished));
            let text = match fs::read_to_string(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                text => text.map_err(|source| StoreError::Io { path: path.clone(), source })?,
            };
            for line in text.lines() {
                let line = serde_json::from_str(line).map_err(|error| StoreError::Changed {
                    parts: self.parts.clone(),
                    what: format!("{}", path.display()),
                    was: "written by this command".to_owned(),
                    is: format!("not readable: {error}"),
                })?;
                self.lines.push(line);
            }
            self.finished += 1;
        }
    }

    fn check_settings(&self) -> Result<(), StoreError> {
        let path = self.parts.join(SETTINGS);
        let text = fs::read_to_string(&path).map_err(|source| StoreError::Io { path, source })?;
        let then: Value = serde_json::from_str(&text).unwrap_or_default();
        let names = self.settings.as_object().into_iter().flatten().map(|(name, _)| name);
        for name in names {
            let (was, is) = (&then[name], &self.settings[name]);
            if was != is {
                let [was, is] = differing_parts(was, is);
                let (parts, what) = (self.parts.clone(), name.clone());
                return Err(StoreError::Changed { parts, what, was, is });
            }
        }
        Ok(())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.parts.join(name);
        replace(&path, |out| out.write_all(bytes)).map_err(|source| StoreError::Io { path, source })
    }

    fn error(&self, source: io::Error) -> StoreError {
        StoreError::Io { path: self.output.clone(), source }
    }
}

fn frame_name(part: usize) -> String {
    format!("{part:06}.frame")
}

fn lines_name(part: usize) -> String {
    format!("{part:06}.lines")
}

/// The longest part of a setting that an error quotes, in characters.
const LONGEST_SETTING: usize = 60;
/// Characters that an error quotes before the first difference of long settings.
const BEFORE_DIFFERENCE: usize = 20;

/// Both settings as text; of long ones, the part where they begin to differ.
fn differing_parts(was: &Value, is: &Value) -> [String; 2] {
    let texts = [was, is].map(|value| value.to_string().chars().collect::<Vec<char>>());
    let [was, is] = &texts;
    let same = was.iter().zip(is).take_while(|(one, other)| one == other).count();
    let long = texts.iter().any(|text| text.len() > LONGEST_SETTING);
    let start = if long { same.saturating_sub(BEFORE_DIFFERENCE) } else { 0 };
    texts.map(|text| {
        let shown: String = text.iter().skip(start).take(LONGEST_SETTING).collect();
        let before = if start > 0 { "..." } else { "" };
        let after = if text.len() > start + LONGEST_SETTING { "..." } else { "" };
        format!("{before}{shown}{after}")
    })
}

/// Writes a file atomically via a temporary file, or writes directly to a device.
fn replace(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> io::Result<()> {
    // If the path is a link, we replace the file that it points to and keep the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let existing = fs::metadata(&target).ok();
    if existing.as_ref().is_some_and(|existing| !existing.is_file()) {
        let mut out = io::BufWriter::new(fs::File::options().write(true).open(&target)?);
        write(&mut out)?;
        return out.flush();
    }
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.suffix(UNFINISHED);
    #[cfg(unix)]
    builder.permissions(existing.map_or_else(
        // The system subtracts the umask.
        || std::os::unix::fs::PermissionsExt::from_mode(0o666),
        |existing| existing.permissions(),
    ));
    let file = builder.tempfile_in(directory)?;
    let mut out = io::BufWriter::with_capacity(1 << 20, file);
    write(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests;
