//! Bytes that one call holds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::shares::Share;
use super::{Budget, Part, large_part};
use crate::convert::refusal::Refusal;

/// Bytes that one call or its answer holds, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    part: Part,
    share: Option<Share>,
    /// Behind a lock, as a judgement that nobody waits for any more may end while its call does.
    held: Mutex<usize>,
}

impl Reservation {
    pub(super) fn new(budget: &Arc<Budget>, part: Part, share: Option<Share>) -> Self {
        Self { budget: Arc::clone(budget), part, share, held: Mutex::new(0) }
    }

    /// One that holds nothing, of the same budget and caller.
    pub(crate) fn another(&self) -> Self {
        Self::new(&self.budget, self.part, self.share.clone())
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(super) fn part(&self) -> Part {
        self.part
    }

    pub(super) fn share(&self) -> Option<&Share> {
        self.share.as_ref()
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        // Nothing that could panic runs under the lock.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds `bytes` more.
    ///
    /// # Errors
    /// When the budget is used up, or what its caller may have of it.
    pub(crate) fn grow(&self, bytes: usize) -> Result<(), Refusal> {
        let mut held = self.lock();
        self.budget.take(self.part, self.share(), *held, bytes)?;
        *held += bytes;
        Ok(())
    }

    /// Holds `bytes` at least.
    ///
    /// # Errors
    /// As [`Self::grow`].
    pub(crate) fn grow_to(&self, bytes: usize) -> Result<(), Refusal> {
        let mut held = self.lock();
        let missing = bytes.saturating_sub(*held);
        self.budget.take(self.part, self.share(), *held, missing)?;
        *held += missing;
        Ok(())
    }

    /// Holds `bytes` at most.
    pub(crate) fn shrink_to(&self, bytes: usize) {
        let mut held = self.lock();
        let excess = held.saturating_sub(bytes);
        self.budget.give_back(self.part, self.share(), *held, excess);
        *held -= excess;
    }

    /// Holds the `bytes` of an answer, instead of those of its request.
    ///
    /// # Errors
    /// As [`Self::grow`].
    pub(crate) fn exchange(&self, bytes: usize) -> Result<(), Refusal> {
        self.shrink_to(bytes);
        self.grow_to(bytes)
    }

    /// A reservation of its own for what is held so far.
    pub(crate) fn split(&self) -> Self {
        let split = self.another();
        *split.lock() = std::mem::take(&mut *self.lock());
        split
    }

    /// Holds what `other` of the same part and caller does too.
    pub(crate) fn absorb(&self, other: &Self) {
        let moved = std::mem::take(&mut *other.lock());
        let mut held = self.lock();
        let (before, after) = (large_part(*held) + large_part(moved), large_part(*held + moved));
        self.budget.recount_large(self.part, before, after);
        *held += moved;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}
