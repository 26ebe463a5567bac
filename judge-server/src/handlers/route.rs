//! A route: how a call is treated, and its handler.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

use super::Entrance;
pub(crate) use super::calls::{CanaryCall, KayentaCall, PageCall, ScoreCall};
use crate::callers::tokens::TokenScope;

// The requirements of a route, as the tables of routes name them.
pub(super) const ANY: Option<TokenScope> = Some(TokenScope::Any);
pub(super) const JUDGE: Option<TokenScope> = Some(TokenScope::Judge);
pub(super) const READ: Option<TokenScope> = Some(TokenScope::Read);
pub(super) const WRITE: Option<TokenScope> = Some(TokenScope::Write);
pub(super) const ADMIN: Option<TokenScope> = Some(TokenScope::Admin);

/// A port of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    Grpc,
    Http,
    /// Kayenta's own API, on a port of its own.
    Kayenta,
}

/// How a call is admitted, read and ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Answered once, from a whole request.
    Call,
    /// The same, with a judgement: refused at once if there is no room for one.
    Judgement,
    /// The same for probes, with a budget of its own.
    Probe,
    /// A watch of the health or a lookup of reflection: open as long as its client wants and `stream-age` lets; with a budget of
    /// its own.
    Watch,
    /// Answered from a whole request by events, as long as its client wants and `stream-age` lets.
    Events,
    /// Open as long as messages come and `stream-age` lets.
    Stream,
}

/// The handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handler {
    /// A gRPC call with one message.
    Grpc(Entrance),
    /// A stream of messages.
    Stream,
    /// A stream of points.
    Monitor,
    ListJudges,
    /// Health and reflection.
    Others,
    /// A call with a JSON document.
    Document(Entrance),
    Judges,
    Alive,
    Ready,
    Metrics,
    OpenApi,
    Page,
    /// Canaries and configs: the contract's `CanaryService`.
    Canary(CanaryCall),
    /// Kayenta's own API.
    Kayenta(KayentaCall),
    KayentaHealth,
    /// A score without storing a canary.
    Score(ScoreCall),
    /// A page for people.
    Pages(PageCall),
    /// The points of past releases as a file.
    ExportHistory,
}

/// A route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) side: Port,
    /// The method of HTTP that it takes.
    pub(crate) method: &'static str,
    /// Its path: `{name}` matches one segment, `{name*}` the rest.
    pub(crate) path: &'static str,
    /// The method in logs and metrics. A stream's messages are `JudgeStream`, each a call of its own.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The scope that a token needs; `None` if anyone may call.
    pub(crate) scope: Option<TokenScope>,
    pub(crate) handler: Handler,
    /// The method of the contract whose messages come and go as JSON.
    pub(crate) rpc: Option<&'static str>,
    /// Whether browsers call it: a cookie may have the token, and a refusal is a page.
    pub(crate) is_page: bool,
    /// What it does, for people.
    pub(crate) summary: &'static str,
}

impl Route {
    /// Whether it takes `method`.
    pub(crate) fn takes(&self, method: &Method) -> bool {
        *method == self.method || (*method == Method::HEAD && self.method == "GET")
    }

    /// Values of the names of its path in `path`, decoded; `None` for another path.
    pub(crate) fn params<'a>(&self, path: &'a str) -> Option<Vec<Cow<'a, str>>> {
        let mut params = Vec::new();
        let mut rest = path.strip_prefix('/')?;
        let mut parts = self.path.strip_prefix('/')?.split('/').peekable();
        while let Some(part) = parts.next() {
            let is_last = parts.peek().is_none();
            let found = if part.ends_with("*}") {
                std::mem::take(&mut rest)
            } else {
                let (found, behind) = match rest.split_once('/') {
                    Some((found, behind)) if !is_last => (found, behind),
                    None if is_last => (rest, ""),
                    _ => return None,
                };
                rest = behind;
                found
            };
            if !part.starts_with('{') {
                if part != found {
                    return None;
                }
            } else if found.is_empty() {
                return None;
            } else {
                params.push(percent_decode_str(found).decode_utf8().ok()?);
            }
        }
        Some(params)
    }
}

/// A route with its own HTTP method.
pub(super) const fn call(
    side: Port,
    method: &'static str,
    path: &'static str,
    scope: Option<TokenScope>,
    handler: Handler,
    summary: &'static str,
) -> Route {
    let (name, kind, rpc, is_page) = (path, Kind::Call, None, false);
    Route { side, method, path, name, kind, scope, handler, rpc, is_page, summary }
}

pub(super) const fn grpc(
    path: &'static str,
    name: &'static str,
    kind: Kind,
    scope: Option<TokenScope>,
    handler: Handler,
) -> Route {
    Route { name, kind, ..call(Port::Grpc, "POST", path, scope, handler, "") }
}

/// A method of the contract, by its service and its name there.
macro_rules! method {
    ($service:literal, $name:literal, $kind:expr, $scope:expr, $handler:expr) => {
        grpc(concat!("/canary.judge.v1.", $service, "/", $name), $name, $kind, $scope, $handler)
    };
}
pub(super) use method;

/// The same `method` of the contract with JSON.
pub(super) const fn json(
    method: Route,
    of_http: &'static str,
    path: &'static str,
    summary: &'static str,
) -> Route {
    let (side, rpc) = (Port::Http, Some(method.name));
    Route { side, method: of_http, path, name: path, rpc, summary, ..method }
}

pub(super) const fn http(
    path: &'static str,
    kind: Kind,
    scope: Option<TokenScope>,
    handler: Handler,
    summary: &'static str,
) -> Route {
    let method = if matches!(handler, Handler::Document(_)) { "POST" } else { "GET" };
    Route { kind, ..call(Port::Http, method, path, scope, handler, summary) }
}
