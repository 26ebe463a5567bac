//! The end of the stack: the handler of the route that was found at its beginning.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use axum::body::Body;
use tower::Service;

use super::step::Inbound;
use crate::convert::refusal::Refusal;
use crate::handlers::{Answered, Context, Failure, Handlers};

/// Hands calls to their handlers.
#[derive(Debug, Clone)]
pub(super) struct Route(pub(super) Arc<Handlers>);

impl Service<Inbound> for Route {
    type Response = Answered;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Answered, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, inbound: Inbound) -> Self::Future {
        let handlers = Arc::clone(&self.0);
        Box::pin(async move {
            let Inbound { request, route, caller, origin, held, deadline } = inbound;
            // Nothing that was not admitted comes here.
            let (route, held) = route.zip(held).ok_or(Refusal::Internal)?;
            let context = Context { route, caller, held, deadline, origin };
            handlers.answer(context, request.map(Body::new)).await
        })
    }
}
