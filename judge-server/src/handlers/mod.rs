//! What can be called, in one table, and what answers it. Handlers know nothing of sockets and limits on
//! callers; what a call becomes is the value that they return.

mod answer;
mod canary;
mod canary_routes;
mod codec;
mod grpc;
mod http;
mod judging;
mod kayenta;
mod kayenta_routes;
#[cfg(test)]
mod openapi;
mod others;
mod params;
mod pool;
mod query;
mod route;
pub(crate) mod routes;
mod score;
mod score_routes;
mod stream;

use std::sync::Arc;

use ::http::{Request, Response};
use axum::Router;
use axum::body::Body;
use judge_canary::Canaries;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use answer::Entrance;
pub(crate) use answer::answer;
pub(crate) use judging::Judging;
pub(crate) use others::health_and_reflection;
pub(crate) use pool::Pool;
pub(crate) use score::SharedLooks;

use crate::budget::{Budget, Reservation};
use crate::callers::Caller;
use crate::convert::refusal::Refusal;
use crate::observe::call::Origin;
use crate::observe::outcome::Outcome;
use routes::{Handler, Route};

/// What a handler is given besides the request, in its extensions.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) route: &'static Route,
    pub(crate) caller: Caller,
    /// What is reserved for the call.
    pub(crate) held: Arc<Reservation>,
    /// The caller's deadline, where it gave one.
    pub(crate) deadline: Option<Instant>,
    /// Where it comes from, where what comes in it are calls of their own.
    pub(crate) origin: Arc<Origin>,
}

impl Context {
    /// Who calls, for what is kept: the name of its token or certificate, else its address.
    pub(crate) fn actor(&self) -> String {
        match self.caller.name() {
            Some(name) => name.to_string(),
            None => self.caller.peer.address.to_string(),
        }
    }
}

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
    Later(stream::Ending),
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

/// Everything that answers.
#[derive(Debug)]
pub(crate) struct Handlers {
    pub(crate) judging: Judging,
    pub(crate) budget: Arc<Budget>,
    /// How streams are treated.
    pub(crate) streams: stream::Limits,
    /// Health and reflection.
    pub(crate) others: Router,
    /// Canaries that are kept, where the settings have a store and a source.
    pub(crate) canaries: Option<Canaries>,
    /// Looks that scores are asked of.
    pub(crate) looks: Arc<SharedLooks>,
    /// The end has been announced.
    pub(crate) leaving: CancellationToken,
    /// Connections end.
    pub(crate) draining: CancellationToken,
}

impl Handlers {
    /// Answers one call.
    ///
    /// # Errors
    /// When it is refused.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        context: Context,
        request: Request<Body>,
    ) -> Result<Answered, Failure> {
        match context.route.handler {
            Handler::Grpc(entrance) => self.grpc(entrance, &context, request).await,
            Handler::Stream => Ok(self.stream(context, request)),
            Handler::ListJudges => self.list_judges(&context, request).await,
            Handler::Others => self.others(&context, request).await,
            Handler::Document(entrance) => self.document(entrance, &context, request).await,
            Handler::Judges => http::judges(),
            Handler::Alive => Ok(http::alive()),
            Handler::Ready => Ok(self.ready()),
            Handler::Metrics => self.metrics(context.origin.metrics()),
            Handler::OpenApi => Ok(http::open_api()),
            Handler::Page => Ok(http::page()),
            Handler::Canary(call) => self.canary(call, &context, request).await,
            Handler::KayentaHealth => Ok(self.kayenta_health().await),
            Handler::Kayenta(call) => self.kayenta(call, &context, request).await,
            Handler::Score(call) => self.score(call, &context, request).await,
        }
    }
}

pub(crate) use stream::{Ending, Limits as StreamLimits};
