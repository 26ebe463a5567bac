//! The result of a handler: the answer, and the outcome of the call.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use http::Response;
use judge_contract::MessageError;

use crate::budget::Reservation;
use crate::convert::refusal::Refusal;
use crate::observe::outcome::{Outcome, OutcomeSoFar};

/// An answer, and the outcome of the call.
pub(crate) struct Answered {
    pub(crate) response: Response<Body>,
    pub(crate) ended: Ended,
    /// The reservation, until the answer is written.
    pub(crate) held: Option<Arc<Reservation>>,
}

/// Bytes of a complete answer.
pub(crate) fn bytes_of(response: &Response<Body>) -> usize {
    let bytes = http_body::Body::size_hint(response.body()).exact().unwrap_or_default();
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// When the outcome of a call is known.
pub(crate) enum Ended {
    /// With its answer.
    Now(Outcome),
    /// When its stream ends. Answers of the stream are reserved one by one.
    Later(Ending),
}

/// A call without an answer of its own, and its outcome.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) outcome: Box<Outcome>,
    /// The remaining reservation.
    pub(crate) held: Option<Arc<Reservation>>,
}

impl Failure {
    pub(crate) fn new(outcome: Outcome, refusal: Refusal) -> Self {
        Self { outcome: Box::new(outcome.refused(refusal)), held: None }
    }

    /// The refusal.
    pub(crate) fn refusal(&self) -> Refusal {
        self.outcome.refusal.clone().unwrap_or(Refusal::Internal)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(Outcome::default(), refusal)
    }
}

impl From<MessageError> for Failure {
    fn from(error: MessageError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<(Response<Body>, Outcome)> for Answered {
    fn from((response, outcome): (Response<Body>, Outcome)) -> Self {
        Self { response, ended: Ended::Now(outcome), held: None }
    }
}

impl From<Response<Body>> for Answered {
    fn from(response: Response<Body>) -> Self {
        (response, Outcome::default()).into()
    }
}

/// How a stream ended, and the reservation of the answers that are still to be written.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) outcome: Arc<OnceLock<Outcome>>,
    pub(crate) answers: Arc<Reservation>,
    /// Its outcome so far.
    pub(crate) so_far: OutcomeSoFar,
}
