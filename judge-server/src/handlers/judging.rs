//! Judging on the pool's threads, within what is reserved for a call.

use std::sync::Arc;

use bytes::Bytes;
use judge_core::Scratch;

use super::Failure;
use super::answer::{Entrance, answer};
use super::pool::Pool;
use crate::budget::Reservation;
use crate::convert::limits::Limits;
use crate::observe::outcome::Outcome;

/// What judges.
#[derive(Debug)]
pub(crate) struct JudgingPool {
    pub(crate) pool: Pool,
    pub(crate) limits: Limits,
}

impl JudgingPool {
    /// The answer to `message`, written as the message is. Then `held` holds the answer's bytes instead
    /// of the message's. Dropping the future takes the work from the queue, or stops it.
    ///
    /// # Errors
    /// When the message is refused.
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
