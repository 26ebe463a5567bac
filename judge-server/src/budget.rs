//! A bound on the bytes of requests that are in memory at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::refusal::{Refusal, Resource};

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    limit: usize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit })
    }

    /// Bytes reserved now.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) -> Result<(), Refusal> {
        let fits = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.limit);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .map(drop)
            .map_err(|_| Refusal::Overloaded(Resource::Bytes))
    }
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
        self.budget.take(bytes)?;
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
        self.budget.used.fetch_sub(*self.held.get_mut(), Ordering::Relaxed);
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
}
