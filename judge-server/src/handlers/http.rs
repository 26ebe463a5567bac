//! Calls of HTTP.

use axum::body::Body;
use axum::response::IntoResponse;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;

use super::{Answered, Context, Entrance, Failure, Handlers, openapi};
use crate::convert::refusal::{Refusal, quoted};
use crate::observe::metrics::Metrics;

const JSON: &str = "application/json";

/// The header with the number of warnings of a judgement.
const WARNINGS: &str = "judge-warnings";

impl Handlers {
    /// Handler of a call with a JSON document and a JSON answer.
    pub(super) async fn document(
        &self,
        entrance: Entrance,
        context: &Context,
        request: Request<Body>,
    ) -> Result<Answered, Failure> {
        require_json(request.headers())?;
        let json = read(request.into_body(), self.limits.message_bytes).await?;
        let (answer, outcome) = self.judge(entrance, json, &context.held).await?;
        let mut response = respond(StatusCode::OK, JSON, answer);
        // Kayenta's result has no place for warnings.
        let warnings = outcome.warnings().filter(|_| entrance == Entrance::JudgeKayenta);
        if let Some(warnings) = warnings {
            response.headers_mut().insert(WARNINGS, HeaderValue::from(warnings));
        }
        Ok((response, outcome).into())
    }

    pub(super) fn ready(&self) -> Answered {
        if self.leaving.is_cancelled() {
            plain(StatusCode::SERVICE_UNAVAILABLE, "shutting down")
        } else {
            plain(StatusCode::OK, "ready")
        }
    }

    pub(super) fn metrics(&self, metrics: &Metrics) -> Result<Answered, Failure> {
        metrics.buffered_bytes.set(i64::try_from(self.budget.used()).unwrap_or(i64::MAX));
        let text = metrics.text().map_err(|_| Refusal::Internal)?;
        Ok(answered(text, "text/plain; version=0.0.4; charset=utf-8"))
    }
}

pub(super) fn page() -> Answered {
    answered(openapi::page(), "text/html; charset=utf-8")
}

pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let Some(content_type) = content_type else { return Ok(()) };
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    let essence = essence.trim_ascii().to_ascii_lowercase();
    if essence == JSON.as_bytes() || essence.ends_with(b"+json") {
        return Ok(());
    }
    let found = quoted(&String::from_utf8_lossy(content_type));
    let text = format!("content-type: expected {JSON}, got {found:?}");
    Err(Refusal::UnsupportedMediaType(text))
}

/// Reads a whole body of at most `limit` bytes. Its pieces are copied, because a piece of one byte would take a hundred.
pub(super) async fn read(mut body: Body, limit: u64) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::MessageTooLarge { limit };
    if http_body::Body::size_hint(&body).lower() > limit {
        return Err(too_large());
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Refusal::within(&error).unwrap_or_else(|| Refusal::Unreadable(error.to_string()))
        })?;
        if let Ok(data) = frame.into_data() {
            if (whole.len() + data.len()) as u64 > limit {
                return Err(too_large());
            }
            if whole.is_empty() && http_body::Body::is_end_stream(&body) {
                return Ok(data);
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.freeze())
}

pub(super) fn plain(status: StatusCode, text: &'static str) -> Answered {
    respond(status, "text/plain; charset=utf-8", text).into()
}

/// A document with a status of its own.
pub(super) fn json(status: StatusCode, body: impl Into<Body>) -> Answered {
    respond(status, JSON, body).into()
}

fn answered(body: impl Into<Body>, content_type: &'static str) -> Answered {
    respond(StatusCode::OK, content_type, body).into()
}

fn respond(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Body>,
) -> Response<Body> {
    (status, [(header::CONTENT_TYPE, content_type)], body.into()).into_response()
}
