//! Answers to browsers.

use axum::body::Body;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use judge_pages::POLICY;

use crate::convert::refusal::{Refusal, quoted};

/// A page with its policy: no other site may show it in a frame, run anything in it, or learn its address.
pub(super) fn page(status: StatusCode, html: impl Into<Body>) -> Response<Body> {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // Not `no-referrer`: then forms of this server's own pages would have no origin.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, html.into()).into_response()
}

/// Redirects a browser to another page.
pub(super) fn see_other(path: &str) -> Response<Body> {
    let mut response = page(StatusCode::SEE_OTHER, Body::empty());
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    let path = HeaderValue::try_from(path);
    headers.insert(header::LOCATION, path.unwrap_or(HeaderValue::from_static("/")));
    response
}

/// A file that pages need, compressed if the browser accepts that.
pub(super) fn asset(request: &Request<Body>) -> Result<Response<Body>, Refusal> {
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    let asset = judge_pages::asset(name);
    let asset = asset.ok_or_else(|| Refusal::NotFound(format!("no file {}", quoted(name))))?;
    let accepted = request.headers().get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let gzip = accepted.split(',').any(|coding| coding.trim().eq_ignore_ascii_case("gzip"));
    let (bytes, coding) = if gzip { (&asset.gzip, Some("gzip")) } else { (&asset.plain, None) };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::VARY, "accept-encoding"),
        // A new content has a new address.
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    let coding = coding.map(|coding| [(header::CONTENT_ENCODING, coding)]);
    Ok((headers, coding, Bytes::from_static(bytes)).into_response())
}
