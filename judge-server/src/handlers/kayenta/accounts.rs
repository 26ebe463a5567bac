//! Accounts: the sources, and the store of the server itself.

use std::time::Duration;

use judge_canary::Canaries;
use judge_core::judges;
use judge_sources::SourceSettings;
use serde_json::{Value, json};

use super::request::{KayentaRequest, STORE_ACCOUNT, wrong};
use crate::convert::refusal::Refusal;

/// Timeout of a source for its names.
const NAMES_WITHIN: Duration = Duration::from_secs(5);

/// All accounts, without secrets.
pub(super) fn credentials(asked: &KayentaRequest<'_>) -> Value {
    let sources = asked.canaries.sources().settings().map(|source| {
        json!({
            "name": source.name(), "type": source.kind().name(), "supportedTypes": ["METRICS_STORE"],
            "locations": [], "recommendedLocations": [], "endpoint": {"baseUrl": source.url()},
        })
    });
    let store = json!({
        "name": STORE_ACCOUNT, "type": "judge-server",
        "supportedTypes": ["OBJECT_STORE", "CONFIGURATION_STORE"],
        "locations": [], "recommendedLocations": [],
    });
    sources.chain([store]).collect()
}

/// The sources alone.
pub(super) fn metrics_services(asked: &KayentaRequest<'_>) -> Value {
    let source = |source: &SourceSettings| {
        json!({
            "name": source.name(), "type": source.kind().name(),
            "locations": [], "recommendedLocations": [],
        })
    };
    asked.canaries.sources().settings().map(source).collect()
}

/// The names of a source's metrics that contain the text `filter`, in any case.
pub(super) async fn metric_names(asked: &KayentaRequest<'_>) -> Result<Value, Refusal> {
    let account = metrics_account(asked.canaries, asked.params.get("metricsAccountName"))?;
    let names = asked.canaries.sources().metric_names(&account, NAMES_WITHIN).await;
    let names = names.map_err(|cause| Refusal::StoreAway(format!("{account}: {cause}")))?;
    let filter = asked.params.get("filter").unwrap_or_default().to_lowercase();
    let wanted = names.iter().filter(|name| name.to_lowercase().contains(&filter));
    Ok(wanted.map(|name| json!({"name": name})).collect())
}

pub(super) fn judges() -> Value {
    judges::built_in().iter().map(|judge| json!({"name": judge.name(), "visible": true})).collect()
}

/// The accounts of a run. Any name of a store means the only store: Argo Rollouts sends one name in the place of another.
#[derive(Debug, Clone)]
pub(super) struct Accounts {
    pub(super) metrics: String,
    pub(super) storage: String,
    pub(super) configuration: String,
}

impl Accounts {
    pub(super) fn read(asked: &KayentaRequest<'_>) -> Result<Self, Refusal> {
        let store = |name| asked.params.get(name).unwrap_or(STORE_ACCOUNT).to_owned();
        Ok(Self {
            metrics: metrics_account(asked.canaries, asked.params.get("metricsAccountName"))?,
            storage: store("storageAccountName"),
            configuration: store("configurationAccountName"),
        })
    }
}

/// The named source, or else the first.
fn metrics_account(canaries: &Canaries, name: Option<&str>) -> Result<String, Refusal> {
    let mut all = canaries.sources().settings();
    let found = all.find(|source| name.is_none_or(|name| name == source.name()));
    let found = found.map(|source| source.name().to_owned());
    found.ok_or_else(|| match name {
        Some(name) => wrong(format!("Unable to resolve account {name}.")),
        None => wrong("Unable to resolve account of type METRICS_STORE."),
    })
}

/// The config with its queries sent to the source `account`, if that is one of several of its kind; `None` if the config
/// itself determines the source.
pub(super) fn with_source(canaries: &Canaries, account: &str, document: &Value) -> Option<Value> {
    let sources = || canaries.sources().settings();
    let kind = sources().find(|source| source.name() == account)?.kind();
    if sources().filter(|source| source.kind() == kind).count() < 2 {
        return None;
    }
    let mut document = document.clone();
    for metric in document.get_mut("metrics")?.as_array_mut()? {
        let Some(query) = metric.get_mut("query").and_then(Value::as_object_mut) else { continue };
        let of_kind =
            query.get("type").and_then(Value::as_str).is_none_or(|name| name == kind.name());
        if of_kind {
            query.entry("source").or_insert_with(|| account.into());
        }
    }
    Some(document)
}
