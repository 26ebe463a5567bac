//! Limits the number of rows in work.

use std::sync::{Condvar, Mutex, PoisonError};

use judge_ordered::Closed;

/// Work acquires a number of rows before it starts, and releases them when it ends.
#[derive(Debug)]
pub(super) struct RowBudget {
    state: Mutex<State>,
    changed: Condvar,
    rows: u64,
}

#[derive(Debug, Default)]
struct State {
    taken: u64,
    closed: bool,
}

impl RowBudget {
    pub(super) fn new(rows: u64) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), rows }
    }

    /// Waits until `rows` fit. A release larger than the budget waits until no other is in work.
    pub(super) fn acquire(&self, rows: u64) -> Result<(), Closed> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |state: &mut State| {
            !state.closed && state.taken > 0 && state.taken.saturating_add(rows) > self.rows
        };
        let waited = self.changed.wait_while(state, full);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(Closed);
        }
        state.taken += rows;
        Ok(())
    }

    pub(super) fn release(&self, rows: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.taken = state.taken.saturating_sub(rows);
        self.changed.notify_all();
    }

    /// Ends all waiting with an error.
    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }
}
