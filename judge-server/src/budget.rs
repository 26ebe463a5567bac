//! A bound on the bytes of requests that are in memory at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::pool::LARGE_BYTES;
use crate::refusal::{Refusal, Resource};

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    /// Those of the used that large requests hold.
    large: AtomicUsize,
    limit: usize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), large: AtomicUsize::new(0), limit })
    }

    /// Bytes reserved now.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Takes `bytes`, by which a request that holds `held` grows. Large requests get three quarters
    /// at most: they take long to arrive and wait long, and where they had all, small ones would be
    /// refused for as long.
    fn take(&self, held: usize, bytes: usize) -> Result<(), Refusal> {
        let large = large_part(held.saturating_add(bytes)) - large_part(held);
        take(&self.large, large, self.limit - self.limit / 4)?;
        take(&self.used, bytes, self.limit).inspect_err(|_| {
            self.large.fetch_sub(large, Ordering::Relaxed);
        })
    }

    /// Gives back `bytes`, by which a request that held `held` shrinks.
    fn give_back(&self, held: usize, bytes: usize) {
        let large = large_part(held) - large_part(held - bytes);
        self.large.fetch_sub(large, Ordering::Relaxed);
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// What of the `held` bytes of one request counts as large: all or nothing.
fn large_part(held: usize) -> usize {
    if held > LARGE_BYTES { held } else { 0 }
}

fn take(used: &AtomicUsize, bytes: usize, limit: usize) -> Result<(), Refusal> {
    if bytes == 0 {
        return Ok(());
    }
    let fits = |used: usize| used.checked_add(bytes).filter(|used| *used <= limit);
    used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
        .map(drop)
        .map_err(|_| Refusal::Overloaded(Resource::Bytes))
}

/// Bytes that one request holds, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    held: AtomicUsize,
}

impl Reservation {
    pub(crate) fn none(budget: &Arc<Budget>) -> Self {
        Self { budget: Arc::clone(budget), held: AtomicUsize::new(0) }
    }

    /// Bytes held now.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Holds `bytes` more.
    ///
    /// # Errors
    /// When the budget is used up.
    pub(crate) fn grow(&self, bytes: usize) -> Result<(), Refusal> {
        self.budget.take(self.held(), bytes)?;
        self.held.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Holds `bytes` at least: for a message that was compressed and is not any more.
    ///
    /// # Errors
    /// When the budget is used up.
    pub(crate) fn grow_to(&self, bytes: usize) -> Result<(), Refusal> {
        let missing = bytes.saturating_sub(self.held());
        if missing == 0 { Ok(()) } else { self.grow(missing) }
    }

    /// A reservation of its own for what is held so far: one message of a stream.
    pub(crate) fn split(&self) -> Self {
        let held = AtomicUsize::new(self.held.swap(0, Ordering::Relaxed));
        Self { budget: Arc::clone(&self.budget), held }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.give_back(self.held(), self.held());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_to_the_byte_and_gives_back() {
        let budget = Budget::new(10);
        let first = Reservation::none(&budget);
        first.grow(6).unwrap();
        first.grow_to(4).unwrap();
        let second = Reservation::none(&budget);
        assert!(second.grow(5).is_err());
        second.grow(4).unwrap();
        drop(first.split());
        assert_eq!(budget.used(), 4);
        drop((first, second));
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn large_requests_leave_a_quarter() {
        let budget = Budget::new(4 * LARGE_BYTES);
        let first = Reservation::none(&budget);
        first.grow(LARGE_BYTES).unwrap();
        first.grow(LARGE_BYTES / 2).unwrap();
        let second = Reservation::none(&budget);
        // Not large yet, so whatever is left is for it.
        second.grow(LARGE_BYTES).unwrap();
        second.grow(LARGE_BYTES / 2).unwrap();
        assert!(second.grow(1).is_err());
        let third = Reservation::none(&budget);
        third.grow(LARGE_BYTES).unwrap();
        drop(second.split());
        assert!(
            third.grow(LARGE_BYTES).is_err(),
            "more than the large may have together with the first"
        );
        third.grow(LARGE_BYTES / 2).unwrap();
        drop((first, second, third));
        assert_eq!(budget.used(), 0);
        assert_eq!(budget.large.load(Ordering::Relaxed), 0);
    }
}
