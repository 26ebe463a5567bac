//! A layer as an asynchronous function of a call and of the layers below it.

use std::sync::Arc;

use tokio::time::Instant;
use tower::layer::{LayerFn, layer_fn};

use super::request_body::RequestBody;
use crate::budget::Reservation;
use crate::callers::Caller;
use crate::handlers::routes::Route;
use crate::handlers::{Answered, Failure};
use crate::observe::call::Origin;

/// A call on its way down, with what the layers above found.
pub(crate) struct Inbound {
    pub(crate) request: http::Request<RequestBody>,
    /// Its route, if there is one.
    pub(crate) route: Option<&'static Route>,
    pub(crate) caller: Caller,
    pub(crate) origin: Arc<Origin>,
    /// Set by admission.
    pub(crate) held: Option<Arc<Reservation>>,
    /// The caller's own deadline.
    pub(crate) deadline: Option<Instant>,
}

/// The layers below.
pub(crate) trait Next: Send + Sync + 'static {
    /// Passes the call on.
    fn run(&self, inbound: Inbound) -> impl Future<Output = Result<Answered, Failure>> + Send;
}

/// One layer.
pub(crate) trait Step: Send + Sync + 'static {
    /// Answers the call, passes it on, or both.
    fn handle(
        &self,
        inbound: Inbound,
        next: &impl Next,
    ) -> impl Future<Output = Result<Answered, Failure>> + Send;
}

/// A step as tower's layer.
pub(super) fn step<T, S>(step: T) -> LayerFn<impl Fn(S) -> Stepped<T, S> + Clone> {
    let step = Arc::new(step);
    layer_fn(move |next| Stepped { step: Arc::clone(&step), next })
}

/// A step before the next.
#[derive(Debug)]
pub(crate) struct Stepped<T, S> {
    step: Arc<T>,
    next: S,
}

impl<T: Step, S: Next> Next for Stepped<T, S> {
    async fn run(&self, inbound: Inbound) -> Result<Answered, Failure> {
        self.step.handle(inbound, &self.next).await
    }
}
