//! A bound on the bytes of requests and answers that are in memory at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::pool::LARGE_BYTES;
use crate::refusal::{Refusal, Resource};

/// What an answer counts as at least, since its call, its headers and its frames take room too.
pub(crate) const ANSWER_BYTES: usize = 16 * 1024;

/// What all requests and answers share.
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
        if bytes == 0 {
            return;
        }
        let large = large_part(held) - large_part(held - bytes);
        if large > 0 {
            self.large.fetch_sub(large, Ordering::Relaxed);
        }
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

/// Bytes that one request or its answer holds, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    /// Behind a lock, as a judgement that nobody waits for any more may end while its call does.
    held: Mutex<usize>,
}

impl Reservation {
    pub(crate) fn none(budget: &Arc<Budget>) -> Self {
        Self { budget: Arc::clone(budget), held: Mutex::new(0) }
    }

    /// One that holds nothing, of the same budget.
    pub(crate) fn another(&self) -> Self {
        Self::none(&self.budget)
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        // Nothing that could panic runs under the lock.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds `bytes` more.
    ///
    /// # Errors
    /// When the budget is used up.
    pub(crate) fn grow(&self, bytes: usize) -> Result<(), Refusal> {
        let mut held = self.lock();
        self.budget.take(*held, bytes)?;
        *held += bytes;
        Ok(())
    }

    /// Holds `bytes` at least: for a message that was compressed and is not any more.
    ///
    /// # Errors
    /// When the budget is used up.
    pub(crate) fn grow_to(&self, bytes: usize) -> Result<(), Refusal> {
        let mut held = self.lock();
        let missing = bytes.saturating_sub(*held);
        self.budget.take(*held, missing)?;
        *held += missing;
        Ok(())
    }

    /// Holds `bytes` at most.
    pub(crate) fn shrink_to(&self, bytes: usize) {
        let mut held = self.lock();
        let excess = held.saturating_sub(bytes);
        self.budget.give_back(*held, excess);
        *held -= excess;
    }

    /// Holds the `bytes` of an answer, instead of those of its request.
    ///
    /// # Errors
    /// When the budget is used up.
    pub(crate) fn exchange(&self, bytes: usize) -> Result<(), Refusal> {
        self.shrink_to(bytes);
        self.grow_to(bytes)
    }

    /// A reservation of its own for what is held so far.
    pub(crate) fn split(&self) -> Self {
        self.split_off(usize::MAX)
    }

    /// A reservation of its own for `bytes` of what is held so far, or for all if that is less.
    pub(crate) fn split_off(&self, bytes: usize) -> Self {
        let split = self.another();
        let mut held = self.lock();
        let part = bytes.min(*held);
        let after = large_part(part) + large_part(*held - part);
        let shrunk = large_part(*held) - after;
        if shrunk > 0 {
            self.budget.large.fetch_sub(shrunk, Ordering::Relaxed);
        }
        *held -= part;
        *split.lock() = part;
        drop(held);
        split
    }

    /// Holds what `other` does too.
    pub(crate) fn absorb(&self, other: &Self) {
        let moved = std::mem::take(&mut *other.lock());
        let mut held = self.lock();
        let before = large_part(*held) + large_part(moved);
        *held += moved;
        let grown = large_part(*held) - before;
        if grown > 0 {
            self.budget.large.fetch_add(grown, Ordering::Relaxed);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink_to(0);
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
    fn answers_take_the_place_of_requests() {
        let budget = Budget::new(4 * LARGE_BYTES);
        let call = Reservation::none(&budget);
        call.grow(3 * LARGE_BYTES).unwrap();
        assert!(call.exchange(3 * LARGE_BYTES + 1).is_err());
        call.exchange(LARGE_BYTES).unwrap();
        assert_eq!((budget.used(), budget.large.load(Ordering::Relaxed)), (LARGE_BYTES, 0));
        let stream = Reservation::none(&budget);
        stream.absorb(&call);
        assert_eq!(*call.lock(), 0);
        // Together they are large.
        call.grow(1).unwrap();
        stream.absorb(&call);
        assert_eq!(*stream.lock(), LARGE_BYTES + 1);
        assert_eq!(budget.large.load(Ordering::Relaxed), LARGE_BYTES + 1);
        let part = stream.split_off(9);
        assert_eq!((*part.lock(), *stream.lock()), (9, LARGE_BYTES - 8));
        assert_eq!((budget.used(), budget.large.load(Ordering::Relaxed)), (LARGE_BYTES + 1, 0));
        drop((call, stream, part));
        assert_eq!((budget.used(), budget.large.load(Ordering::Relaxed)), (0, 0));
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
