//! What a handler returns: the answer, and what the call became.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use http::Response;

use crate::budget::Reservation;
use crate::convert::refusal::Refusal;
use crate::observe::outcome::{Outcome, OutcomeSoFar};

/// An answer, and what the call became.
pub(crate) struct Answered {
    pub(crate) response: Response<Body>,
    pub(crate) ended: Ended,
    /// What is reserved for it until it is written.
    pub(crate) held: Option<Arc<Reservation>>,
}

/// When it is known what a call became.
pub(crate) enum Ended {
    /// With its answer.
    Now(Outcome),
    /// When its stream ends, which says how; the answers of the stream are reserved as they come.
    Later(Ending),
}

/// A call without an answer of its own, and what it became.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) outcome: Box<Outcome>,
    /// What is still reserved for it.
    pub(crate) held: Option<Arc<Reservation>>,
}

impl Failure {
    pub(crate) fn new(outcome: Outcome, refusal: Refusal) -> Self {
        Self { outcome: Box::new(outcome.refused(refusal)), held: None }
    }

    /// Why there is none.
    pub(crate) fn refusal(&self) -> Refusal {
        self.outcome.refusal.clone().unwrap_or(Refusal::Internal)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(Outcome::default(), refusal)
    }
}

impl From<(Response<Body>, Outcome)> for Answered {
    fn from((response, outcome): (Response<Body>, Outcome)) -> Self {
        Self { response, ended: Ended::Now(outcome), held: None }
    }
}

/// How a stream ended, once it has, and what its answers hold that are about to be written.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) outcome: Arc<OnceLock<Outcome>>,
    pub(crate) answers: Arc<Reservation>,
    /// What is known of it before it ends.
    pub(crate) so_far: OutcomeSoFar,
}
