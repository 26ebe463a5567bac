//! Judges with the pool's permits, within the reservation of a call.

use std::sync::Arc;

use bytes::Bytes;
use judge_core::Scratch;

use super::answer::{Entrance, answer};
use super::{Failure, Handlers};
use crate::budget::Reservation;
use crate::observe::outcome::Outcome;

impl Handlers {
    /// The answer to `message`, in the same encoding. Afterwards `held` has the bytes of the answer instead of the message.
    /// Dropping the future removes the work from the queue, or stops it.
    pub(super) async fn judge(
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
