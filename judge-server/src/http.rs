//! The HTTP side.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Html;
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use tokio_util::sync::CancellationToken;

use crate::bench::Entrance;
use crate::body;
use crate::budget::Budget;
use crate::call::Call;
use crate::convert::list_judges;
use crate::judging::Judging;
use crate::problem_json;
use crate::proto_json;
use crate::refusal::{Refusal, quoted};

const JSON: &str = "application/json";

/// The description of this side, written by hand and held against it by tests.
const OPENAPI: &str = include_str!("http/openapi.json");

/// The same for people.
const PAGE: &str = include_str!("http/page.html");

/// The header that says how many warnings a judgement has.
const WARNINGS: &str = "judge-warnings";

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) judging: Arc<Judging>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) draining: CancellationToken,
}

type Http = State<Arc<Shared>>;
type Called = Extension<Arc<Call>>;

/// Everything this side answers.
pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/judge", document(Entrance::JudgeKayenta))
        .route("/v1/judge", document(Entrance::JudgeJson))
        .route("/v1/judges", get(judges))
        .route("/v1/config:validate", document(Entrance::ValidateJson))
        .route("/healthz", get(async || plain(StatusCode::OK, "alive")))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(async || answer(OPENAPI, JSON)))
        .route("/", get(async || Html(PAGE)))
        .fallback(nothing_here)
        .method_not_allowed_fallback(another_method)
        .with_state(Arc::new(shared))
}

/// Answers a JSON document with another.
fn document(entrance: Entrance) -> MethodRouter<Arc<Shared>> {
    let answer = move |State(http): Http, Extension(call): Called, headers: HeaderMap, body| async move {
        let answered = async {
            let json = read(&http, &headers, body, &call).await?;
            http.judging.answer(entrance, json, &call).await
        };
        let mut response = json_or_problem(answered.await, &call);
        // Kayenta's result has no place for warnings.
        let warnings = call.warnings().filter(|_| entrance == Entrance::JudgeKayenta);
        if let Some(warnings) = warnings {
            response.headers_mut().insert(WARNINGS, HeaderValue::from(warnings));
        }
        response
    };
    post(answer)
}

async fn judges(Extension(call): Called) -> Response<Body> {
    json_or_problem(proto_json::write(&list_judges()), &call)
}

async fn ready(State(http): Http) -> Response<Body> {
    if http.draining.is_cancelled() {
        plain(StatusCode::SERVICE_UNAVAILABLE, "shutting down")
    } else {
        plain(StatusCode::OK, "ready")
    }
}

async fn metrics(State(http): Http, Extension(call): Called) -> Response<Body> {
    let metrics = &http.judging.metrics;
    let gauge = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    metrics.admitted.set(gauge(http.judging.pool.admitted()));
    metrics.buffered_bytes.set(gauge(http.budget.used()));
    match metrics.text() {
        Ok(text) => answer(text, "text/plain; version=0.0.4; charset=utf-8"),
        Err(_) => problem_json::response(&call.refuse(Refusal::Internal)),
    }
}

async fn nothing_here(Extension(call): Called, uri: http::Uri) -> Response<Body> {
    let text = format!("nothing at {}; what there is stands at /", quoted(uri.path()));
    problem_json::response(&call.refuse(Refusal::NotFound(text)))
}

async fn another_method(
    Extension(call): Called,
    method: http::Method,
    uri: http::Uri,
) -> Response<Body> {
    let (path, method) = (quoted(uri.path()), quoted(method.as_str()));
    let text = format!("{path} does not take {method}; what it takes stands at /");
    problem_json::response(&call.refuse(Refusal::MethodNotAllowed(text)))
}

async fn read(
    http: &Shared,
    headers: &HeaderMap,
    body: Body,
    call: &Call,
) -> Result<bytes::Bytes, Refusal> {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if let Some(content_type) = content_type {
        let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
        let essence = essence.trim_ascii().to_ascii_lowercase();
        if essence != JSON.as_bytes() && !essence.ends_with(b"+json") {
            let text = format!(
                "content type {:?}, but allowed is {JSON}",
                quoted(&String::from_utf8_lossy(content_type))
            );
            return Err(Refusal::UnsupportedMediaType(text));
        }
    }
    body::read(body, http.judging.limits.message_bytes, call).await
}

fn json_or_problem(json: Result<impl Into<Body>, Refusal>, call: &Call) -> Response<Body> {
    match json {
        Ok(json) => answer(json, JSON),
        Err(refusal) => problem_json::response(&call.refuse(refusal)),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = answer(text, "text/plain; charset=utf-8");
    *response.status_mut() = status;
    response
}

fn answer(body: impl Into<Body>, content_type: &'static str) -> Response<Body> {
    let mut response = Response::new(body.into());
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

#[cfg(test)]
mod tests;
