//! The one table of what can be called: the layers read from it how a call is treated, the handlers what
//! answers it, `openapi.json` what is described.

use crate::callers::tokens::Scope;

use super::Entrance;

/// A port of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Grpc,
    Http,
}

/// How a call is admitted, read and ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Answered once, from a whole request.
    Call,
    /// The same, and judged: refused at once where there is no room for a judgement.
    Judgement,
    /// The same, for who watches the server; with a budget of its own.
    Probe,
    /// Open as long as its client wants and `stream-age` lets; with a budget of its own.
    Watch,
    /// Open as long as messages come and `stream-age` lets.
    Stream,
}

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handler {
    /// A message of gRPC with another.
    Grpc(Entrance),
    /// A stream of messages.
    Stream,
    ListJudges,
    /// Health and reflection.
    Others,
    /// A JSON document with another.
    Document(Entrance),
    Judges,
    Alive,
    Ready,
    Metrics,
    OpenApi,
    Page,
}

/// One thing that can be called.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) side: Side,
    pub(crate) path: &'static str,
    /// The method in logs and metrics. A stream's messages are `JudgeStream`, each a call of its own.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What a token must be for; nothing where anyone may call.
    pub(crate) scope: Option<Scope>,
    pub(crate) handler: Handler,
    /// Messages of the contract that come and go as JSON.
    pub(crate) messages: Option<Messages>,
    /// What it does, for people.
    pub(crate) summary: &'static str,
}

/// The names of a request and its answer; a route without a request is asked with GET.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Messages {
    pub(crate) request: Option<&'static str>,
    pub(crate) response: &'static str,
}

impl Route {
    /// The method of HTTP that it takes.
    pub(crate) fn method(&self) -> http::Method {
        match (self.side, self.handler) {
            (Side::Grpc, _) | (_, Handler::Document(_)) => http::Method::POST,
            _ => http::Method::GET,
        }
    }

    /// The methods that it takes, as a header lists them.
    pub(crate) fn allowed(&self) -> &'static str {
        if self.method() == http::Method::POST { "POST" } else { "GET,HEAD" }
    }
}

const fn grpc(
    path: &'static str,
    name: &'static str,
    kind: Kind,
    scope: Option<Scope>,
    handler: Handler,
) -> Route {
    Route { side: Side::Grpc, path, name, kind, scope, handler, messages: None, summary: "" }
}

const fn http(
    path: &'static str,
    kind: Kind,
    scope: Option<Scope>,
    handler: Handler,
    summary: &'static str,
) -> Route {
    Route { side: Side::Http, path, name: path, kind, scope, handler, messages: None, summary }
}

impl Route {
    /// The same, with messages of the contract that come and go as JSON.
    const fn json(mut self, request: Option<&'static str>, response: &'static str) -> Self {
        self.messages = Some(Messages { request, response });
        self
    }
}

const JUDGES: Option<Scope> = Some(Scope::Judge);

/// Everything that can be called.
pub(crate) const ROUTES: &[Route] = &[
    grpc(
        "/canary.judge.v1.JudgeService/Judge",
        "Judge",
        Kind::Judgement,
        JUDGES,
        Handler::Grpc(Entrance::Judge),
    ),
    grpc(
        "/canary.judge.v1.JudgeService/JudgeStream",
        "JudgeStreamOpen",
        Kind::Stream,
        JUDGES,
        Handler::Stream,
    ),
    grpc(
        "/canary.judge.v1.JudgeService/ValidateConfig",
        "ValidateConfig",
        Kind::Judgement,
        JUDGES,
        Handler::Grpc(Entrance::Validate),
    ),
    grpc(
        "/canary.judge.v1.JudgeService/ListJudges",
        "ListJudges",
        Kind::Call,
        JUDGES,
        Handler::ListJudges,
    ),
    grpc("/grpc.health.v1.Health/Check", "Health", Kind::Probe, None, Handler::Others),
    grpc("/grpc.health.v1.Health/List", "Health", Kind::Probe, None, Handler::Others),
    grpc("/grpc.health.v1.Health/Watch", "Health", Kind::Watch, None, Handler::Others),
    grpc(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "Reflection",
        Kind::Watch,
        Some(Scope::Any),
        Handler::Others,
    ),
    grpc(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "Reflection",
        Kind::Watch,
        Some(Scope::Any),
        Handler::Others,
    ),
    http(
        "/judge",
        Kind::Judgement,
        JUDGES,
        Handler::Document(Entrance::JudgeKayenta),
        "Kayenta's remote judge: its request in, its result out.",
    ),
    http(
        "/v1/judge",
        Kind::Judgement,
        JUDGES,
        Handler::Document(Entrance::JudgeJson),
        "Judges one canary; the JSON of canary.judge.v1.JudgeService/Judge.",
    )
    .json(Some("JudgeRequest"), "JudgeResponse"),
    http("/v1/judges", Kind::Call, JUDGES, Handler::Judges, "Lists the judges there are.")
        .json(None, "ListJudgesResponse"),
    http(
        "/v1/config:validate",
        Kind::Judgement,
        JUDGES,
        Handler::Document(Entrance::ValidateJson),
        "Everything wrong with a config, without judging.",
    )
    .json(Some("ValidateConfigRequest"), "ValidateConfigResponse"),
    http("/healthz", Kind::Probe, None, Handler::Alive, "Whether the process is alive."),
    http("/readyz", Kind::Probe, None, Handler::Ready, "Whether the server wants calls."),
    http(
        "/metrics",
        Kind::Probe,
        Some(Scope::Metrics),
        Handler::Metrics,
        "What the server counts, in Prometheus's text format.",
    ),
    http("/openapi.json", Kind::Call, Some(Scope::Any), Handler::OpenApi, "This document."),
    http("/", Kind::Call, Some(Scope::Any), Handler::Page, "This document for people."),
];

/// What a path calls.
pub(crate) fn find(side: Side, path: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.side == side && route.path == path)
}

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::*;
    use crate::proto;

    #[test]
    fn every_method_of_the_contract_is_in_the_table_and_each_path_once() {
        let pool = DescriptorPool::decode(proto::DESCRIPTORS).unwrap();
        let methods: Vec<String> = pool
            .services()
            .flat_map(|service| {
                let name = service.full_name().to_owned();
                service
                    .methods()
                    .map(move |method| format!("/{name}/{}", method.name()))
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(methods.len(), 4);
        for path in methods {
            assert!(find(Side::Grpc, &path).is_some(), "{path}");
        }
        for route in ROUTES {
            assert_eq!(find(route.side, route.path), Some(route));
        }
    }

    #[test]
    fn what_anyone_may_call_is_a_probe_or_a_watch() {
        for route in ROUTES.iter().filter(|route| route.scope.is_none()) {
            assert!(matches!(route.kind, Kind::Probe | Kind::Watch), "{}", route.path);
        }
    }
}
