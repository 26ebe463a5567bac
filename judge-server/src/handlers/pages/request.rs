//! The request of a browser, and the token of its forms.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, Request, Response, header};
use judge_canary::Canaries;
use judge_pages::{Right, Visitor};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::super::http as plain;
use super::super::params::Params;
use super::super::routes::Kind;
use super::super::{Context, Handlers};
use crate::callers::cookies;
use crate::callers::tokens::TokenScope;
use crate::convert::refusal::Refusal;

/// Most bytes of a form without a token.
const OPEN_FORM_BYTES: u64 = 8 * 1024;

/// Most fields of a form: ours have fewer.
const FIELDS: usize = 32;

/// The request of a browser.
pub(super) struct PageRequest<'a> {
    pub(super) handlers: &'a Handlers,
    pub(super) canaries: &'a Canaries,
    pub(super) context: &'a Context,
    pub(super) params: Params,
    /// The secret that distinguishes this browser's forms from those of other sites, against forged requests (CSRF).
    secret: String,
    is_new: bool,
}

impl<'a> PageRequest<'a> {
    /// # Errors
    /// If a form cannot be read, or does not come from a page of this server.
    pub(super) async fn read(
        handlers: &'a Handlers,
        canaries: &'a Canaries,
        context: &'a Context,
        request: Request<Body>,
    ) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        let (secret, is_new) = secret(&head.headers);
        let is_form = context.route.method == "POST";
        let params = if is_form {
            let limit = match context.route.kind {
                Kind::Probe => OPEN_FORM_BYTES,
                _ => handlers.limits.message_bytes,
            };
            let form = plain::read(body, limit).await?;
            Params::read_form(context.route, &head.uri, &form, FIELDS)?
        } else {
            Params::read(context.route, &head.uri)?
        };
        let asked = Self { handlers, canaries, context, params, secret, is_new };
        let given = asked.params.get("form").unwrap_or_default();
        if is_form && !bool::from(given.as_bytes().ct_eq(asked.form_token().as_bytes())) {
            let text =
                "the form is of no page of this server, or of another session: load its page again";
            return Err(Refusal::ForeignSite(text.to_owned()));
        }
        Ok(asked)
    }

    /// The token in forms, derived from the secret and not revealing it.
    pub(super) fn form_token(&self) -> String {
        let digest = Sha256::new().chain_update("form ").chain_update(&self.secret).finalize();
        URL_SAFE_NO_PAD.encode(digest)
    }

    /// The viewer of the page.
    pub(super) fn visitor(&self) -> Visitor {
        let caller = &self.context.caller;
        let rights = [
            (Right::Judge, TokenScope::Judge),
            (Right::Write, TokenScope::Write),
            (Right::Admin, TokenScope::Admin),
        ];
        let rights = rights.into_iter().filter(|(_, scope)| caller.require(*scope).is_ok());
        Visitor {
            name: caller.token_name().map(ToString::to_string),
            rights: rights.map(|(right, _)| right).collect(),
            form_token: self.form_token(),
        }
    }

    /// Text of a form or query; empty if it is missing.
    pub(super) fn text(&self, name: &str) -> String {
        self.params.get(name).unwrap_or_default().to_owned()
    }

    /// Makes the browser keep its secret.
    pub(super) fn with_form_cookie(&self, mut response: Response<Body>) -> Response<Body> {
        let cookie =
            cookies::keep_form_secret(&self.secret, self.handlers.settings.secure_cookies());
        if let Some(cookie) = cookie.filter(|_| self.is_new) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// The secret of the browser, or a new one.
fn secret(headers: &HeaderMap) -> (String, bool) {
    match cookies::form_secret(headers) {
        Some(secret) => (secret.to_owned(), false),
        None => (Uuid::new_v4().simple().to_string(), true),
    }
}

/// Renders a page on a thread where it blocks no other call.
pub(super) async fn draw(
    work: impl FnOnce() -> String + Send + 'static,
) -> Result<String, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::Internal)
}
