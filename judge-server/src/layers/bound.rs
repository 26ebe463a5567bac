//! Limits bodies: a body is reserved while it arrives, and has a time limit. tonic decompresses each message within
//! `max-message-size`, and the result is reserved before it is read.

use std::time::Duration;

use super::request_body::{Bound, Time};
use super::step::{Inbound, Next, Step};
use crate::convert::refusal::Refusal;
use crate::handlers::routes::Kind;
use crate::handlers::{Answered, Failure};

/// Time limits of bodies.
#[derive(Debug)]
pub(super) struct Bodies {
    /// A whole body.
    pub(super) read_time: Duration,
    /// The body of a probe, whose few bytes come with its headers: it needs no token.
    pub(super) probe_time: Duration,
    /// The pause between the lookups of a client of reflection.
    pub(super) silence: Duration,
}

impl Step for Bodies {
    async fn handle(&self, mut inbound: Inbound, next: &impl Next) -> Result<Answered, Failure> {
        let Some((route, held)) = inbound.route.zip(inbound.held.clone()) else {
            return Err(Refusal::Internal.into());
        };
        let time = match route.kind {
            Kind::Call | Kind::Judgement | Kind::Events => Time::Whole(self.read_time),
            Kind::Probe => Time::Whole(self.probe_time),
            Kind::Watch if route.scope.is_none() => Time::Whole(self.probe_time),
            Kind::Watch => Time::Pause(self.silence),
            // The stream itself has a timer for messages.
            Kind::Stream => Time::Any,
        };
        // Probes and lookups send no more than their weight, which is reserved.
        let held = (!matches!(route.kind, Kind::Probe | Kind::Watch)).then_some(held);
        let rest = inbound.request.body().rest();
        inbound.request.body_mut().bound(Bound::new(held, time));
        next.run(inbound).await.map_err(|failure| match rest.failure() {
            // The libraries' own error says less.
            Some(refusal) => Failure::new(*failure.outcome, refusal),
            None => failure,
        })
    }
}
