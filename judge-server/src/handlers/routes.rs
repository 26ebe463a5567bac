//! The only table of routes: the layers read how a call is treated, the handlers what answers it, `openapi.json` what it
//! describes.

use http::Method;

use super::Entrance;
use super::canary_routes::CANARIES;
use super::kayenta_routes::KAYENTA;
use super::page_routes::PAGES;
pub(crate) use super::route::{
    CanaryCall, Handler, KayentaCall, Kind, PageCall, Port, Route, ScoreCall,
};
use super::route::{JUDGE, grpc, http, json};
use super::score_routes::SCORES;
use crate::callers::tokens::TokenScope;

macro_rules! method {
    ($name:literal, $kind:expr, $handler:expr) => {
        super::route::method!("JudgeService", $name, $kind, JUDGE, $handler)
    };
}

const ONE: Route = method!("Judge", Kind::Judgement, Handler::Grpc(Entrance::Judge));
const VALIDATE: Route =
    method!("ValidateConfig", Kind::Judgement, Handler::Grpc(Entrance::Validate));
const LIST: Route = method!("ListJudges", Kind::Call, Handler::ListJudges);

/// All routes except those of other files.
pub(crate) const ROUTES: &[Route] = &[
    ONE,
    VALIDATE,
    LIST,
    Route { name: "JudgeStreamOpen", ..method!("JudgeStream", Kind::Stream, Handler::Stream) },
    method!("Monitor", Kind::Stream, Handler::Monitor),
    grpc("/grpc.health.v1.Health/Check", "Health", Kind::Probe, None, Handler::Others),
    grpc("/grpc.health.v1.Health/List", "Health", Kind::Probe, None, Handler::Others),
    grpc("/grpc.health.v1.Health/Watch", "Health", Kind::Watch, None, Handler::Others),
    grpc(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "Reflection",
        Kind::Watch,
        Some(TokenScope::Any),
        Handler::Others,
    ),
    grpc(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "Reflection",
        Kind::Watch,
        Some(TokenScope::Any),
        Handler::Others,
    ),
    http(
        "/judge",
        Kind::Judgement,
        JUDGE,
        Handler::Document(Entrance::JudgeKayenta),
        "Kayenta's remote judge: its request in, its result out.",
    ),
    Route {
        handler: Handler::Document(Entrance::JudgeJson),
        ..json(
            ONE,
            "POST",
            "/v1/judge",
            "Judges one canary; the JSON of canary.judge.v1.JudgeService/Judge.",
        )
    },
    Route {
        handler: Handler::Judges,
        ..json(LIST, "GET", "/v1/judges", "Lists the judges there are.")
    },
    Route {
        handler: Handler::Document(Entrance::ValidateJson),
        ..json(
            VALIDATE,
            "POST",
            "/v1/config:validate",
            "Everything wrong with a config, without judging.",
        )
    },
    http("/healthz", Kind::Probe, None, Handler::Alive, "Whether the process is alive."),
    http("/readyz", Kind::Probe, None, Handler::Ready, "Whether the server wants calls."),
    http(
        "/metrics",
        Kind::Probe,
        Some(TokenScope::Metrics),
        Handler::Metrics,
        "What the server counts, in Prometheus's text format.",
    ),
    http("/openapi.json", Kind::Call, Some(TokenScope::Any), Handler::OpenApi, "This document."),
];

/// The route for a method and a path; if none has the method, the first one at the path.
pub(crate) fn find(side: Port, method: &Method, path: &str) -> Option<&'static Route> {
    let mut there = at(side, path).peekable();
    let first = there.peek().copied();
    there.find(|route| route.takes(method)).or(first)
}

/// The methods that a path takes, as a header lists them.
pub(crate) fn allowed(side: Port, path: &str) -> String {
    let mut methods: Vec<&str> = Vec::new();
    for route in at(side, path) {
        let head = (route.method == "GET").then_some("HEAD");
        for method in [route.method].into_iter().chain(head) {
            // Patterns of several routes may match the path.
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
    }
    methods.join(",")
}

/// The routes at a path.
fn at(side: Port, path: &str) -> impl Iterator<Item = &'static Route> {
    all().filter(move |route| route.side == side && route.params(path).is_some())
}

/// Every route.
pub(super) fn all() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().chain(CANARIES).chain(KAYENTA).chain(SCORES).chain(PAGES)
}

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::super::route::call;
    use super::*;
    use judge_contract::proto;

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
        assert_eq!(methods.len(), 17);
        for path in methods {
            assert!(find(Port::Grpc, &Method::POST, &path).is_some(), "{path}");
        }
        for route in all() {
            let method = Method::from_bytes(route.method.as_bytes()).unwrap();
            assert_eq!(find(route.side, &method, route.path), Some(route));
        }
    }

    #[test]
    fn only_probes_and_watches_need_no_scope() {
        for route in all().filter(|route| route.scope.is_none()) {
            assert!(matches!(route.kind, Kind::Probe | Kind::Watch), "{}", route.path);
        }
    }

    #[test]
    fn names_in_paths_match_one_part() {
        let route = |path| call(Port::Http, "PUT", path, None, Handler::Page, "");
        for (pattern, path, expected) in [
            ("/v1/canaries/{id}", "/v1/canaries/a%2Fb", Some(vec!["a/b"])),
            ("/v1/canaries/{id}", "/v1/canaries/a/b", None),
            ("/v1/canaries/{id}", "/v1/canaries/", None),
            ("/v1/canaries/{id}", "/v1/canaries", None),
            ("/v1/canaries/{id}", "/v1/canaries/%ff", None),
            ("/v1/canaries/{id}/cancel", "/v1/canaries/x/cancel", Some(vec!["x"])),
            ("/v1/canaries/{id}/cancel", "/v1/canaries/x/cancel/", None),
            ("/canary/{id*}", "/canary/a/b.c", Some(vec!["a/b.c"])),
            ("/canary/{id*}", "/canary/", None),
            ("/", "/", Some(vec![])),
            ("/", "/x", None),
        ] {
            let params = route(pattern).params(path);
            let params = params.map(|params| params.into_iter().map(String::from).collect());
            let expected = expected.map(|all| all.into_iter().map(str::to_owned).collect());
            assert_eq!(params, expected as Option<Vec<String>>, "{pattern} {path}");
        }
        assert!(route("/x").takes(&Method::PUT) && !route("/x").takes(&Method::GET));
        assert_eq!(allowed(Port::Http, "/v1/judges"), "GET,HEAD");
        assert_eq!(allowed(Port::Kayenta, "/canary/executions"), "GET,HEAD,POST,DELETE");
    }
}
