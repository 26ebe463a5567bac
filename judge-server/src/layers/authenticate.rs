//! Tokens and certificates: what needs one is refused without it, before anything is reserved or read.

use super::step::{Inbound, Next, Step};
use crate::callers::tokens::TokenScope;
use crate::handlers::{Answered, Failure};

/// Asks for what the route needs; what is not there needs any token, so that only callers learn that.
#[derive(Debug)]
pub(super) struct Authenticate;

impl Step for Authenticate {
    async fn handle(&self, inbound: Inbound, next: &impl Next) -> Result<Answered, Failure> {
        let scope = inbound.route.map_or(Some(TokenScope::Any), |route| route.scope);
        if let Some(scope) = scope {
            inbound.caller.require(scope)?;
        }
        next.run(inbound).await
    }
}
