//! The end of the stack: calls the handler of the route that was found at the beginning.

use std::sync::Arc;

use axum::body::Body;

use super::step::{Inbound, Next};
use crate::convert::refusal::Refusal;
use crate::handlers::{Answered, Context, Failure, Handlers};

/// Hands calls to their handlers.
#[derive(Debug)]
pub(super) struct ToHandler(pub(super) Arc<Handlers>);

impl Next for ToHandler {
    async fn run(&self, inbound: Inbound) -> Result<Answered, Failure> {
        let Inbound { request, route, caller, origin, held, deadline } = inbound;
        // Every call here was admitted.
        let (route, held) = route.zip(held).ok_or(Refusal::Internal)?;
        let context = Context { route, caller, held, deadline, origin };
        self.0.answer(context, request.map(Body::new)).await
    }
}
