//! The source of an input.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use judge_points::table;
use serde_json::Value;

use super::error::{InputError, InputProblem};
use super::other_document::OtherDocument;

/// A file, a directory, or stdin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InputSource {
    /// Written as `-`.
    Stdin,
    /// Anything else.
    Path(PathBuf),
}

impl From<PathBuf> for InputSource {
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == "-" { Self::Stdin } else { Self::Path(path) }
    }
}

impl fmt::Display for InputSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("standard input"),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

/// Most bytes of an input: a stream without an end must not fill the memory.
const MOST_BYTES: u64 = 1 << 30;

impl InputSource {
    /// Opens it for reading.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + Send>, InputError> {
        Ok(match self {
            Self::Stdin => Box::new(io::stdin()),
            Self::Path(path) => {
                Box::new(File::open(path).map_err(|error| self.error(InputProblem::Io(error)))?)
            }
        })
    }

    /// Reads all of it, without a byte order mark. An empty input is an error, and so is one beyond [`MOST_BYTES`].
    pub(crate) fn read(&self) -> Result<Vec<u8>, InputError> {
        let mut bytes =
            read_at_most(MOST_BYTES, self.open()?).map_err(|problem| self.error(problem))?;
        if let Some(problem) = self.binary_problem(&bytes) {
            return Err(self.error(problem));
        }
        if bytes.starts_with(UTF8_BOM) {
            bytes.drain(..UTF8_BOM.len());
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(self.error(InputProblem::Empty));
        }
        Ok(bytes)
    }

    /// Recognizes binary files and explains what to do.
    pub(crate) fn binary_problem(&self, bytes: &[u8]) -> Option<InputProblem> {
        let packed = |by, program: &str| InputProblem::Packed {
            by,
            unpacked: format!("{program} {self} | judge … -"),
        };
        Some(match bytes {
            [0x1f, 0x8b, ..] => packed("gzip", "zcat"),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => packed("zstd", "zstdcat"),
            [b'P', b'K', 3, 4, ..] => {
                InputProblem::NoText("a zip archive, such as a workbook; save a sheet as CSV")
            }
            [b'P', b'A', b'R', b'1', ..] => {
                InputProblem::NoText("a Parquet file; judge retro --history reads it")
            }
            _ if table::is_utf16(bytes) => InputProblem::Utf16,
            _ => return None,
        })
    }

    /// Reads a document as JSON. A file called .yaml or .yml is YAML, and so is text with keys that is not JSON.
    pub(crate) fn read_document(&self) -> Result<Vec<u8>, InputError> {
        let bytes = self.read()?;
        let is_json = matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['));
        if is_json && !self.is_yaml() {
            return Ok(bytes);
        }
        match self.read_yaml(&bytes) {
            Ok(document) if self.is_yaml() || document.is_object() => serde_json::to_vec(&document)
                .map_err(|error| self.error(InputProblem::Yaml(error.to_string()))),
            Err(error) if self.is_yaml() => Err(error),
            Err(error @ InputError { problem: InputProblem::Other(_), .. }) => Err(error),
            _ => Ok(bytes),
        }
    }

    /// Whether its name says that it is YAML.
    fn is_yaml(&self) -> bool {
        match self {
            Self::Stdin => false,
            Self::Path(path) => path.extension().is_some_and(|ending| {
                ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml")
            }),
        }
    }

    fn read_yaml(&self, bytes: &[u8]) -> Result<Value, InputError> {
        let unread = |why: String| self.error(InputProblem::Yaml(why));
        let text = str::from_utf8(bytes).map_err(|error| unread(error.to_string()))?;
        let mut documents: Vec<Value> =
            serde_saphyr::from_multiple(text).map_err(|error| unread(in_one_line(&error)))?;
        match (documents.pop(), documents.first()) {
            (None, _) => Err(self.error(InputProblem::Empty)),
            (Some(only), None) => Ok(only),
            (Some(_), Some(first)) => Err(self.error(match OtherDocument::recognize(first) {
                Some(other) => InputProblem::Other(other),
                None => InputProblem::SeveralDocuments(documents.len() + 1),
            })),
        }
    }

    /// Its path, if it is a file.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdin => None,
            Self::Path(path) => Some(path),
        }
    }

    /// The canonical path, which is equal for all names of one file.
    pub(crate) fn canonical_path(&self) -> Option<PathBuf> {
        match self {
            Self::Stdin => None,
            Self::Path(path) => Some(path.canonicalize().unwrap_or_else(|_| path.clone())),
        }
    }

    /// `problem` with the name of this source.
    pub(crate) fn error(&self, problem: InputProblem) -> InputError {
        InputError { origin: self.to_string(), problem }
    }
}

fn read_at_most(most: u64, input: impl Read) -> Result<Vec<u8>, InputProblem> {
    let mut bytes = Vec::new();
    let read = input.take(most.saturating_add(1)).read_to_end(&mut bytes);
    match read {
        Ok(length) if u64::try_from(length).is_ok_and(|length| length <= most) => Ok(bytes),
        Ok(_) => Err(InputProblem::TooLarge(most)),
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => Err(InputProblem::Directory),
        Err(error) => Err(InputProblem::Io(error)),
    }
}

/// The problem and its position, without an excerpt of the text.
fn in_one_line(error: &serde_saphyr::Error) -> String {
    error.without_snippet().render_with_formatter(&serde_saphyr::UserMessageFormatter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_has_a_largest_size() {
        let most = 2 << 20;
        assert_eq!(read_at_most(most, io::repeat(b'x').take(most)).unwrap().len(), 2 << 20);
        let refused = read_at_most(most, io::repeat(b'x')).unwrap_err().to_string();
        assert!(refused.starts_with("expected at most 2 MiB, got more; "), "{refused}");
    }
}
