//! What a handler is given.

use std::sync::Arc;

use tokio::time::Instant;

use super::routes::Route;
use crate::budget::Reservation;
use crate::callers::Caller;
use crate::observe::call::Origin;

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
    /// Who calls, for what is kept: the name of its token or certificate, else its address, without the port that it
    /// has for one connection.
    pub(crate) fn actor(&self) -> String {
        match self.caller.name() {
            Some(name) => name.to_string(),
            None => self.caller.peer.address.ip().to_string(),
        }
    }
}
