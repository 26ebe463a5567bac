//! What each scope of a token may call: every route of every port.

use std::collections::BTreeSet;

use http::{Request, header};
use http_body_util::Full;
use tonic::Code;
use tonic_prost::ProstCodec;

use crate::harness::send;
use crate::kept::Service;

/// Scopes, each of a token of its own, and what is sent without any.
const SCOPES: [&str; 6] = ["judge", "read", "write", "metrics", "admin", ""];

fn token(scope: &str) -> String {
    format!("{scope}-token-of-sixteen")
}

/// The scope that a call needs: `any` for whoever has a token, `-` for everyone.
const HTTP: &str = "
    POST /judge judge
    POST /v1/judge judge
    GET /v1/judges judge
    POST /v1/config:validate judge
    GET /healthz -
    GET /readyz -
    GET /metrics metrics
    GET /openapi.json any
    POST /v1/canaries judge
    GET /v1/canaries/{id} read
    GET /v1/canaries/{id}/events read
    GET /v1/canaries read
    POST /v1/canaries/{id}/cancel write
    POST /v1/configs write
    PUT /v1/configs/{id} write
    GET /v1/configs/{id} read
    GET /v1/configs read
    GET /v1/configs/{id}/versions read
    DELETE /v1/configs/{id} write
    GET /v1/history read
    GET /v1/audit admin
    GET /api/v1/query judge
    POST /api/v1/query judge
    GET /v1/verdict judge
    POST /flagger/{hook} judge
    GET / read
    GET /about any
    GET /about/openapi.json any
    GET /canaries/{id} read
    GET /canaries/{id}/events read
    GET /canaries/{id}/json read
    POST /canaries/{id}/cancel write
    GET /compare read
    GET /history read
    GET /history/csv read
    GET /configs read
    GET /configs-new read
    POST /configs read
    GET /configs/{id} read
    POST /configs/{id} read
    POST /configs/{id}/delete write
    GET /audit admin
    GET /login -
    POST /login -
    POST /logout any
    GET /assets/pages.css -
    GET /assets/live.js any
";

const KAYENTA: &str = "
    GET /health -
    GET /canaryConfig read
    POST /canaryConfig write
    GET /canaryConfig/{id} read
    PUT /canaryConfig/{id} write
    DELETE /canaryConfig/{id} write
    GET /credentials read
    GET /metricsServices read
    GET /metadata/metricsService read
    POST /fetch/prometheus/query read
    GET /judges read
    POST /judges/judge judge
    POST /canary judge
    GET /canary/executions read
    POST /canary/{id} judge
    GET /canary/{id} read
    DELETE /canary/{id} write
    POST /standalone_canary_analysis judge
    POST /standalone_canary_analysis/{id} judge
    GET /standalone_canary_analysis/{id} read
    PUT /pipelines/{id}/cancel write
    GET /metricSetPairList/{id} read
    GET /metricSetPairList/{id}/{pair} read
";

const GRPC: &str = "
    JudgeService/Judge judge
    JudgeService/JudgeStream judge
    JudgeService/Monitor judge
    JudgeService/ValidateConfig judge
    JudgeService/ListJudges judge
    CanaryService/StartCanary judge
    CanaryService/GetCanary read
    CanaryService/WatchCanary read
    CanaryService/ListCanaries read
    CanaryService/CancelCanary write
    CanaryService/CreateConfig write
    CanaryService/UpdateConfig write
    CanaryService/GetConfig read
    CanaryService/ListConfigs read
    CanaryService/ListConfigVersions read
    CanaryService/DeleteConfig write
    CanaryService/ListAuditEntries admin
";

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|row| !row.is_empty())
}

/// What a call with a token of `has` becomes that needs `needs`.
fn expected(has: &str, needs: &str) -> &'static str {
    match (has, needs) {
        (_, "-") => "goes on",
        ("", _) => "has no token",
        ("admin", _) | (_, "any") => "goes on",
        (has, needs) if has == needs => "goes on",
        _ => "lacks the scope",
    }
}

async fn tokens() -> Service {
    let named = SCOPES.iter().filter(|scope| !scope.is_empty());
    let lines: Vec<String> =
        named.map(|scope| format!("{} {scope} {scope}", token(scope))).collect();
    Service::start(&lines.join("\n")).await
}

async fn seen(method: &str, url: &str, scope: &str) -> &'static str {
    let mut request =
        Request::builder().method(method).uri(url).header(header::CONTENT_TYPE, "application/json");
    if !scope.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", token(scope)));
    }
    let answer = send(request.body(Full::new("{}".into())).unwrap()).await;
    let leads_to_login = answer
        .headers
        .get(header::LOCATION)
        .is_some_and(|to| to.as_bytes().starts_with(b"/login?"));
    match answer.status.as_u16() {
        401 => "has no token",
        303 if leads_to_login => "has no token",
        403 if answer.text().contains("has not the scope") => "lacks the scope",
        _ => "goes on",
    }
}

#[tokio::test]
async fn every_route_of_http_is_for_its_scope_alone() {
    let Service { server, source: _source, folder: _folder } = tokens().await;
    for (port, table) in [(server.http, HTTP), (server.kayenta.unwrap(), KAYENTA)] {
        for row in rows(table) {
            let [method, path, needs] = row[..] else { panic!("{row:?}") };
            let path = path.replace("{id}", "x").replace("{hook}", "event").replace("{pair}", "y");
            for has in SCOPES {
                let found = seen(method, &format!("http://{port}{path}"), has).await;
                assert_eq!(found, expected(has, needs), "{method} {path} with {has:?}");
                // What stands in a path is no more than what stands in a header.
                if !has.is_empty() && !path.contains("/events") {
                    let url = format!("http://{port}/t/{}{path}", token(has));
                    assert_eq!(seen(method, &url, "").await, expected(has, needs), "{url}");
                }
            }
        }
    }
    // No route is left out.
    let described = server_paths(&server).await;
    let listed: BTreeSet<String> = rows(HTTP)
        .map(|row| format!("{} {}", row[0], row[1].replace("/live.js", "/{name}")))
        .collect();
    let missing: Vec<_> = described.difference(&listed).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What `/openapi.json` describes.
async fn server_paths(server: &crate::harness::Server) -> BTreeSet<String> {
    let request = Request::get(format!("http://{}/openapi.json", server.http))
        .header(header::AUTHORIZATION, format!("Bearer {}", token("read")));
    let document = send(request.body(Full::default()).unwrap()).await.json();
    let paths = document["paths"].as_object().unwrap().iter();
    let methods = |(path, methods): (&String, &serde_json::Value)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(|method| format!("{} {path}", method.to_uppercase())).collect::<Vec<_>>()
    };
    let all: BTreeSet<String> = paths.flat_map(methods).collect();
    assert!(all.len() > 20, "{all:?}");
    all
}

#[tokio::test]
async fn every_method_of_grpc_is_for_its_scope_alone() {
    let Service { server, source: _source, folder: _folder } = tokens().await;
    let mut client = tonic::client::Grpc::new(server.channel().await);
    for row in rows(GRPC) {
        let [method, needs] = row[..] else { panic!("{row:?}") };
        for has in SCOPES {
            let mut request = tonic::Request::new(());
            if !has.is_empty() {
                let bearer = format!("Bearer {}", token(has)).parse().unwrap();
                request.metadata_mut().insert("authorization", bearer);
            }
            client.ready().await.unwrap();
            let path = format!("/canary.judge.v1.{method}").parse().unwrap();
            let codec = ProstCodec::<(), ()>::default();
            let answer = client.server_streaming(request, path, codec).await;
            let found = match answer.map_err(|status| status.code()) {
                Err(Code::Unauthenticated) => "has no token",
                Err(Code::PermissionDenied) => "lacks the scope",
                _ => "goes on",
            };
            assert_eq!(found, expected(has, needs), "{method} with {has:?}");
        }
    }
}
