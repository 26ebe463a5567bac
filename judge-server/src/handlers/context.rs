//! Input of handlers: of one call, and the state that all share.

use std::sync::Arc;

use axum::Router;
use judge_canary::{Canaries, CanaryLook, MetricSet};
use judge_contract::limits::Limits;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::pool::Pool;
use super::routes::Route;
use super::score::SharedLooks;
use crate::budget::{Budget, Reservation};
use crate::callers::Caller;
use crate::convert::refusal::{Refusal, Resource};
use crate::observe::call::Origin;
use crate::settings::Settings;

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
    /// At most `limit` looks at a canary after look `after`, reserved together with an answer: they take `times` their memory.
    ///
    /// # Errors
    /// If there is no room for them, or the store does not answer.
    pub(crate) async fn looks(
        &self,
        canaries: &Canaries,
        id: &str,
        after: usize,
        limit: usize,
        times: usize,
    ) -> Result<Vec<CanaryLook>, Refusal> {
        let full = |_| Refusal::Overloaded(Resource::Looks);
        let reserve = |bytes: usize| self.held.grow(bytes.saturating_mul(times)).map_err(full);
        canaries.looks_within(id, after, limit, reserve).await
    }

    /// Reserves the `bytes` of a whole answer instead of all that it was made from, which is gone.
    ///
    /// # Errors
    /// If there is no room for it.
    pub(crate) fn hold_answer(&self, bytes: usize) -> Result<(), Refusal> {
        self.held.exchange(bytes.max(self.held.budget().weights.call))
    }

    /// Name of the caller in the audit log: of its token or certificate, else its address without the port.
    pub(crate) fn actor(&self) -> String {
        match self.caller.name() {
            Some(name) => name.to_string(),
            None => self.caller.peer.address.ip().to_string(),
        }
    }
}

/// The series of a look, reserved together with what is `held` already.
///
/// # Errors
/// If there is no room for them, no look has this id, or the store does not answer.
pub(crate) async fn read_series(
    canaries: &Canaries,
    id: &str,
    held: &Reservation,
) -> Result<MetricSet, Refusal> {
    held.grow(canaries.metric_set_bytes(id).await?)?;
    Ok(canaries.metric_set(id).await?)
}

/// The shared state of all handlers.
#[derive(Debug)]
pub(crate) struct Handlers {
    pub(crate) pool: Pool,
    pub(crate) limits: Limits,
    pub(crate) budget: Arc<Budget>,
    pub(crate) settings: Arc<Settings>,
    /// Health and reflection.
    pub(crate) others: Router,
    /// Canaries, if the settings have a store and a source.
    pub(crate) canaries: Option<Canaries>,
    /// Looks for scores.
    pub(crate) looks: Arc<SharedLooks>,
    /// The end has been announced.
    pub(crate) leaving: CancellationToken,
    /// Connections end.
    pub(crate) draining: CancellationToken,
}
