//! The file of one part: a line with size and checksum of the rest, a line with the note, and the content.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::PartsError;

/// Size and checksum of what follows the first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Seal {
    bytes: usize,
    /// CRC-32: finds damage and edits, but not forgery.
    crc32: u32,
}

impl Seal {
    fn new(pieces: &[&[u8]]) -> Self {
        let mut hasher = crc32fast::Hasher::new();
        for piece in pieces {
            hasher.update(piece);
        }
        Self { bytes: pieces.iter().map(|piece| piece.len()).sum(), crc32: hasher.finalize() }
    }
}

pub(super) fn write(
    out: &mut (dyn Write + Send),
    note: &impl Serialize,
    content: &[u8],
) -> io::Result<()> {
    let mut line = serde_json::to_vec(note)?;
    line.push(b'\n');
    serde_json::to_writer(&mut *out, &Seal::new(&[&line, content]))?;
    for piece in [b"\n", line.as_slice(), content] {
        out.write_all(piece)?;
    }
    Ok(())
}

/// Reads the note and the content of a part.
pub(super) fn read<Note: DeserializeOwned>(path: &Path) -> Result<(Note, Vec<u8>), PartsError> {
    let bytes = fs::read(path);
    let mut bytes = bytes.map_err(|source| PartsError::Read { path: path.to_owned(), source })?;
    let damaged = |problem: String| PartsError::Damaged { part: path.to_owned(), problem };
    let end =
        |from: usize| bytes[from..].iter().position(|&byte| byte == b'\n').map(|at| from + at);
    let sealed =
        end(0).and_then(|end| Some((end + 1, serde_json::from_slice(&bytes[..end]).ok()?)));
    let Some((rest, seal)): Option<(usize, Seal)> = sealed else {
        return Err(damaged("expected a line with its size and checksum, got none".to_owned()));
    };
    let got = Seal::new(&[&bytes[rest..]]);
    if got.bytes != seal.bytes {
        let (expected, got) = (rest.saturating_add(seal.bytes), bytes.len());
        return Err(damaged(format!("expected {expected} bytes, got {got}")));
    }
    if got != seal {
        let (expected, got) = (seal.crc32, got.crc32);
        return Err(damaged(format!("expected the checksum {expected:08x}, got {got:08x}")));
    }
    let content = end(rest).map_or(bytes.len(), |end| end + 1);
    let note = serde_json::from_slice(&bytes[rest..content])
        .map_err(|error| damaged(format!("its second line is of another version: {error}")))?;
    bytes.drain(..content);
    Ok((note, bytes))
}
