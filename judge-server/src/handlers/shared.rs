//! State that all handlers share.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use judge_canary::Canaries;
use tokio_util::sync::CancellationToken;

use super::judging::JudgingPool;
use super::score::SharedLooks;
use crate::budget::Budget;

/// The shared state of all handlers.
#[derive(Debug)]
pub(crate) struct Handlers {
    pub(crate) judging: JudgingPool,
    pub(crate) budget: Arc<Budget>,
    /// Limits of streams.
    pub(crate) streams: StreamLimits,
    /// Health and reflection.
    pub(crate) others: Router,
    /// Canaries, if the settings have a store and a source.
    pub(crate) canaries: Option<Canaries>,
    /// Looks for scores.
    pub(crate) looks: Arc<SharedLooks>,
    /// Base URL of pages, for answers of other ports; without a slash at its end.
    pub(crate) public_url: Option<String>,
    /// Whether browsers send cookies over TLS only.
    pub(crate) secure_cookies: bool,
    /// The end has been announced.
    pub(crate) leaving: CancellationToken,
    /// Connections end.
    pub(crate) draining: CancellationToken,
}

/// Limits of streams.
#[derive(Debug, Clone)]
pub(crate) struct StreamLimits {
    /// Most messages of one stream that wait for their judgement.
    pub(crate) calls: usize,
    /// Timeout of one message.
    pub(crate) call_time: Duration,
    /// Longest duration of a stream.
    pub(crate) age: Duration,
    /// Longest time without a complete message.
    pub(crate) silence: Duration,
}
