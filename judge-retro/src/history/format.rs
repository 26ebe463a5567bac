//! The formats of history files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use judge_points::table;

/// What some programs write before text in UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A format of history files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Arrow IPC, the file format (Feather 2).
    Ipc,
    /// A Prometheus `query_range` response.
    Prometheus,
}

impl Format {
    /// Every format with its file extensions.
    pub(super) const EXTENSIONS: [(&str, Self); 10] = [
        ("parquet", Self::Parquet),
        ("pq", Self::Parquet),
        ("csv", Self::Csv),
        ("ndjson", Self::Ndjson),
        ("jsonl", Self::Ndjson),
        ("arrow", Self::Ipc),
        ("ipc", Self::Ipc),
        ("feather", Self::Ipc),
        ("json", Self::Prometheus),
        ("prom", Self::Prometheus),
    ];

    /// The format by the extension of a file's name; `None` if the extension is unknown.
    pub(super) fn from_name(path: &Path) -> Option<Self> {
        let extension = path.extension()?;
        let known =
            Self::EXTENSIONS.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known));
        known.map(|&(_, format)| format)
    }
}

/// The content of a file by its first bytes, since a name can mislead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Its format.
    Known(Format),
    /// Compressed as a whole, by the named program.
    Packed(&'static str),
    /// Text in UTF-16.
    Utf16,
    /// None of the known formats.
    Unknown,
}

impl Content {
    pub(super) fn detect(path: &Path) -> io::Result<Self> {
        let mut start = Vec::with_capacity(START);
        File::open(path)?.take(START as u64).read_to_end(&mut start)?;
        let text = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&start).trim_ascii_start();
        Ok(if start.starts_with(b"PAR1") {
            Self::Known(Format::Parquet)
        } else if start.starts_with(b"ARROW1") {
            Self::Known(Format::Ipc)
        } else if start.starts_with(b"\x1f\x8b") {
            Self::Packed("gzip")
        } else if start.starts_with(b"\x28\xb5\x2f\xfd") {
            Self::Packed("zstd")
        } else if table::is_utf16(&start) {
            Self::Utf16
        } else if text.starts_with(b"{") {
            let keys = ["\"status\"", "\"resultType\"", "\"data\""];
            let prometheus =
                keys.iter().any(|key| text.windows(key.len()).any(|part| part == key.as_bytes()));
            Self::Known(if prometheus { Format::Prometheus } else { Format::Ndjson })
        } else {
            Self::Unknown
        })
    }
}

/// Number of bytes that identify a format.
const START: usize = 4096;
