//! The page that a browser gets if a call is refused.

use axum::body::Body;
use http::{Method, Request, Response, StatusCode};
use judge_pages::{message_page, refresh_page};

use super::html::{page, see_other};
use crate::convert::refusal::Refusal;

/// The page that a browser asked for, for the layer that refuses it.
#[derive(Debug)]
pub(crate) struct Visit {
    path: String,
    is_read: bool,
    /// A link of another site led here: such a request has no cookie with the token.
    is_from_elsewhere: bool,
}

impl Visit {
    pub(crate) fn new<B>(request: &Request<B>) -> Self {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let site = request.headers().get("sec-fetch-site");
        Self {
            path: path.to_owned(),
            is_read: matches!(*request.method(), Method::GET | Method::HEAD),
            is_from_elsewhere: site.is_some_and(|site| site == "cross-site"),
        }
    }
}

/// A page that asks for a token, or explains the error.
pub(crate) fn refuse(refusal: &Refusal, visit: &Visit) -> Response<Body> {
    match refusal {
        Refusal::Unauthenticated(_) if visit.is_read && visit.is_from_elsewhere => {
            page(StatusCode::OK, refresh_page(&visit.path))
        }
        Refusal::Unauthenticated(_) => {
            let to = if visit.is_read { visit.path.as_str() } else { "/" };
            let query =
                form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
            see_other(&format!("/login?{query}"))
        }
        _ => {
            let status = refusal.http_status();
            let title = status.canonical_reason().unwrap_or("No page");
            page(status, message_page(None, title, &refusal.to_string()))
        }
    }
}
