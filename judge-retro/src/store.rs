//! Unfinished output of judgements: a hundred releases per part. The final output is the concatenation of the parts, so its
//! bytes do not depend on interruptions.

use std::path::Path;

use serde_json::Value;

use crate::frame::ParquetFrame;
use judge_output::{JoinError, OutputParts, PartsError};
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
    /// The frames, each with the lines of its releases.
    parts: OutputParts<Vec<ReleaseLine>>,
    lines: Vec<ReleaseLine>,
    /// Number of finished parts.
    finished: usize,
}

impl Store {
    /// Begins `output`, or continues it if `resume`. `settings` is an object with everything that the output depends
    /// on.
    ///
    /// # Errors
    /// As [`OutputParts::open`].
    pub fn open(output: &Path, settings: Value, resume: bool) -> Result<Self, PartsError> {
        let parts = OutputParts::<Vec<ReleaseLine>>::open(output, settings, resume)?;
        // The releases are judged in order: parts after a missing one are made again.
        let finished = parts.notes().zip(0..).take_while(|((number, _), at)| number == at).count();
        let lines = parts.notes().take(finished).flat_map(|(_, lines)| lines).cloned().collect();
        Ok(Self { parts, lines, finished })
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
    pub fn add(&mut self, frame: &[u8], lines: Vec<ReleaseLine>) -> Result<(), PartsError> {
        self.parts.add(self.finished, lines.clone(), frame)?;
        self.lines.extend(lines);
        self.finished += 1;
        Ok(())
    }

    /// Joins the parts under the output's name, atomically, and removes them.
    ///
    /// # Errors
    /// If the output cannot be written; then the file of that name does not change and the parts stay.
    pub fn finish(self, format: &FrameFormat) -> Result<Vec<ReleaseLine>, PartsError> {
        let frames = (0..self.finished).map(|part| self.parts.read(part));
        self.parts.join(|out| -> Result<(), JoinError> {
            match format {
                FrameFormat::Text { header } => {
                    out.write_all(header.as_bytes())?;
                    for frame in frames {
                        out.write_all(&frame?)?;
                    }
                }
                FrameFormat::Parquet => {
                    let mut joined = ParquetFrame::new(&mut *out)?;
                    for frame in frames {
                        joined.add(&frame?)?;
                    }
                    joined.finish()?;
                }
            }
            Ok(())
        })?;
        self.parts.remove()?;
        Ok(self.lines)
    }
}

#[cfg(test)]
mod tests;
