//! Pages of configs: the list, and a config with its problems and the results of its queries.

use std::collections::BTreeMap;

use axum::body::Body;
use http::{Response, StatusCode};
use judge_canary::{
    CanaryError, ConfigChoice, ConfigVersion, DEFAULT_SCOPE, Existing, PairWindows, PlanSpec,
    PlanTimes, RunnableConfig, ScopePair, SideWindow, UnusableConfig,
};
use judge_contract::guard;
use judge_core::{Problem, kayenta};
use judge_pages::{ConfigView, TriedLook, TryQuery, config_page, config_path, configs_page};
use serde_json::Value;

use super::html::{page, see_other};
use super::request::{PageRequest, draw};
use crate::callers::tokens::TokenScope;
use crate::convert::canary_request::read_config_text;
use crate::convert::refusal::Refusal;

/// Timeout of the sources in a trial, because a browser waits for it.
const FETCH_MILLIS: u64 = 20_000;

/// Time between two points of a trial.
const STEP_MILLIS: u64 = 60_000;

/// The longest window of a trial.
const MOST_MINUTES: u64 = 24 * 60;

/// The text of a new config in the form.
const NEW: &str = include_str!("new_config.json");

/// The content of the page of a config.
#[derive(Default)]
struct Shown {
    version: Option<ConfigVersion>,
    versions: Vec<ConfigVersion>,
    text: String,
    refused: Option<String>,
    query: TryQuery,
    tried: Option<TriedLook>,
}

pub(super) async fn list(asked: &PageRequest<'_>) -> Result<Response<Body>, Refusal> {
    let configs = asked.canaries.configs(&[]).await?;
    Ok(page(StatusCode::OK, configs_page(&asked.visitor(), &configs)))
}

pub(super) async fn new(asked: &PageRequest<'_>) -> Result<Response<Body>, Refusal> {
    let shown = Shown { text: NEW.trim_end().to_owned(), ..Shown::default() };
    shown.page(asked, StatusCode::OK).await
}

pub(super) async fn show(asked: &PageRequest<'_>) -> Result<Response<Body>, Refusal> {
    let mut shown = Shown::stored(asked).await?;
    let document = shown.version.as_ref().map(|version| &version.document);
    shown.text = document.map(|document| format!("{document:#}")).unwrap_or_default();
    shown.page(asked, StatusCode::OK).await
}

/// Stores the config in the form, or only checks it or tries its queries.
pub(super) async fn submit(asked: &PageRequest<'_>) -> Result<Response<Body>, Refusal> {
    let mut shown = Shown::stored(asked).await?;
    shown.text = asked.text("text").replace("\r\n", "\n");
    guard::check_config_text(&shown.text, &asked.handlers.limits)?;
    match asked.params.get("do") {
        Some("store") => {
            asked.context.caller.require(TokenScope::Write)?;
            match store(asked, &shown.text).await {
                Ok(id) => return Ok(see_other(&config_path(&id))),
                Err(refusal) if refusal.http_status().is_client_error() => {
                    let status = refusal.http_status();
                    shown.refused = Some(refusal.to_string());
                    return shown.page(asked, status).await;
                }
                Err(refusal) => return Err(refusal),
            }
        }
        Some("try") => {
            asked.context.caller.require(TokenScope::Judge)?;
            shown.query = TryQuery {
                baseline: asked.text("baseline"),
                canary: asked.text("canary"),
                location: asked.text("location"),
                minutes: asked.text("minutes"),
            };
            shown.tried = Some(attempt(asked, &shown.text, &shown.query).await);
        }
        _ => {}
    }
    shown.page(asked, StatusCode::OK).await
}

pub(super) async fn delete(asked: &PageRequest<'_>) -> Result<Response<Body>, Refusal> {
    asked.canaries.delete_config(asked.params.id(), &asked.context.actor()).await?;
    Ok(see_other("/configs"))
}

/// Returns the id of the stored config.
async fn store(asked: &PageRequest<'_>, text: &str) -> Result<String, Refusal> {
    let document = read_config_text(text)?;
    let id = Some(asked.params.id()).filter(|id| !id.is_empty());
    let existing = if id.is_some() { Existing::Must } else { Existing::MustNot };
    let actor = asked.context.actor();
    Ok(asked.canaries.put_config(id, document, existing, &actor).await?.id)
}

/// One look over the last minutes, without storing it.
async fn attempt(asked: &PageRequest<'_>, text: &str, query: &TryQuery) -> TriedLook {
    let minutes =
        query.minutes.trim().parse().ok().filter(|minutes| (1..=MOST_MINUTES).contains(minutes));
    let Some(minutes) = minutes else {
        let found = &query.minutes;
        return TriedLook::Refused(format!("minutes: expected 1 to {MOST_MINUTES}, got {found:?}"));
    };
    let document = match read_config_text(text) {
        Ok(document) => document,
        Err(refusal) => return TriedLook::Refused(refusal.to_string()),
    };
    let spec = plan(&document, query, minutes, asked.canaries.now_millis());
    match asked.canaries.look_now(&ConfigChoice::Inline(document), None, spec, None).await {
        Ok((look, set)) => TriedLook::Made(Box::new(look), set),
        Err(error) => TriedLook::Refused(error.to_string()),
    }
}

/// The last minutes of every scope that the config names.
fn plan(document: &Value, query: &TryQuery, minutes: u64, now: i64) -> PlanSpec {
    let step = i64::try_from(STEP_MILLIS).unwrap_or(i64::MAX);
    let end_millis = now.div_euclid(step).saturating_mul(step);
    let window = SideWindow {
        start_millis: end_millis.saturating_sub_unsigned(minutes.saturating_mul(60_000)),
        end_millis,
        step_millis: STEP_MILLIS,
    };
    let mut pair = ScopePair::new(query.baseline.clone(), query.canary.clone());
    pair.baseline.location.clone_from(&query.location);
    pair.canary.location.clone_from(&query.location);
    let metrics = document.get("metrics").and_then(Value::as_array).into_iter().flatten();
    let names = metrics.filter_map(|metric| metric.get("scopeName")?.as_str());
    let names = names.filter(|name| !name.is_empty()).chain([DEFAULT_SCOPE]);
    let scopes: BTreeMap<String, ScopePair> =
        names.map(|name| (name.to_owned(), pair.clone())).collect();
    let windows = PairWindows { baseline: window, canary: window };
    let windows = scopes.keys().map(|name| (name.clone(), windows)).collect();
    PlanSpec { fetch_millis: FETCH_MILLIS, ..PlanSpec::new(scopes, PlanTimes::Once(windows)) }
}

/// Whether the text is a config that can judge canaries, and its problems.
fn check(text: &str) -> (bool, Vec<Problem>) {
    let document = match serde_json::from_str::<Value>(text) {
        Ok(document) => document,
        Err(error) => {
            let found = format!("text that is not JSON: {error}");
            return (false, vec![Problem::error("", found, "one JSON document")]);
        }
    };
    let mut problems = kayenta::check_config(text.as_bytes());
    let read = RunnableConfig::read(&document, None);
    if let Err(UnusableConfig::Refused(refused)) = &read {
        let more = refused.problems().iter().filter(|problem| !problems.contains(problem));
        let more: Vec<Problem> = more.cloned().collect();
        problems.extend(more);
    }
    (read.is_ok(), problems)
}

impl Shown {
    /// The config in the path, if there is one.
    async fn stored(asked: &PageRequest<'_>) -> Result<Self, Refusal> {
        let id = asked.params.id();
        if id.is_empty() {
            return Ok(Self::default());
        }
        let version = asked.params.whole("version", 0)?;
        let version = i64::try_from(version).ok().filter(|version| *version > 0);
        let version = asked.canaries.config(id, version).await?;
        let versions: Result<_, CanaryError> = asked.canaries.config_versions(id).await;
        Ok(Self { version: Some(version), versions: versions?, ..Self::default() })
    }

    async fn page(
        self,
        asked: &PageRequest<'_>,
        status: StatusCode,
    ) -> Result<Response<Body>, Refusal> {
        let visitor = asked.visitor();
        let html = draw(move || {
            let (is_usable, problems) = check(&self.text);
            let view = ConfigView {
                version: self.version.as_ref(),
                versions: &self.versions,
                text: &self.text,
                is_usable,
                problems: &problems,
                refused: self.refused.as_deref(),
                query: &self.query,
                tried: self.tried.as_ref(),
            };
            config_page(&visitor, &view)
        });
        Ok(page(status, html.await?))
    }
}
