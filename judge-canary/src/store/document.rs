//! Documents as they are stored: JSON, compressed.

use std::io::BufReader;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::KeepError;
use crate::large::without_delay;

/// zstd's own default.
const LEVEL: i32 = 3;
/// Bytes of a document for each of its bytes in the store, about.
const PACKED: usize = 16;

pub(super) fn pack(what: &'static str, document: &impl Serialize) -> Result<Vec<u8>, KeepError> {
    let unreadable = |why: String| KeepError::Unreadable { what, why };
    let json = serde_json::to_vec(document).map_err(|error| unreadable(error.to_string()))?;
    zstd::encode_all(json.as_slice(), LEVEL).map_err(|error| unreadable(error.to_string()))
}

pub(super) fn unpack<T: DeserializeOwned>(
    what: &'static str,
    packed: &[u8],
) -> Result<T, KeepError> {
    let unreadable = |why: String| KeepError::Unreadable { what, why };
    without_delay(packed.len().saturating_mul(PACKED), || {
        let json = zstd::decode_all(packed).map_err(|error| unreadable(error.to_string()))?;
        serde_json::from_slice(&json).map_err(|error| unreadable(error.to_string()))
    })
}

/// Reads a document without holding its whole text in memory; slower than [`unpack`].
pub(super) fn unpack_in_pieces<T: DeserializeOwned>(
    what: &'static str,
    packed: &[u8],
) -> Result<T, KeepError> {
    let unreadable = |why: String| KeepError::Unreadable { what, why };
    without_delay(packed.len().saturating_mul(PACKED), || {
        let json = zstd::Decoder::with_buffer(packed);
        let json = BufReader::new(json.map_err(|error| unreadable(error.to_string()))?);
        serde_json::from_reader(json).map_err(|error| unreadable(error.to_string()))
    })
}

/// Many documents, which may be large together.
pub(super) fn unpack_all<T: DeserializeOwned>(
    what: &'static str,
    packed: &[Vec<u8>],
) -> Result<Vec<T>, KeepError> {
    let bytes: usize = packed.iter().map(Vec::len).sum();
    without_delay(bytes.saturating_mul(PACKED), || {
        packed.iter().map(|packed| unpack(what, packed)).collect()
    })
}
