//! Answers to browsers.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use judge_pages::POLICY;

use crate::convert::refusal::{Refusal, quoted};

/// A page with its policy: no other site may show it in a frame, run anything in it, or learn its address.
pub(super) fn page(status: StatusCode, html: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(html.into());
    *response.status_mut() = status;
    let fixed: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // Not `no-referrer`: then forms of this server's own pages would have no origin.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let headers = response.headers_mut();
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
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
    let bytes = if gzip { &asset.gzip } else { &asset.plain };
    let mut response = Response::new(Body::from(Bytes::from_static(bytes)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // A new content has a new address.
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    headers.insert(header::CACHE_CONTROL, forever);
    if gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}
