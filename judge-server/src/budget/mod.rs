//! The one budget of bytes that admits calls.
//!
//! Memory for a call, a stream or an answer is reserved before it is used, and released afterwards. Calls also have a weight
//! besides their bytes, so the budget limits their number, too: there is no other limit on calls, judgements or streams.
//! Probes, watches and refusals have parts of their own, so that monitoring gets answers even if other calls have no room.

mod ledger;
mod reservation;

pub(crate) use ledger::{Budget, LARGE_BYTES, Part};
pub(crate) use reservation::Reservation;

#[cfg(test)]
mod tests;
