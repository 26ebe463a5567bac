//! Pages of canaries.

use axum::body::Body;
use http::{Response, StatusCode};
use judge_canary::{
    Canary, CanaryError, CanaryFilter, CanaryLook, CanarySummary, MetricSet, look_of_id,
};
use judge_pages::{
    CanaryView, ListQuery, ShownSide, canaries_page, canary_page, canary_path, compare_page,
};

use super::super::read_series;
use super::html::{page, see_other};
use super::request::{PageRequest, draw};
use crate::callers::tokens::TokenScope;
use crate::convert::refusal::Refusal;

/// Canaries of the same application that are offered for comparison.
const OTHERS: usize = 20;

/// Characters of the id of a canary.
const ID_LENGTH: usize = 26;

/// A canary with what its page shows.
struct Shown {
    canary: Canary,
    looks: Vec<CanaryLook>,
}

impl Shown {
    async fn read(asked: &PageRequest<'_>, id: &str) -> Result<Self, Refusal> {
        let canary = asked.canaries.get(id).await?;
        let looks = asked.context.looks(asked.canaries, id, 0, usize::MAX, 1).await?;
        Ok(Self { canary, looks })
    }

    fn side(&self) -> ShownSide<'_> {
        ShownSide { canary: &self.canary, looks: &self.looks }
    }
}

pub(super) async fn list(asked: &PageRequest<'_>) -> Result<Response<Body>, Refusal> {
    asked.context.caller.require(TokenScope::Read)?;
    let query = ListQuery {
        application: asked.text("application"),
        config: asked.text("config"),
        state: asked.text("state"),
        verdict: asked.text("verdict"),
        search: asked.text("search"),
        before: asked.text("before"),
    };
    if let Some(id) = found_by_id(asked, query.search.trim()).await? {
        return Ok(see_other(&canary_path(&id)));
    }
    let set = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let filter = CanaryFilter {
        application: set(&query.application),
        config_name: set(&query.config),
        states: query.state().into_iter().collect(),
        verdict: query.verdict(),
        search: set(&query.search),
        before: set(&query.before),
        ..CanaryFilter::default()
    };
    let found = asked.canaries.list(&filter).await?;
    Ok(page(StatusCode::OK, canaries_page(&asked.visitor(), &query, &found)))
}

/// The canary with `id`, or whose look has it: clients of Kayenta show executions by their ids only.
async fn found_by_id(asked: &PageRequest<'_>, id: &str) -> Result<Option<String>, CanaryError> {
    let canary = look_of_id(id).map_or_else(|| id.to_owned(), |(canary, _)| canary);
    if canary.len() != ID_LENGTH {
        return Ok(None);
    }
    match asked.canaries.get(&canary).await {
        Ok(_) => Ok(Some(canary)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) async fn show(asked: &PageRequest<'_>) -> Result<Response<Body>, Refusal> {
    if let Some((canary, _)) = look_of_id(asked.params.id()) {
        return Ok(see_other(&canary_path(&canary)));
    }
    let Shown { canary, looks } = Shown::read(asked, asked.params.id()).await?;
    let series = series(asked, &looks).await?;
    let others = others(asked, &canary.summary).await?;
    let visitor = asked.visitor();
    let html = draw(move || {
        let (looks, series, others) = (&looks, &series, &others);
        canary_page(&visitor, &CanaryView { canary: &canary, looks, series, others })
    });
    Ok(page(StatusCode::OK, html.await?))
}

/// The series of the newest judged look; empty if they are not kept any more.
async fn series(asked: &PageRequest<'_>, looks: &[CanaryLook]) -> Result<MetricSet, Refusal> {
    let Some(newest) = looks.iter().rev().find_map(CanaryLook::metric_set) else {
        return Ok(MetricSet::default());
    };
    match read_series(asked.canaries, newest, &asked.context.held).await {
        Err(Refusal::Absent(_)) => Ok(MetricSet::default()),
        found => found,
    }
}

async fn others(
    asked: &PageRequest<'_>,
    canary: &CanarySummary,
) -> Result<Vec<CanarySummary>, CanaryError> {
    let application = Some(canary.application.clone());
    let filter = CanaryFilter { application, limit: OTHERS, ..CanaryFilter::default() };
    Ok(asked.canaries.list(&filter).await?.canaries)
}

pub(super) async fn cancel(asked: &PageRequest<'_>) -> Result<Response<Body>, Refusal> {
    let (canary, _) = asked.canaries.cancel(asked.params.id(), &asked.context.actor()).await?;
    Ok(see_other(&canary_path(&canary.summary.id)))
}

pub(super) async fn compare(asked: &PageRequest<'_>) -> Result<Response<Body>, Refusal> {
    // Two canaries picked from a list, or one and another.
    let ids = asked.params.all("id").chain(asked.params.all("a")).chain(asked.params.all("b"));
    let ids: Vec<&str> = ids.collect();
    let [first, second] = ids.as_slice() else {
        return Err(Refusal::Unusable(format!("expected two canaries, got {}", ids.len())));
    };
    let first = Shown::read(asked, first).await?;
    let second = Shown::read(asked, second).await?;
    let visitor = asked.visitor();
    let html = draw(move || compare_page(&visitor, [first.side(), second.side()]));
    Ok(page(StatusCode::OK, html.await?))
}
