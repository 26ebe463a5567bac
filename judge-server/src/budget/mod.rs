//! The one budget of bytes that admits calls.
//!
//! Whatever is held for a call, a stream or an answer is reserved before it is there, and given back when
//! it is gone. Calls weigh something besides their bytes, so the budget bounds how many there are too:
//! there is no other limit on calls, judgements or streams. Probes, watches and refusals have parts of
//! their own, so that who watches the server is answered when it has no room for other calls.

mod ledger;
mod part;
mod reservation;
mod shares;

pub(crate) use ledger::Budget;
pub(crate) use part::{LARGE_BYTES, Part};
pub(crate) use reservation::Reservation;

#[cfg(test)]
mod tests;
