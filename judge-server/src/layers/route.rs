//! The end of the stack: the handler of the route that was found at its beginning.

use std::sync::Arc;

use axum::body::Body;
use tower::service_fn;

use super::step::{Inbound, Next};
use crate::convert::refusal::Refusal;
use crate::handlers::{Context, Handlers};

/// Hands calls to their handlers.
pub(super) fn route(handlers: Arc<Handlers>) -> impl Next {
    service_fn(move |inbound: Inbound| {
        let handlers = Arc::clone(&handlers);
        async move {
            let Inbound { request, route, caller, origin, held, deadline } = inbound;
            // Nothing that was not admitted comes here.
            let (route, held) = route.zip(held).ok_or(Refusal::Internal)?;
            let context = Context { route, caller, held, deadline, origin };
            handlers.answer(context, request.map(Body::new)).await
        }
    })
}
