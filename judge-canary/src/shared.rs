//! What the calls of handlers and the runner's looks have in common.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use judge_sources::Sources;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, broadcast};

use crate::clock::RunClock;
use crate::record::CanarySummary;
use crate::runnable::MOST_POINTS;
use crate::store::CanaryStore;

/// What all clones have in common.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) store: Arc<dyn CanaryStore>,
    pub(crate) sources: Arc<Sources>,
    pub(crate) clock: Arc<dyn RunClock>,
    pub(crate) events: broadcast::Sender<CanaryEvent>,
    /// A canary was started, or has ended.
    pub(crate) changed: Notify,
    /// The files that configs are read from.
    pub(crate) config_files: FileNames,
    /// As many judgements at once as there are processors.
    pub(crate) judging: Semaphore,
    /// Room for the points of looks that are being made.
    pub(crate) points: Semaphore,
}

/// Points of looks that are made at once: two of the largest.
pub(crate) const POINTS_AT_ONCE: usize = 2 * MOST_POINTS;

/// Files of configs by the config's id; nothing before they were read for the first time.
#[derive(Debug, Default)]
pub(crate) struct FileNames(Mutex<Option<BTreeMap<String, String>>>);

impl FileNames {
    /// Takes new names, and gives those before.
    pub(crate) fn replace(
        &self,
        names: BTreeMap<String, String>,
    ) -> Option<BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(names)
    }

    pub(crate) fn file_of(&self, id: &str) -> Option<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.as_ref()?.get(id).cloned()
    }
}

/// Something happened to a canary, in this process.
#[derive(Debug, Clone, PartialEq)]
pub struct CanaryEvent {
    /// The canary as it stands now.
    pub canary: CanarySummary,
}

impl Common {
    /// Waits until a look of so many points has room beside the others.
    pub(crate) async fn room(&self, points: usize) -> Option<SemaphorePermit<'_>> {
        let points = u32::try_from(points.min(POINTS_AT_ONCE)).unwrap_or(u32::MAX);
        // It is never closed.
        self.points.acquire_many(points).await.ok()
    }

    /// Tells who listens. It is no matter if nobody does.
    pub(crate) fn tell(&self, canary: &CanarySummary) {
        let _ = self.events.send(CanaryEvent { canary: canary.clone() });
    }
}
