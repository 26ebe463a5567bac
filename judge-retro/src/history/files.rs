//! Finds the files of a history.

use std::fs;
use std::path::{Component, Path, PathBuf};

use judge_points::csv_reader::CsvTable;

use super::error::{FileProblem, HistoryError};
use super::format::{Content, Format};

/// One file of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HistoryFile {
    pub(crate) path: PathBuf,
    pub(crate) format: Format,
    /// `key=value` folders on its path, outermost first.
    pub(crate) partitions: Vec<(String, String)>,
    pub(crate) bytes: u64,
    /// The checked table of a CSV file.
    pub(super) csv: Option<CsvTable>,
}

impl HistoryFile {
    /// The value of the folder `key=…` on its path; the innermost wins.
    pub(crate) fn partition(&self, key: &str) -> Option<&str> {
        let found = self.partitions.iter().rev().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn error(&self, problem: FileProblem) -> HistoryError {
        HistoryError::file(&self.path, problem)
    }
}

/// Finds the files of `sources`, each source in order of path, without duplicates.
///
/// A source is a file, a folder, or a pattern with `*`, `**`, `?` or `[]`. A folder contributes all files with a
/// known extension, at any depth. Files and folders whose name starts with `.` or `_` are skipped, as in Hive and
/// Spark. The inner errors concern single files.
pub(crate) fn expand(
    sources: &[PathBuf],
    format: Option<Format>,
) -> Result<Vec<Result<HistoryFile, HistoryError>>, HistoryError> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for source in sources {
        let mut found = if source.is_dir() {
            let mut found = Vec::new();
            walk(source, format, &mut found)?;
            found
        } else if source.exists() {
            vec![source.clone()]
        } else {
            matching(source, format)?
        };
        if found.is_empty() {
            return Err(HistoryError::NoFiles { named: source.clone() });
        }
        found.sort();
        paths.append(&mut found);
    }
    let mut seen = std::collections::BTreeSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    Ok(paths.into_iter().map(|path| describe(path, format)).collect())
}

fn matching(pattern: &Path, format: Option<Format>) -> Result<Vec<PathBuf>, HistoryError> {
    let missing = || HistoryError::NoFiles { named: pattern.to_owned() };
    let text = pattern.to_str().ok_or_else(missing)?;
    if !text.contains(['*', '?', '[']) {
        return Err(HistoryError::Missing { named: pattern.to_owned() });
    }
    let wrong = |error: glob::PatternError| HistoryError::Pattern {
        pattern: text.to_owned(),
        reason: error.msg,
    };
    let mut found = Vec::new();
    for entry in glob::glob(text).map_err(wrong)? {
        let path = entry.map_err(|error| {
            HistoryError::file(error.path(), FileProblem::Io(error.error().to_string()))
        })?;
        if path.is_dir() {
            walk(&path, format, &mut found)?;
        } else if !is_hidden(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

fn walk(
    folder: &Path,
    format: Option<Format>,
    found: &mut Vec<PathBuf>,
) -> Result<(), HistoryError> {
    let io = |error: std::io::Error| HistoryError::file(folder, FileProblem::Io(error.to_string()));
    for entry in fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if is_hidden(&path) {
            continue;
        }
        if path.is_dir() {
            walk(&path, format, found)?;
        } else if format.is_some() || Format::from_name(&path).is_some() {
            found.push(path);
        }
    }
    Ok(())
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.as_encoded_bytes();
        name.starts_with(b".") || name.starts_with(b"_")
    })
}

fn describe(path: PathBuf, format: Option<Format>) -> Result<HistoryFile, HistoryError> {
    let io = |error: std::io::Error| HistoryError::file(&path, FileProblem::Io(error.to_string()));
    let metadata = fs::metadata(&path).map_err(io)?;
    if !metadata.is_file() {
        return Err(HistoryError::file(&path, FileProblem::NotAFile));
    }
    if metadata.len() == 0 {
        return Err(HistoryError::file(&path, FileProblem::Empty));
    }
    let named = Format::from_name(&path);
    let format = match (Content::detect(&path).map_err(io)?, format) {
        (Content::Packed(by), _) => {
            return Err(HistoryError::file(&path, FileProblem::Packed { by }));
        }
        (Content::Utf16, _) => return Err(HistoryError::file(&path, FileProblem::Utf16)),
        // A row of NDJSON may have columns with the names of Prometheus's fields.
        (Content::Known(Format::Prometheus), None) if named == Some(Format::Ndjson) => {
            Format::Ndjson
        }
        (_, Some(format)) | (Content::Known(format), None) => format,
        (Content::Unknown, None) => {
            named.ok_or_else(|| HistoryError::file(&path, FileProblem::UnknownFormat))?
        }
    };
    let csv = match format {
        Format::Csv => Some(
            CsvTable::scan(fs::File::open(&path).map_err(io)?)
                .map_err(|unread| HistoryError::file(&path, FileProblem::from_csv(unread)))?,
        ),
        _ => None,
    };
    let partitions = path
        .parent()
        .into_iter()
        .flat_map(Path::components)
        .filter_map(|component| match component {
            Component::Normal(name) => name.to_str()?.split_once('='),
            _ => None,
        })
        .map(|(key, value)| (key.to_owned(), unescape(value)))
        .collect();
    Ok(HistoryFile { bytes: metadata.len(), format, partitions, csv, path })
}

/// Decodes `%3A` and other escapes in a folder's value, as Hive writes them.
fn unescape(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(sources: &[PathBuf]) -> Result<Vec<HistoryFile>, HistoryError> {
        expand(sources, None)?.into_iter().collect()
    }

    #[test]
    fn folders_and_patterns_become_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in
            ["b.csv", "a.csv", ".hidden.csv", "notes.txt", "release=v%3A1/role=canary/c.csv"]
        {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), "x").unwrap();
        }
        let names = |source: &str| -> Vec<String> {
            let files = whole(&[at(source)]).unwrap();
            let relative = |file: &HistoryFile| {
                file.path.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned()
            };
            files.iter().map(relative).collect()
        };
        assert_eq!(names(""), ["a.csv", "b.csv", "release=v%3A1/role=canary/c.csv"]);
        assert_eq!(names("*.csv"), ["a.csv", "b.csv"]);
        assert_eq!(names("**/*.csv"), ["a.csv", "b.csv", "release=v%3A1/role=canary/c.csv"]);
        let both = whole(&[at("b.csv"), at("*.csv")]).unwrap();
        assert_eq!(both.len(), 2, "no file twice");
        assert_eq!(both[0].path, at("b.csv"));
        let file = &whole(&[at("release=v%3A1")]).unwrap()[0];
        assert_eq!(file.partition("release"), Some("v:1"));
        assert_eq!(file.partition("role"), Some("canary"));
        assert_eq!(file.partition("metric"), None);
    }

    #[test]
    fn a_missing_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir(at("empty")).unwrap();
        fs::write(at("nothing.csv"), "").unwrap();
        fs::write(at("noise.bin"), "x").unwrap();
        for (source, part) in [
            ("missing.csv", "no such file"),
            ("/dev/null", "expected a regular file or a folder, got a pipe or a device"),
            ("*.parquet", "no history file found"),
            ("empty", "no history file found"),
            ("[", "not a pattern"),
            ("nothing.csv", "the file is empty"),
            ("noise.bin", "unknown format"),
        ] {
            let error = whole(&[at(source)]).unwrap_err().to_string();
            assert!(error.contains(part), "{source}: {error}");
        }
        let stdin = whole(&["-".into()]).unwrap_err().to_string();
        assert_eq!(stdin, "-: no such file or folder; standard input is not read, so give a file");
    }
}
