//! The page of an application's releases.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Response, StatusCode};
use judge_canary::{
    CanaryError, CanaryFilter, Drift, MOST_OF_A_PAGE, PastRelease, RELEASES, ReleaseFilter,
};
use judge_core::{CanaryConfig, kayenta};
use judge_pages::{HistoryQuery, HistoryView, history_page};

use super::html::page;
use super::request::{PageRequest, draw};
use crate::convert::refusal::Refusal;

pub(super) async fn show(asked: &PageRequest<'_>) -> Result<Response<Body>, Refusal> {
    let query =
        HistoryQuery { application: asked.text("application"), config: asked.text("config") };
    let releases =
        if query.application.is_empty() { Vec::new() } else { releases(asked, &query).await? };
    let applications =
        if query.application.is_empty() { applications(asked).await? } else { Vec::new() };
    let (config, drifts) = match releases.first() {
        None => (None, Vec::new()),
        Some(newest) => next(asked, newest).await?,
    };
    let visitor = asked.visitor();
    let html = draw(move || {
        let (query, releases) = (&query, releases.as_slice());
        let (config, drifts) = (config.as_ref(), drifts.as_slice());
        let applications = &applications;
        history_page(&visitor, &HistoryView { query, releases, config, drifts, applications })
    });
    Ok(page(StatusCode::OK, html.await?))
}

/// The applications of the newest canaries, by name.
async fn applications(asked: &PageRequest<'_>) -> Result<Vec<String>, CanaryError> {
    let filter = CanaryFilter { limit: MOST_OF_A_PAGE, ..CanaryFilter::default() };
    let canaries = asked.canaries.list(&filter).await?.canaries.into_iter();
    let names: BTreeSet<String> = canaries.map(|canary| canary.application).collect();
    Ok(names.into_iter().filter(|name| !name.is_empty()).collect())
}

async fn releases(
    asked: &PageRequest<'_>,
    query: &HistoryQuery,
) -> Result<Vec<PastRelease>, CanaryError> {
    let filter = ReleaseFilter {
        application: query.application.clone(),
        config_name: Some(query.config.clone()).filter(|name| !name.is_empty()),
        verdict: None,
        before: None,
        limit: RELEASES,
    };
    asked.canaries.releases(&filter).await
}

/// The config of the newest release, and the warnings that the next canary with it gets.
async fn next(
    asked: &PageRequest<'_>,
    newest: &PastRelease,
) -> Result<(Option<CanaryConfig>, Vec<Drift>), CanaryError> {
    let canary = asked.canaries.get(&newest.summary.id).await?;
    let Ok(config) = kayenta::read_config(canary.config.to_string().as_bytes()) else {
        return Ok((None, Vec::new()));
    };
    let (application, name) = (&newest.summary.application, &newest.summary.config_name);
    let drifts = asked.canaries.drifts(application, name, &config).await?;
    Ok((Some(config), drifts))
}
