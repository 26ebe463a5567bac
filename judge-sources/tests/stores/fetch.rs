//! Fetches from a store of a kind.

use std::time::Duration;

use judge_sources::{
    Compat, FetchRequest, FetchedMetric, Grid, Notice, Queries, QueryFailure, Scope, SideRequest,
    SourceSettings, Sources,
};
use serde_json::{Value, json};

/// What the queries find at `url`, for a baseline and a canary of these names.
pub(crate) fn fetch(
    url: &str,
    queries: &[Value],
    scopes: [&str; 2],
    grid: Grid,
    compat: Compat,
) -> Result<Vec<FetchedMetric>, Vec<QueryFailure>> {
    let sources = Sources::new(vec![SourceSettings::from_url("s", url).unwrap()]).unwrap();
    let metric = |(number, query): (usize, &Value)| json!({"name": format!("m{number}"), "groups": ["G"], "query": query});
    let metrics: Vec<Value> = queries.iter().enumerate().map(metric).collect();
    let queries = Queries::read(&json!({"metrics": metrics})).unwrap();
    let [baseline, canary] = scopes.map(|scope| SideRequest { scope: Scope::new(scope), grid });
    let request = FetchRequest { baseline, canary, compat, timeout: Duration::from_mins(1) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(sources.fetch(&queries, &request))
}

/// What is suggested where a query finds nothing.
pub(crate) fn hint(fetched: &FetchedMetric) -> String {
    let hint = fetched.notices.iter().find_map(|notice| match notice {
        Notice::NothingFound { hint, .. } => hint.clone(),
        _ => None,
    });
    hint.unwrap_or_default()
}

/// Values with -1 for gaps.
pub(crate) fn shown(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| if value.is_nan() { -1.0 } else { *value }).collect()
}
