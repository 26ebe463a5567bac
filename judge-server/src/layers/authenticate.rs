//! Authentication: a call without the token or certificate that it needs is refused, before anything is reserved or read.

use super::step::{Inbound, Next, Step};
use crate::callers::tokens::TokenScope;
use crate::handlers::{Answered, Failure};

/// Checks what the route needs. Unknown paths need any token, so that only callers learn which paths exist.
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
