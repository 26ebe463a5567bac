//! Judges on the pool's threads, within the reservation of a call.

use std::sync::Arc;

use bytes::Bytes;
use judge_contract::limits::Limits;
use judge_core::Scratch;

use super::Failure;
use super::answer::{Entrance, answer};
use super::pool::Pool;
use crate::budget::Reservation;
use crate::observe::outcome::Outcome;

/// The pool and its limits.
#[derive(Debug)]
pub(crate) struct JudgingPool {
    pub(crate) pool: Pool,
    pub(crate) limits: Limits,
}

impl JudgingPool {
    /// The answer to `message`, in the same encoding. Afterwards `held` has the bytes of the answer instead of the message.
    /// Dropping the future removes the work from the queue, or stops it.
    pub(crate) async fn run(
        &self,
        entrance: Entrance,
        message: Bytes,
        held: &Arc<Reservation>,
    ) -> Result<(Bytes, Outcome), Failure> {
        let weights = held.budget().weights;
        held.grow_to(message.len().max(weights.judgement))?;
        let (limits, held, bytes) = (self.limits, Arc::clone(held), message.len());
        let work = move |scratch: &mut Scratch| {
            let (made, outcome) = answer(&limits, scratch, entrance, message);
            let made = made.and_then(|made| {
                held.exchange(made.len().max(weights.call))?;
                Ok(Bytes::from(made))
            });
            match made {
                Ok(made) => Ok((made, outcome)),
                Err(refusal) => Err(Failure::new(outcome, refusal)),
            }
        };
        self.pool.run(bytes, work).await?
    }
}
