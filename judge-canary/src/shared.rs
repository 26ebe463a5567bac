//! State that handlers' calls and the runner share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use judge_sources::Sources;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, broadcast};

use crate::clock::RunClock;
use crate::record::CanarySummary;
use crate::runnable::MOST_POINTS;
use crate::store::SqlStore;

/// State that all clones share.
#[derive(Debug)]
pub(crate) struct SharedState {
    pub(crate) store: Arc<SqlStore>,
    pub(crate) sources: Arc<Sources>,
    pub(crate) clock: Arc<dyn RunClock>,
    pub(crate) events: broadcast::Sender<CanaryEvent>,
    /// A canary was started, or has ended.
    pub(crate) changed: Notify,
    /// The files that configs are read from.
    pub(crate) config_files: FileNames,
    /// One permit per thread that judges: limits concurrent judgements.
    pub(crate) judging: Semaphore,
    /// One permit per point: limits the points of concurrent looks.
    pub(crate) points: Semaphore,
}

/// Most points of concurrent looks: two of the largest looks.
pub(crate) const POINTS_AT_ONCE: usize = 2 * MOST_POINTS;

/// Files of configs by the config's id; `None` until they are read for the first time.
#[derive(Debug, Default)]
pub(crate) struct FileNames(Mutex<Option<BTreeMap<String, String>>>);

impl FileNames {
    pub(crate) fn set(&self, names: BTreeMap<String, String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(names);
    }

    pub(crate) fn get(&self) -> Option<BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn file_of(&self, id: &str) -> Option<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.as_ref()?.get(id).cloned()
    }
}

/// An event of a canary in this process.
#[derive(Debug, Clone, PartialEq)]
pub struct CanaryEvent {
    /// The canary in its new state.
    pub canary: CanarySummary,
    /// Why its next look is made later; `None` if nothing was postponed.
    pub postponed: Option<Postponed>,
}

/// Why a look is made later than it was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Postponed {
    /// A source did not answer, or refused to.
    Source,
    /// Its queries waited for permits of their source (`max-queries`) until their time ended.
    Permits,
}

impl Postponed {
    /// Its word for metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Permits => "max-queries",
        }
    }
}

impl SharedState {
    /// Waits until a look with this many points has room.
    pub(crate) async fn acquire_points(&self, points: usize) -> Option<SemaphorePermit<'_>> {
        let points = u32::try_from(points.min(POINTS_AT_ONCE)).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        self.points.acquire_many(points).await.ok()
    }

    /// Sends an event. It may have no listener.
    pub(crate) fn send_event(&self, canary: &CanarySummary) {
        let _ = self.events.send(CanaryEvent { canary: canary.clone(), postponed: None });
    }
}
