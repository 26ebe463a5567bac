//! Files that are read again when they change, or at SIGHUP.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tracing::{error, info};

use crate::observe::metrics::{Metrics, RELOAD_KEPT, RELOAD_READ};
use crate::settings::error::StartError;

/// The times at which files are looked at: at intervals, and at SIGHUP.
#[derive(Debug)]
pub(crate) struct Rounds {
    ticks: Interval,
    hangup: Signal,
}

impl Rounds {
    pub(crate) fn every(time: Duration) -> std::io::Result<Self> {
        let mut ticks = interval(time);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self { ticks, hangup: signal(SignalKind::hangup())? })
    }

    /// Waits for the next time. Returns true if a signal asks to read the files even if they have not changed.
    pub(crate) async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.ticks.tick() => false,
            asked = self.hangup.recv() => asked.is_some(),
        }
    }
}

/// The latest good reading of some files.
pub(crate) type Fresh<T> = Arc<ArcSwap<T>>;

/// Reads the files now, and again after each `every` if they changed.
///
/// # Errors
/// If a file cannot be used. Later, such a file is reported, and the last good one stays in force.
pub(crate) fn watch<T: Send + Sync + 'static>(
    paths: Vec<PathBuf>,
    every: Duration,
    metrics: &Arc<Metrics>,
    load: impl Fn() -> Result<Arc<T>, StartError> + Send + 'static,
) -> Result<Fresh<T>, StartError> {
    // Read before loading: a change in between is then seen as one.
    let mut seen = contents(&paths);
    let current = Arc::new(ArcSwap::new(load()?));
    let kept = Arc::downgrade(&current);
    let metrics = Arc::clone(metrics);
    let mut rounds = Rounds::every(every)?;
    tokio::spawn(async move {
        loop {
            let at_once = rounds.next().await;
            let Some(kept) = kept.upgrade() else { return };
            let found = contents(&paths);
            if found == seen && !at_once {
                continue;
            }
            seen = found;
            match load() {
                Ok(loaded) => {
                    kept.store(loaded);
                    metrics.reloads.with_label_values(&[RELOAD_READ]).inc();
                    let paths: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
                    info!(paths = paths.join(", "), "read again");
                }
                Err(why) => {
                    metrics.reloads.with_label_values(&[RELOAD_KEPT]).inc();
                    error!(%why, "kept what was read before");
                }
            }
        }
    });
    Ok(current)
}

/// Reads the files. They are small, and modification times miss a swap of a volume's links.
fn contents(paths: &[PathBuf]) -> Vec<Option<Vec<u8>>> {
    paths.iter().map(|path| std::fs::read(path).ok()).collect()
}
