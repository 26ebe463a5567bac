//! Checks names that callers give, and that databases index or compare with a pattern.

use crate::error::CanaryError;

/// Most bytes of a name: an index of PostgreSQL takes 2,700 bytes of all its columns, and a pattern of SQLite 50,000.
const MOST: usize = 1000;

/// # Errors
/// If `text` is too long.
pub(crate) fn check(what: &str, text: &str) -> Result<(), CanaryError> {
    if text.len() <= MOST {
        return Ok(());
    }
    let found = text.len();
    Err(CanaryError::Argument(format!("{what}: expected at most {MOST} bytes, got {found}")))
}
