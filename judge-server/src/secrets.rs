//! Certificates and tokens, read again when their files change.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::rustls::ServerConfig;
use tracing::{error, info};

use crate::error::StartError;
use crate::metrics::{Metrics, Reload};
use crate::tls::TlsFiles;
use crate::tokens::Tokens;

/// What may change while the server runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets {
    pub(crate) tls: Option<Fresh<ServerConfig>>,
    pub(crate) tokens: Option<Fresh<Tokens>>,
}

/// The latest good reading of some files.
#[derive(Debug)]
pub(crate) struct Fresh<T>(Arc<ArcSwap<T>>);

impl<T> Clone for Fresh<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Fresh<T> {
    pub(crate) fn get(&self) -> Arc<T> {
        self.0.load_full()
    }
}

impl Secrets {
    /// # Errors
    /// When a file cannot be used. Later such a file is reported and the last good one kept.
    pub(crate) fn load(
        tls: Option<TlsFiles>,
        tokens: Option<PathBuf>,
        every: Duration,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, StartError> {
        let tls = tls.map(|files| {
            let paths = [Some(&files.certificate), Some(&files.key), files.client_ca.as_ref()];
            let paths = paths.into_iter().flatten().cloned().collect();
            Fresh::watch(paths, every, metrics, move || files.load())
        });
        let tokens = tokens.map(|path| {
            let paths = vec![path.clone()];
            Fresh::watch(paths, every, metrics, move || Tokens::load(&path).map(Arc::new))
        });
        Ok(Self { tls: tls.transpose()?, tokens: tokens.transpose()? })
    }
}

impl<T: Send + Sync + 'static> Fresh<T> {
    fn watch(
        paths: Vec<PathBuf>,
        every: Duration,
        metrics: &Arc<Metrics>,
        load: impl Fn() -> Result<Arc<T>, StartError> + Send + 'static,
    ) -> Result<Self, StartError> {
        // Read before loading: a change in between is then seen as one.
        let mut seen = contents(&paths);
        let current = Arc::new(ArcSwap::new(load()?));
        let kept = Arc::downgrade(&current);
        let metrics = Arc::clone(metrics);
        tokio::spawn(async move {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let Some(kept) = kept.upgrade() else { return };
                let found = contents(&paths);
                if found == seen {
                    continue;
                }
                seen = found;
                match load() {
                    Ok(loaded) => {
                        kept.store(loaded);
                        metrics.reloaded(Reload::Read);
                        let paths: Vec<_> =
                            paths.iter().map(|path| path.to_string_lossy()).collect();
                        info!(paths = paths.join(", "), "read again");
                    }
                    Err(why) => {
                        metrics.reloaded(Reload::Kept);
                        error!(%why, "kept what was read before");
                    }
                }
            }
        });
        Ok(Self(current))
    }
}

/// What stands in the files. They are small; modification times miss what a volume's links swap.
fn contents(paths: &[PathBuf]) -> Vec<Option<Vec<u8>>> {
    paths.iter().map(|path| std::fs::read(path).ok()).collect()
}
