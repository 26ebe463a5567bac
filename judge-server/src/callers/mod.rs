//! Identifies callers: by token, by certificate, or else by address.

pub(crate) mod cookies;
pub(crate) mod tokens;

use std::sync::Arc;

use http::HeaderMap;

use crate::convert::refusal::{Refusal, Token};
use crate::transport::activity::Peer;
use crate::transport::reload::Fresh;
use crate::transport::{ClientCertificate, site};
use tokens::{Entry, TokenScope, Tokens};

/// A caller and its permissions, which are checked again at each use.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) peer: Arc<Peer>,
    /// Its token, if tokens are required.
    token: Option<(Fresh<Tokens>, Result<Entry, Token>)>,
}

impl Caller {
    pub(crate) fn new(
        peer: Arc<Peer>,
        tokens: Option<&Fresh<Tokens>>,
        headers: &HeaderMap,
    ) -> Self {
        let token = tokens.map(|tokens| (tokens.clone(), tokens.load().find(headers)));
        Self { peer, token }
    }

    /// The name of its token, else the subject of its certificate.
    pub(crate) fn name(&self) -> Option<&Arc<str>> {
        let subject = || self.peer.certificate.as_ref().map(ClientCertificate::subject);
        self.token_name().or_else(subject)
    }

    /// The name of its token alone.
    pub(crate) fn token_name(&self) -> Option<&Arc<str>> {
        let (_, found) = self.token.as_ref()?;
        found.as_ref().ok().map(Entry::name)
    }

    /// Whether `token` is valid; `None` if callers need none.
    pub(crate) fn knows(&self, token: &str) -> Option<bool> {
        let (tokens, _) = self.token.as_ref()?;
        Some(tokens.load().find_text(token).is_some())
    }

    /// The holder of its share of the budget. Callers without a name behind a proxy have no share.
    pub(crate) fn share(&self) -> Option<String> {
        match self.name() {
            Some(name) => Some(format!("name {name}")),
            None if self.peer.is_proxy => None,
            None => Some(site(self.peer.address.ip()).to_string()),
        }
    }

    /// Checks that it may make calls of `scope` now: tokens and certificates may have changed since it connected.
    pub(crate) fn require(&self, scope: TokenScope) -> Result<(), Refusal> {
        let certificate = self.peer.certificate.as_ref();
        if certificate.is_some_and(|certificate| !certificate.is_good()) {
            return Err(Refusal::Revoked);
        }
        let Some((tokens, found)) = &self.token else { return Ok(()) };
        let entry = found.as_ref().map_err(|why| Refusal::Unauthenticated(*why))?;
        tokens.load().require(entry, scope)
    }
}
