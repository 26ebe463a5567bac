//! Bytes: a body is reserved as it arrives, and is there in time. tonic decompresses each message within
//! `max-message-size` and reserves what comes of it before it is read.

use std::time::Duration;

use super::request_body::{Bound, Time};
use super::step::{Inbound, Next, Step};
use crate::convert::refusal::Refusal;
use crate::handlers::routes::Kind;
use crate::handlers::{Answered, Failure};

/// How long bodies may take.
#[derive(Debug)]
pub(super) struct Bodies {
    /// A whole body.
    pub(super) read_time: Duration,
    /// That of a probe, whose few bytes come with its headers: it needs no token.
    pub(super) probe_time: Duration,
    /// The pause between the lookups of one who asks reflection.
    pub(super) silence: Duration,
}

impl Step for Bodies {
    async fn handle(&self, mut inbound: Inbound, next: &impl Next) -> Result<Answered, Failure> {
        let Some((route, held)) = inbound.route.zip(inbound.held.clone()) else {
            return Err(Refusal::Internal.into());
        };
        let time = match route.kind {
            Kind::Call | Kind::Judgement => Time::Whole(self.read_time),
            Kind::Probe => Time::Whole(self.probe_time),
            Kind::Watch if route.scope.is_none() => Time::Whole(self.probe_time),
            Kind::Watch => Time::Pause(self.silence),
            // The stream itself looks when messages come.
            Kind::Stream => Time::Any,
        };
        // What probes and lookups send is no more than their weight, which is reserved.
        let held =
            matches!(route.kind, Kind::Call | Kind::Judgement | Kind::Stream).then_some(held);
        let rest = inbound.request.body().rest();
        inbound.request.body_mut().bound(Bound::new(held, time));
        next.run(inbound).await.map_err(|failure| match rest.failure() {
            // What libraries made of it says less.
            Some(refusal) => Failure::new(*failure.outcome, refusal),
            None => failure,
        })
    }
}
