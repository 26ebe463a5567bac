//! What all handlers share.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use judge_canary::Canaries;
use tokio_util::sync::CancellationToken;

use super::judging::JudgingPool;
use super::score::SharedLooks;
use crate::budget::Budget;

/// Everything that answers.
#[derive(Debug)]
pub(crate) struct Handlers {
    pub(crate) judging: JudgingPool,
    pub(crate) budget: Arc<Budget>,
    /// How streams are treated.
    pub(crate) streams: StreamLimits,
    /// Health and reflection.
    pub(crate) others: Router,
    /// Canaries that are kept, where the settings have a store and a source.
    pub(crate) canaries: Option<Canaries>,
    /// Looks that scores are asked of.
    pub(crate) looks: Arc<SharedLooks>,
    /// What the addresses of pages begin with, for answers of other ports; without a slash at its end.
    pub(crate) public_url: Option<String>,
    /// Whether browsers send cookies over TLS alone.
    pub(crate) secure_cookies: bool,
    /// The end has been announced.
    pub(crate) leaving: CancellationToken,
    /// Connections end.
    pub(crate) draining: CancellationToken,
}

/// How streams are treated.
#[derive(Debug, Clone)]
pub(crate) struct StreamLimits {
    /// Messages of one stream that may wait for their judgement.
    pub(crate) calls: usize,
    /// The longest that one message may take.
    pub(crate) call_time: Duration,
    /// The longest that a stream may be open.
    pub(crate) age: Duration,
    /// The longest that it may go without a whole message.
    pub(crate) silence: Duration,
}
