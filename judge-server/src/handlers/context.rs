//! Input of handlers.

use std::sync::Arc;

use tokio::time::Instant;

use super::routes::Route;
use crate::budget::Reservation;
use crate::callers::Caller;
use crate::observe::call::Origin;

/// Input of a handler besides the request, in its extensions.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) route: &'static Route,
    pub(crate) caller: Caller,
    /// The reservation of the call.
    pub(crate) held: Arc<Reservation>,
    /// The caller's deadline, if it sent one.
    pub(crate) deadline: Option<Instant>,
    /// Origin of the call, for messages of a stream that count as calls of their own.
    pub(crate) origin: Arc<Origin>,
}

impl Context {
    /// Name of the caller in the audit log: of its token or certificate, else its address without the port.
    pub(crate) fn actor(&self) -> String {
        match self.caller.name() {
            Some(name) => name.to_string(),
            None => self.caller.peer.address.ip().to_string(),
        }
    }
}
