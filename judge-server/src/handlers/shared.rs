//! State that all handlers share.

use std::sync::Arc;

use axum::Router;
use judge_canary::Canaries;
use tokio_util::sync::CancellationToken;

use super::judging::JudgingPool;
use super::score::SharedLooks;
use crate::budget::Budget;
use crate::settings::Settings;

/// The shared state of all handlers.
#[derive(Debug)]
pub(crate) struct Handlers {
    pub(crate) judging: JudgingPool,
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
