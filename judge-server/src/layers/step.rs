//! What a layer is here: an asynchronous function of a call and of what is below.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt};

use super::request_body::RequestBody;
use crate::budget::Reservation;
use crate::callers::Caller;
use crate::handlers::routes::Route;
use crate::handlers::{Answered, Failure};
use crate::observe::call::Origin;

/// A call on its way down, with what the layers above found.
pub(crate) struct Inbound {
    pub(crate) request: http::Request<RequestBody>,
    /// What it calls, if there is such a thing.
    pub(crate) route: Option<&'static Route>,
    pub(crate) caller: Caller,
    pub(crate) origin: Arc<Origin>,
    /// Set where it is admitted.
    pub(crate) held: Option<Arc<Reservation>>,
    /// The caller's own deadline.
    pub(crate) deadline: Option<Instant>,
}

/// What is below a layer.
pub(crate) trait Next:
    Service<Inbound, Response = Answered, Error = Failure, Future: Send> + Clone + Send + Sync + 'static
{
    /// Hands the call on.
    fn run(self, inbound: Inbound) -> impl Future<Output = Result<Answered, Failure>> + Send {
        self.oneshot(inbound)
    }
}

impl<S> Next for S where
    S: Service<Inbound, Response = Answered, Error = Failure, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// One layer.
pub(crate) trait Step: Send + Sync + 'static {
    /// Answers the call, or hands it on, or both.
    fn handle(
        &self,
        inbound: Inbound,
        next: impl Next,
    ) -> impl Future<Output = Result<Answered, Failure>> + Send;
}

/// A step as tower's layer.
#[derive(Debug)]
pub(crate) struct StepLayer<T>(Arc<T>);

impl<T> StepLayer<T> {
    pub(crate) fn new(step: T) -> Self {
        Self(Arc::new(step))
    }
}

impl<T, S> Layer<S> for StepLayer<T> {
    type Service = Stepped<T, S>;

    fn layer(&self, next: S) -> Stepped<T, S> {
        Stepped { step: Arc::clone(&self.0), next }
    }
}

/// A step before the next.
#[derive(Debug)]
pub(crate) struct Stepped<T, S> {
    step: Arc<T>,
    next: S,
}

impl<T, S: Clone> Clone for Stepped<T, S> {
    fn clone(&self) -> Self {
        Self { step: Arc::clone(&self.step), next: self.next.clone() }
    }
}

impl<T: Step, S: Next> Service<Inbound> for Stepped<T, S> {
    type Response = Answered;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Answered, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Failure>> {
        // Who has no room refuses; nobody waits.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, inbound: Inbound) -> Self::Future {
        let (step, next) = (Arc::clone(&self.step), self.next.clone());
        Box::pin(async move { step.handle(inbound, next).await })
    }
}
