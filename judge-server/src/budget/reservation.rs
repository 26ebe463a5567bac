//! Bytes that one call holds.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;

use super::ledger::{Budget, CallerShare, Part, large_part};
use crate::convert::refusal::Refusal;

/// Bytes that one call or its answer holds, released when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    part: Part,
    share: Option<CallerShare>,
    /// Behind a lock, because an abandoned judgement may end at the same time as its call.
    held: Mutex<usize>,
}

impl Budget {
    /// Reserves `bytes` for a call of `caller`; without a caller, no share applies.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        part: Part,
        caller: Option<&str>,
        bytes: usize,
    ) -> Result<Reservation, Refusal> {
        let caller = caller.filter(|_| self.share < 1.0);
        let share = caller.map(|caller| self.shares.share(part, caller));
        let reservation = Reservation::new(self, part, share);
        reservation.grow(bytes)?;
        Ok(reservation)
    }
}

impl Reservation {
    fn new(budget: &Arc<Budget>, part: Part, share: Option<CallerShare>) -> Self {
        Self { budget: Arc::clone(budget), part, share, held: Mutex::new(0) }
    }

    /// An empty reservation for the same budget and caller.
    pub(crate) fn another(&self) -> Self {
        Self::new(&self.budget, self.part, self.share.clone())
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    fn set(&self, bytes: impl FnOnce(usize) -> usize) -> Result<(), Refusal> {
        let mut held = self.held.lock();
        let after = bytes(*held);
        self.budget.change(self.part, self.share.as_ref(), *held, after)?;
        *held = after;
        Ok(())
    }

    /// Reserves `bytes` more.
    ///
    /// # Errors
    /// If the budget is used up, or the caller's share of it.
    pub(crate) fn grow(&self, bytes: usize) -> Result<(), Refusal> {
        self.set(|held| held.saturating_add(bytes))
    }

    /// Grows to at least `bytes`, or fails as [`Self::grow`].
    pub(crate) fn grow_to(&self, bytes: usize) -> Result<(), Refusal> {
        self.set(|held| held.max(bytes))
    }

    /// Shrinks to at most `bytes`.
    pub(crate) fn shrink_to(&self, bytes: usize) {
        // Less is never refused.
        let _ = self.set(|held| held.min(bytes));
    }

    /// Reserves the `bytes` of an answer instead of those of its request, or fails as [`Self::grow`].
    pub(crate) fn exchange(&self, bytes: usize) -> Result<(), Refusal> {
        self.set(|_| bytes)
    }

    /// Moves what is held so far into a reservation of its own.
    pub(crate) fn split(&self) -> Self {
        let split = self.another();
        *split.held.lock() = std::mem::take(&mut *self.held.lock());
        split
    }

    /// Adds the bytes of `other`, which has the same part and caller.
    pub(crate) fn absorb(&self, other: &Self) {
        let moved = std::mem::take(&mut *other.held.lock());
        let mut held = self.held.lock();
        // Two small holders may be large together.
        let more = large_part(*held + moved) - large_part(*held) - large_part(moved);
        self.budget.counter(self.part).large.fetch_add(more, Ordering::Relaxed);
        *held += moved;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}
