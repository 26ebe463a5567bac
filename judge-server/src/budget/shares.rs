//! The quota of single callers: the bytes that each of them holds.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

use super::part::Part;

/// With more callers than this, those that hold nothing are forgotten.
const REMEMBERED: usize = 1024;

/// The bytes that one caller holds of one part.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallerShare(pub(super) Arc<AtomicUsize>);

/// The callers seen so far.
#[derive(Debug, Default)]
pub(super) struct Shares(Mutex<HashMap<(Part, String), CallerShare>>);

impl Shares {
    /// The share of a caller, which all its reservations count towards.
    pub(super) fn share(&self, part: Part, caller: &str) -> CallerShare {
        // Nothing that could panic runs under the lock.
        let mut shares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shares.len() > REMEMBERED {
            shares.retain(|_, share| Arc::strong_count(&share.0) > 1);
        }
        shares.entry((part, caller.to_owned())).or_default().clone()
    }
}
