//! Refusals as `application/problem+json` (RFC 9457).

use axum::body::Body;
use http::{HeaderValue, Response, header};
use serde::Serialize;

use crate::refusal::{DOMAIN, Refusal};

#[derive(Serialize)]
struct ProblemJson<'a> {
    /// No type of its own: the status says it, as the standard has it, and `reason` says more.
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    reason: &'a str,
    domain: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    violations: Vec<Violation>,
}

#[derive(Serialize)]
struct Violation {
    field: String,
    description: String,
}

/// The answer that says `refusal`.
pub(crate) fn response(refusal: &Refusal) -> Response<Body> {
    let status = refusal.http_status();
    let violations = refusal
        .problems()
        .into_iter()
        .map(|problem| Violation { description: problem.message(), field: problem.path });
    let problem = ProblemJson {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or_default(),
        status: status.as_u16(),
        detail: refusal.to_string(),
        reason: refusal.reason(),
        domain: DOMAIN,
        violations: violations.collect(),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/problem+json");
    headers.insert(header::CONTENT_TYPE, json);
    if let Some(delay) = refusal.retry_delay() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(delay.as_secs().max(1)));
    }
    if let Refusal::UnsupportedEncoding { allowed, .. } = refusal {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(allowed));
    }
    if matches!(refusal, Refusal::Unauthenticated(_)) {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
