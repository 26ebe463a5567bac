//! Tokens in the base path, `/t/TOKEN/…`, for clients that send no header. The token is taken out of the path before
//! anything sees it: no log, metric or trace has it.

use http::uri::PathAndQuery;
use http::{Request, Uri, header};

use crate::callers::cookies::set_bearer;

const PREFIX: &str = "t/";

/// Marks a request whose token stood in its path: a browser must not send that path on as a referrer.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenInPath;

/// Moves the token into the header. A header that is there already wins.
pub(super) fn from_path<B>(mut request: Request<B>) -> Request<B> {
    let Some((token, uri)) = split(request.uri()) else { return request };
    *request.uri_mut() = uri;
    set_bearer(request.headers_mut(), &token);
    // A browser sends a page's address as the referrer to whatever the page loads.
    request.headers_mut().remove(header::REFERER);
    request.extensions_mut().insert(TokenInPath);
    request
}

/// The token, and the path without it.
fn split(uri: &Uri) -> Option<(String, Uri)> {
    let mut rest = uri.path_and_query()?.as_str();
    let mut token = None;
    // The answer to an unknown path repeats it, so no second token of an address that was joined twice may stay.
    while let Some(behind) = rest.trim_start_matches('/').strip_prefix(PREFIX) {
        let end = behind.find(['/', '?']).unwrap_or(behind.len());
        token = token.or(Some(&behind[..end]));
        rest = &behind[end..];
    }
    let (token, path) = (token?, rest);
    let token = percent_encoding::percent_decode_str(token).decode_utf8().ok()?.into_owned();
    // Clients append their paths to an address that may end with a slash.
    let path = format!("/{}", path.trim_start_matches('/'));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Some((token, Uri::from_parts(parts).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_a_path_becomes_a_header() {
        for (uri, path, bearer) in [
            ("/t/secret/canary/x?a=b", "/canary/x?a=b", Some("Bearer secret")),
            ("http://judge:8090/t/a%2Bb/health", "/health", Some("Bearer a+b")),
            ("/t/secret//canary/x", "/canary/x", Some("Bearer secret")),
            ("/t/secret", "/", Some("Bearer secret")),
            ("/t/secret?x=1", "/?x=1", Some("Bearer secret")),
            ("/t/secret//t/other/x", "/x", Some("Bearer secret")),
            ("//t/secret/x", "/x", Some("Bearer secret")),
            ("/test/secret", "/test/secret", None),
        ] {
            let request = from_path(Request::get(uri).body(()).unwrap());
            let found = request.headers().get(header::AUTHORIZATION);
            assert_eq!(found.map(|value| value.to_str().unwrap()), bearer, "{uri}");
            assert_eq!(request.uri().path_and_query().unwrap().as_str(), path);
        }
        let own =
            Request::get("/t/secret/x").header("authorization", "Bearer own").body(()).unwrap();
        assert_eq!(from_path(own).headers()["authorization"], "Bearer own");
    }
}
