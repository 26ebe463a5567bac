//! Refusals as answers: a status of gRPC, or `application/problem+json` (RFC 9457).

use axum::body::Body;
use axum::response::IntoResponse;
use http::{HeaderMap, HeaderValue, Response, header};
use serde::Serialize;
use tonic::{Code, Status};

use crate::convert::refusal::{DOMAIN, Refusal};
use crate::handlers::routes::Port;

/// The answer of one port to a refused call.
pub(super) fn refuse(side: Port, refusal: &Refusal) -> Response<Body> {
    // Only a client of gRPC can read what gRPC answers.
    let foreign = matches!(
        refusal,
        Refusal::UnsupportedMediaType(_)
            | Refusal::MethodNotAllowed { .. }
            | Refusal::BadHeaders(_)
            | Refusal::UnsupportedTransfer(_)
    );
    match side {
        Port::Kayenta => return kayenta_json(refusal),
        Port::Http => return problem_json(refusal),
        Port::Grpc if foreign => return problem_json(refusal),
        Port::Grpc => {}
    }
    let mut response = Status::from(refusal.clone()).into_http();
    if let Refusal::UnsupportedEncoding { allowed, .. } = refusal {
        let headers = response.headers_mut();
        headers.insert("grpc-accept-encoding", HeaderValue::from_static(allowed));
    }
    response
}

/// The status of an answer of gRPC that failed before its body, else OK.
pub(super) fn code(headers: &HeaderMap) -> Code {
    headers.get("grpc-status").map_or(Code::Ok, |value| Code::from_bytes(value.as_bytes()))
}

/// Drops the body; keeps status and headers.
pub(super) fn without_body(response: &mut Response<Body>) {
    *response.body_mut() = Body::empty();
    response.headers_mut().remove(header::CONTENT_TYPE);
}

/// In Kayenta's form: its clients read only the message.
fn kayenta_json(refusal: &Refusal) -> Response<Body> {
    let body = serde_json::json!({"message": refusal.to_string()}).to_string();
    let mut response = problem_json(refusal).map(|_| Body::from(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    /// Without a type, as the standard allows: the status is enough, and `reason` says more.
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

fn problem_json(refusal: &Refusal) -> Response<Body> {
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
    let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
    let mut response = (status, content_type, body).into_response();
    let headers = response.headers_mut();
    if let Some(delay) = refusal.retry_delay() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(delay.as_secs().max(1)));
    }
    if let Refusal::UnsupportedEncoding { allowed, .. } = refusal {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(allowed));
    }
    if let Refusal::MethodNotAllowed { allowed, .. } = refusal {
        headers.extend(HeaderValue::from_str(allowed).map(|allowed| (header::ALLOW, allowed)));
    }
    if matches!(refusal, Refusal::Unauthenticated(_) | Refusal::Revoked) {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::refusal::Token;

    #[test]
    fn a_401_says_what_authenticates() {
        for refusal in [Refusal::Revoked, Refusal::Unauthenticated(Token::Missing)] {
            for side in [Port::Http, Port::Kayenta] {
                let response = refuse(side, &refusal);
                assert_eq!(response.status().as_u16(), 401);
                assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
            }
        }
    }
}
