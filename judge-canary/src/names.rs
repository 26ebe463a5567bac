//! Names that callers give, which databases index.

use crate::error::CanaryError;

/// Bytes that a name may have: an index of PostgreSQL takes 2,700 of all of its columns.
const MOST: usize = 1000;

/// # Errors
/// If `text` is too long to be kept as what it is called.
pub(crate) fn check(what: &str, text: &str) -> Result<(), CanaryError> {
    if text.len() <= MOST {
        return Ok(());
    }
    let found = text.len();
    Err(CanaryError::Argument(format!("{what}: expected at most {MOST} bytes, got {found}")))
}
