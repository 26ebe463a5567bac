//! Reads the files of a folder: `series.ndjson` and `faults.ndjson`, each plain or as `.gz`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use judge_core::MetricPair;
use thiserror::Error;

use super::fields::{LineError, LineFields};
use super::pairs::metric_pair;
use super::series::RealSeries;

/// Longest line in bytes: a million points or more. Without a limit, a small compressed file could exhaust the
/// memory.
const LONGEST_LINE: u64 = 1 << 24;

/// Why a folder cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A file or folder cannot be opened, read or decompressed.
    #[error("expected to read {path}, got: {error}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// The folder lacks the file, or has it in both forms.
    #[error("expected {name}.ndjson or {name}.ndjson.gz in {folder}, got {got}")]
    Files {
        /// The file's name without extension.
        name: &'static str,
        /// The folder.
        folder: PathBuf,
        /// The forms that it has.
        got: &'static str,
    },
    /// A line is malformed.
    #[error("{path}:{line}: {error}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// The problem.
        error: LineError,
    },
    /// A file without any line.
    #[error("{path}: expected one line or more, got none")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// The points of a service before a fault and during it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// The kind of fault. It is the entity that shares noise.
    pub fault: String,
    /// The repetition.
    pub run: String,
    /// The metric that the fault affects directly.
    pub hurt: String,
    /// Name, points before the fault, points during it.
    pub metrics: Vec<(String, Vec<f64>, Vec<f64>)>,
}

impl Fault {
    /// Reads one line of a fault file.
    ///
    /// # Errors
    /// If the line is not a JSON object with the fields of `docs/real-series.md`.
    pub fn parse(line: &[u8]) -> Result<Self, LineError> {
        let mut fields = LineFields::parse(line)?;
        let fault = fields.take_text("fault")?;
        let run = fields.take_text("run")?;
        let (service, what) = (fields.take_text("service")?, fields.take_text("what")?);
        let mut metrics = Vec::new();
        for (name, value) in fields.take_object("metrics")? {
            let mut sides = LineFields::new(value, &format!("metrics.{name}"))?;
            let (before, under) = (sides.take_points("normal")?, sides.take_points("anomalous")?);
            sides.finish("normal and anomalous")?;
            metrics.push((name, before, under));
        }
        fields.finish("fault, run, service, what and metrics")?;
        Ok(Self { fault, run, hurt: format!("{service}_{what}"), metrics })
    }

    /// Makes a pair for every metric with enough points: the last `points` before the fault are the baseline, the
    /// first ones during it the canary.
    pub fn pairs(&self, points: usize) -> Vec<MetricPair> {
        let pair = |(name, before, under): &(String, Vec<f64>, Vec<f64>)| {
            let before = before.get(before.len().checked_sub(points)?..)?.to_vec();
            Some(metric_pair(name, before, under.get(..points)?.to_vec(), true))
        };
        self.metrics.iter().filter_map(pair).collect()
    }
}

/// Reads the series of `folder`, in the order of the file.
///
/// # Errors
/// If the folder lacks the file or has both forms, a file cannot be read, or a line is malformed.
pub fn read_series(folder: &Path) -> Result<Vec<RealSeries>, ReadError> {
    let path = find(folder, "series")?.ok_or_else(|| ReadError::Files {
        name: "series",
        folder: folder.to_owned(),
        got: "neither",
    })?;
    read_lines(&path, RealSeries::parse)
}

/// Reads the faults of `folder`; none if it lacks the file.
///
/// # Errors
/// As [`read_series`], except that the file may be missing.
pub fn read_faults(folder: &Path) -> Result<Vec<Fault>, ReadError> {
    find(folder, "faults")?.map_or_else(|| Ok(Vec::new()), |path| read_lines(&path, Fault::parse))
}

/// Finds the file `name`, compressed or not.
fn find(folder: &Path, name: &'static str) -> Result<Option<PathBuf>, ReadError> {
    let exists = |path: &Path| {
        path.try_exists().map_err(|error| ReadError::Io { path: path.to_owned(), error })
    };
    let plain = folder.join(format!("{name}.ndjson"));
    let compressed = folder.join(format!("{name}.ndjson.gz"));
    match (exists(&plain)?, exists(&compressed)?) {
        (false, false) => Ok(None),
        (true, false) => Ok(Some(plain)),
        (false, true) => Ok(Some(compressed)),
        (true, true) => Err(ReadError::Files { name, folder: folder.to_owned(), got: "both" }),
    }
}

fn read_lines<T>(
    path: &Path,
    parse: impl Fn(&[u8]) -> Result<T, LineError>,
) -> Result<Vec<T>, ReadError> {
    let io_error = |error| ReadError::Io { path: path.to_owned(), error };
    let file = File::open(path).map_err(io_error)?;
    let mut reader: Box<dyn BufRead> = if path.extension().is_some_and(|ending| ending == "gz") {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    };
    let (mut read, mut bytes) = (Vec::new(), Vec::new());
    for line in 1.. {
        bytes.clear();
        let bytes_read = reader.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut bytes);
        if bytes_read.map_err(io_error)? == 0 {
            break;
        }
        let line_error = |error| ReadError::Line { path: path.to_owned(), line, error };
        if bytes.len() as u64 > LONGEST_LINE {
            let expected = format!("a line of at most {LONGEST_LINE} bytes");
            return Err(line_error(LineError::new("", expected, "a longer one")));
        }
        if !bytes.trim_ascii().is_empty() {
            read.push(parse(&bytes).map_err(line_error)?);
        }
    }
    if read.is_empty() { Err(ReadError::Empty { path: path.to_owned() }) } else { Ok(read) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const LINE: &str = r#"{"kind":"solo","source":"S","entity":"e","metric":"m","x":[1,2]}"#;

    type NamedBytes<'a> = (&'a str, &'a [u8]);

    fn compressed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// The result of reading a folder with these files: the number of series, or the message.
    fn read(files: &[NamedBytes]) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let series = read_series(folder.path()).map_err(|error| error.to_string())?;
        Ok(series.len())
    }

    #[test]
    fn plain_and_compressed_files_are_read() {
        let two = format!("{LINE}\n\n{LINE}");
        assert_eq!(read(&[("series.ndjson", two.as_bytes())]), Ok(2));
        // Concatenated gzip members, as parallel compressors write them.
        let members = [compressed(two.as_bytes()), compressed(b"\n"), compressed(LINE.as_bytes())];
        assert_eq!(read(&[("series.ndjson.gz", &members.concat())]), Ok(3));
    }

    #[test]
    fn errors_name_the_file_and_the_line() {
        let second = format!("{LINE}\n{{\"kind\":\"solo\",\"x\":[true]}}\n");
        let zipped = compressed(LINE.as_bytes());
        let cases: [(&[NamedBytes], &str); 8] = [
            (&[], "got neither"),
            (&[("series.ndjson", b"{}"), ("series.ndjson.gz", b"")], "got both"),
            (&[("series.ndjson", b"\n \n")], "series.ndjson: expected one line or more, got none"),
            (
                &[("series.ndjson", second.as_bytes())],
                "series.ndjson:2: x[0]: expected a finite number or null, got true",
            ),
            (&[("series.ndjson", b"\xff\xfe\n")], "series.ndjson:1: expected a JSON object on one"),
            (&[("series.ndjson", &[b'['; 5000])], "series.ndjson:1: expected a JSON object on one"),
            (&[("series.ndjson.gz", b"plain")], "expected to read"),
            (&[("series.ndjson.gz", &zipped[..zipped.len() / 2])], "expected to read"),
        ];
        for (files, message) in cases {
            let error = read(files).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
        let missing = read_series(Path::new("no such folder")).unwrap_err().to_string();
        assert!(missing.ends_with("in no such folder, got neither"), "{missing}");
    }

    #[test]
    fn a_line_has_a_limit() {
        let long = vec![b' '; usize::try_from(LONGEST_LINE).unwrap() + 1];
        let error = read(&[("series.ndjson.gz", &compressed(&long))]).unwrap_err();
        assert!(error.ends_with("a line of at most 16777216 bytes, got a longer one"), "{error}");
    }

    #[test]
    fn any_bytes_are_an_error_or_series() {
        let mut random = crate::random::Random::new(7);
        let mut line = LINE.as_bytes().to_vec();
        for _ in 0..3000 {
            let at = random.below(line.len());
            line[at] = u8::try_from(random.below(256)).unwrap();
            let _ = RealSeries::parse(&line).map_err(|error| error.to_string());
            if random.chance(0.2) {
                line = LINE.as_bytes().to_vec();
            }
        }
    }

    #[test]
    fn faults_are_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_faults(folder.path()).unwrap(), []);
        let write = |text: &str| std::fs::write(folder.path().join("faults.ndjson"), text).unwrap();
        let metrics =
            r#"{"carts_cpu":{"normal":[1,2],"anomalous":[3]},"m":{"normal":[],"anomalous":[4]}}"#;
        let line = |metrics: &str| {
            format!(
                r#"{{"fault":"f","run":"1","service":"carts","what":"cpu","metrics":{metrics}}}"#
            )
        };
        write(&line(metrics));
        let faults = read_faults(folder.path()).unwrap();
        assert_eq!(faults[0].hurt, "carts_cpu");
        let pairs = faults[0].pairs(1);
        assert_eq!((pairs.len(), pairs[0].name.as_str()), (1, "carts_cpu"));
        let (baseline, canary) = (&pairs[0].baseline, &pairs[0].canary);
        assert_eq!((&*baseline.values, &*canary.values), ([2.0].as_slice(), [3.0].as_slice()));
        assert_eq!(faults[0].pairs(2), []);
        write(&line(r#"{"m":{"normal":[1]}}"#));
        let error = read_faults(folder.path()).unwrap_err().to_string();
        let expected = "faults.ndjson:1: metrics.m.anomalous: expected a list of numbers and nulls";
        assert!(error.contains(expected), "{error}");
    }
}
