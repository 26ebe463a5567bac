//! Runs canaries with a store: from the start of the server to its end.

use std::sync::Arc;

use judge_canary::{
    Canaries, CanaryEvent, KeepError, KeepLimits, Runner, RunnerOptions, SqlStore, SystemClock,
};
use judge_sources::Sources;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::config_folder::ConfigFolder;
use crate::observe::metrics::Metrics;
use crate::settings::error::StartError;
use crate::settings::{Settings, StoreSettings, threads};
use crate::webhook::Webhook;

/// Canaries, their runner, and the limits on what is kept.
#[derive(Debug)]
pub(crate) struct CanaryRuntime {
    pub(crate) canaries: Canaries,
    runner: Arc<Runner>,
    metrics: Arc<Metrics>,
    webhook: Option<Arc<Webhook>>,
    configs: Option<ConfigFolder>,
    keep: KeepLimits,
}

impl CanaryRuntime {
    /// Opens the store and the sources.
    pub(crate) async fn open(
        StoreSettings { place, sources }: StoreSettings,
        settings: &Settings,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, StartError> {
        let wrong = |error: &dyn std::fmt::Display| StartError::Settings(error.to_string());
        let sources = Sources::new(sources).map_err(|error| wrong(&error))?;
        let store = SqlStore::open(&place).await;
        let store = store.map_err(|error: KeepError| {
            StartError::Settings(format!("store {place:?}: {error}"))
        })?;
        let webhook = match settings.webhook()? {
            None => None,
            Some(webhook) => {
                store.note_deliveries();
                Some(Arc::new(Webhook::open(&webhook, settings)?))
            }
        };
        let (store, sources) = (Arc::new(store), Arc::new(sources));
        let threads = threads(settings.threads);
        let canaries = Canaries::with_threads(store, sources, Arc::new(SystemClock), threads);
        let configs = match settings.configs.clone() {
            Some(path) => {
                Some(ConfigFolder::open(path, settings, canaries.clone(), metrics).await?)
            }
            None => None,
        };
        let lease_millis = settings.store_lease.get().as_millis();
        let lease_millis = i64::try_from(lease_millis).unwrap_or(i64::MAX);
        let runner =
            Runner::new(&canaries, RunnerOptions { lease_millis, ..RunnerOptions::default() });
        let keep = KeepLimits {
            canary_age: settings.store_max_age.get(),
            canary_bytes: settings.store_max_size.get(),
            audit_age: settings.store_audit_age.get(),
        };
        let metrics = Arc::clone(metrics);
        Ok(Self { canaries, runner, metrics, webhook, configs, keep })
    }

    /// Makes looks and removes old canaries until `ending`, then finishes the work in progress.
    pub(crate) async fn run(self, ending: CancellationToken) {
        let Self { canaries, runner, metrics, webhook, configs, keep } = self;
        let showing = tokio::spawn(show(canaries.events(), metrics));
        let sending = webhook.map(|webhook| tokio::spawn(webhook.run(canaries.clone())));
        let cleaning = canaries.keep_within(keep);
        let watching = async {
            if let Some(configs) = configs {
                ending.run_until_cancelled(configs.watch()).await;
            }
        };
        tokio::join!(runner.run(ending.clone()), ending.run_until_cancelled(cleaning), watching);
        showing.abort();
        // A delivery in progress is repeated after the next start; its receiver sees the same id.
        if let Some(sending) = sending {
            sending.abort();
        }
    }
}

/// Counts events of canaries.
async fn show(mut events: Receiver<CanaryEvent>, metrics: Arc<Metrics>) {
    loop {
        match events.recv().await {
            Ok(event) => metrics.canaries.show(&event),
            // The store has the missed events; the next look shows the state of its canary.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
