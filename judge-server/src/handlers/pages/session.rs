//! Signing in and out.

use axum::body::Body;
use http::{Response, StatusCode, header};
use judge_pages::login_page;

use super::html::{page, see_other};
use super::request::PageRequest;
use crate::callers::cookies;
use crate::convert::refusal::Refusal;

/// Asks for a token.
pub(super) fn sign_in(asked: &PageRequest) -> Response<Body> {
    if asked.context.caller.knows("").is_none() {
        return see_other("/");
    }
    page(StatusCode::OK, login_page(&asked.form_token(), &destination(asked), false))
}

/// Keeps a token in a cookie.
pub(super) fn signed_in(asked: &PageRequest) -> Result<Response<Body>, Refusal> {
    let (token, to) = (asked.text("token"), destination(asked));
    let token = token.trim();
    if asked.context.caller.knows(token) == Some(false) {
        return Ok(page(StatusCode::FORBIDDEN, login_page(&asked.form_token(), &to, true)));
    }
    let cookie = cookies::keep_token(token, asked.handlers.settings.secure_cookies());
    let mut response = see_other(&to);
    response.headers_mut().append(header::SET_COOKIE, cookie.ok_or(Refusal::Internal)?);
    Ok(response)
}

/// Forgets the token.
pub(super) fn sign_out(asked: &PageRequest) -> Response<Body> {
    let mut response = see_other("/login");
    let cookie = cookies::forget_token(asked.handlers.settings.secure_cookies());
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

/// The page of this server to continue with.
fn destination(asked: &PageRequest) -> String {
    let to = asked.params.get("to").unwrap_or("/");
    let is_path = to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/login");
    let is_plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain { to.to_owned() } else { "/".to_owned() }
}
