//! Canaries over gRPC and HTTP, from their start to their end.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use judge_contract::proto::canary_service_client::CanaryServiceClient;
use judge_contract::proto::{
    self, CanaryState, Verdict, start_canary_request, watch_canary_response,
};
use pbjson_types::{Duration, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;
use tonic::Code;

use crate::harness::{Answer, Server, reason, send, until};
use crate::kept::{Service, flags};
use crate::raw::{Raw, begun};
use crate::source::{Prometheus, config};

/// Half an hour of a day that is over.
const START: i64 = 1_774_744_200;

fn minutes(minutes: i64) -> Duration {
    Duration { seconds: 60 * minutes, nanos: 0 }
}

pub(crate) fn start(key: &str, canary: &str) -> proto::StartCanaryRequest {
    let target = |scope: &str| {
        let scope = scope.to_owned();
        Some(proto::CanaryTarget { scope, ..proto::CanaryTarget::default() })
    };
    let scope = proto::CanaryScope {
        baseline: target("stable"),
        canary: target(canary),
        baseline_offset: None,
    };
    proto::StartCanaryRequest {
        key: key.to_owned(),
        application: "shop".to_owned(),
        config: Some(start_canary_request::Config::KayentaConfigJson(config(2).to_string())),
        scopes: [("default".to_owned(), scope)].into(),
        stage: Some(proto::CanaryStage {
            start: Some(Timestamp { seconds: START, nanos: 0 }),
            lifetime: Some(minutes(20)),
            interval: Some(minutes(10)),
            ..proto::CanaryStage::default()
        }),
        metadata: [("ci".to_owned(), "7".to_owned())].into(),
        ..proto::StartCanaryRequest::default()
    }
}

fn get(id: &str) -> proto::GetCanaryRequest {
    proto::GetCanaryRequest { id: id.to_owned(), ..proto::GetCanaryRequest::default() }
}

#[tokio::test]
async fn a_canary_over_grpc_from_its_start_to_its_end() {
    let Service { server, folder: _folder, source: _source } = Service::start("").await;
    let mut client = CanaryServiceClient::new(server.channel().await);
    let started = client.start_canary(start("shop 1.7", "canary")).await.unwrap().into_inner();
    let id = started.canary.as_ref().unwrap().id.clone();
    assert!(started.is_new && started.canary.unwrap().planned_looks == 2);
    let again = client.start_canary(start("shop 1.7", "bad")).await.unwrap().into_inner();
    assert!(!again.is_new && again.canary.unwrap().id == id);
    let watch = proto::WatchCanaryRequest { id: id.clone(), after_look: 0 };
    let mut events = client.watch_canary(watch).await.unwrap().into_inner();
    let mut seen = Vec::new();
    while let Some(event) = events.message().await.unwrap() {
        seen.push(match event.event.unwrap() {
            watch_canary_response::Event::Look(look) => format!("look {}", look.number),
            watch_canary_response::Event::Ended(canary) => {
                format!("{:?} {:?} {:?}", canary.state(), canary.verdict(), canary.score)
            }
        });
    }
    assert_eq!(seen, ["look 1", "look 2", "Finished Pass Some(100.0)"]);
    let got = client.get_canary(get(&id)).await.unwrap();
    let got = got.into_inner();
    assert_eq!((got.looks.len(), got.metadata["ci"].as_str()), (2, "7"));
    let window = got.looks[1].windows["default"].canary.unwrap();
    assert_eq!(window.end.unwrap().seconds, START + 20 * 60);
    let bad = client.start_canary(start("", "bad")).await.unwrap().into_inner().canary.unwrap().id;
    let watch = proto::WatchCanaryRequest { id: bad.clone(), after_look: 0 };
    let mut events = client.watch_canary(watch).await.unwrap().into_inner();
    while events.message().await.unwrap().is_some() {}
    let list = |verdict: Verdict| proto::ListCanariesRequest {
        verdict: verdict.into(),
        state: CanaryState::Finished.into(),
        ..proto::ListCanariesRequest::default()
    };
    let failed = client.list_canaries(list(Verdict::Fail)).await.unwrap().into_inner().canaries;
    assert_eq!((failed.len(), failed[0].id.as_str()), (1, bad.as_str()));
    assert!(
        failed[0].reason.starts_with("score 0 at look 1 of 2: m0 High"),
        "{}",
        failed[0].reason
    );
    let cancel = proto::CancelCanaryRequest { id: bad };
    assert!(!client.cancel_canary(cancel).await.unwrap().into_inner().ended);
    let missing = client.get_canary(get("none")).await;
    assert_eq!(missing.unwrap_err().code(), Code::NotFound);
    let metrics = server.get("/metrics").await.text();
    for line in [
        r#"judge_canary_score{application="shop",config="shop"} 0"#,
        r#"judge_canary_verdict{application="shop",config="shop"} 0"#,
        r#"judge_canaries_ended_total{state="finished"} 2"#,
    ] {
        assert!(metrics.contains(line), "{line}");
    }
}

#[tokio::test]
async fn canaries_that_cannot_start_are_refused_with_the_errors() {
    let Service { server, folder: _folder, source: _source } = Service::start("").await;
    let mut client = CanaryServiceClient::new(server.channel().await);
    let without = |change: fn(&mut proto::StartCanaryRequest)| {
        let mut request = start("", "canary");
        change(&mut request);
        request
    };
    for (request, code, said) in [
        (without(|request| request.config = None), Code::InvalidArgument, "config: expected"),
        (
            without(|request| request.stage = None),
            Code::InvalidArgument,
            "stage: expected the times of its looks, such as {\"lifetime\": ",
        ),
        (
            without(|request| request.scopes.clear()),
            Code::InvalidArgument,
            "scopes: expected at least one, such as {\"default\": ",
        ),
        (
            without(|request| {
                let stage = request.stage.as_mut().unwrap();
                stage.settle = Some(Duration { seconds: 315_576_000_000, nanos: 0 });
            }),
            Code::InvalidArgument,
            "the first look: expected at most ten years (3660 days) from now, got 365",
        ),
        (
            without(|request| {
                request.config = Some(start_canary_request::Config::ConfigId("x".into()));
            }),
            Code::NotFound,
            "Canary config 'x' does not exist",
        ),
        (
            without(|request| {
                let config = r#"{"name": "x", "metrics": 5}"#.to_owned();
                request.config = Some(start_canary_request::Config::KayentaConfigJson(config));
            }),
            Code::InvalidArgument,
            "metrics: expected a list",
        ),
    ] {
        let refused = client.start_canary(request).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
        assert!(refused.message().contains(said), "{refused}");
    }
    for path in ["/v1/canaries?pageSize=-1", "/v1/audit?pageSize=-1"] {
        let refused = server.get(path).await;
        let told = refused.text();
        assert_eq!(refused.status.as_u16(), 400, "{path}: {told}");
        assert!(told.contains("pageSize: expected a number from 0, got -1"), "{path}: {told}");
    }
    for path in ["/v1/canaries?pageSize=0", "/v1/audit?pageSize=5000"] {
        assert_eq!(server.get(path).await.status.as_u16(), 200, "{path}");
    }
    let stateless = Server::start(&[]).await;
    let mut client = CanaryServiceClient::new(stateless.channel().await);
    let refused = client.start_canary(start("", "canary")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
    let refused = stateless.get("/v1/canaries").await;
    assert_eq!((refused.status.as_u16(), refused.reason().as_str()), (501, "STATELESS"));
}

/// Answers each request with the next of `statuses`, and gives what it got: heads and bodies.
async fn receiver(
    statuses: &'static [u16],
) -> (String, tokio::sync::mpsc::Receiver<(String, String)>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, got) = tokio::sync::mpsc::channel(16);
    tokio::spawn(async move {
        for status in statuses {
            let (mut connection, _) = listener.accept().await.unwrap();
            let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
            let (head, body) = loop {
                let length = connection.read(&mut buffer).await.unwrap();
                text.extend_from_slice(&buffer[..length]);
                let said = String::from_utf8_lossy(&text).into_owned();
                let Some((head, body)) = said.split_once("\r\n\r\n") else { continue };
                if serde_json::from_str::<Value>(body).is_ok() {
                    break (head.to_owned(), body.to_owned());
                }
            };
            let answer = format!(
                "HTTP/1.1 {status} X\r\nlocation: /other\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            connection.write_all(answer.as_bytes()).await.unwrap();
            sender.send((head, body)).await.unwrap();
        }
    });
    (url, got)
}

const SECRET: &str = "a secret of sixteen bytes or more";

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| *key == name).map(|(_, value)| value).unwrap_or_default()
}

/// The signature that the specification of Standard Webhooks asks for.
fn signed(head: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    let (id, time) = (header(head, "webhook-id"), header(head, "webhook-timestamp"));
    mac.update(format!("{id}.{time}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn the_end_of_a_canary_is_sent_until_it_is_taken_over_a_restart_too() {
    // A redirection is not followed: what it leads to was never allowed.
    let (url, mut got) = receiver(&[500, 307, 200]).await;
    let folder = tempfile::tempdir().unwrap();
    let source = Prometheus::start().await;
    let secret = folder.path().join("secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let mut flags = flags(&folder, source.url());
    flags.push(format!("--webhook-url={url}"));
    flags.push(format!("--webhook-secret-file={}", secret.display()));
    flags.push("--public-url=https://judge.example.org/".to_owned());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = Server::start(&flags).await;
    let mut client = CanaryServiceClient::new(server.channel().await);
    let id = client.start_canary(start("", "bad")).await.unwrap().into_inner().canary.unwrap().id;
    let (_, first) = got.recv().await.unwrap();
    let (_, second) = got.recv().await.unwrap();
    drop(client);
    drop(server.stop);
    server.ended.await.unwrap().unwrap();
    let _again = Server::start(&flags).await;
    let (head, last) = got.recv().await.unwrap();
    assert!(first == second && second == last);
    assert_eq!(header(&head, "webhook-signature"), signed(&head, &last), "{head}");
    let last: Value = serde_json::from_str(&last).unwrap();
    assert_eq!((&last["specversion"], &last["id"]), (&json!("1.0"), &json!(id)));
    assert_eq!(last["source"], "https://judge.example.org");
    let data = &last["data"];
    assert_eq!(
        (&data["canary"]["verdict"], &data["metadata"]["ci"]),
        (&json!("VERDICT_FAIL"), &json!("7"))
    );
    assert_eq!(data["url"], format!("https://judge.example.org/canaries/{id}"));
    for header in
        ["content-type: application/cloudevents+json".to_owned(), format!("webhook-id: {id}")]
    {
        assert!(head.contains(&header), "{header}: {head}");
    }
}

async fn call(server: &Server, method: &str, path: &str, token: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = http::Request::builder()
        .method(method)
        .uri(format!("http://{}{path}", server.http))
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(http_body_util::Full::from(body));
    send(request.unwrap()).await
}

#[tokio::test]
async fn scopes_bound_what_a_token_does_and_the_audit_log_has_who_did_it() {
    let tokens = "judge-token-of-16-bytes ci judge,read\nwrite-token-of-16-bytes ann write,read\n\
                  admin-token-of-16-bytes boss admin\n";
    let Service { server, folder, source: _source } = Service::start(tokens).await;
    let (ci, ann, boss) =
        ("judge-token-of-16-bytes", "write-token-of-16-bytes", "admin-token-of-16-bytes");
    let text = config(2).to_string();
    let create = json!({"id": "c1", "kayentaConfigJson": text});
    let refused = call(&server, "POST", "/v1/configs", ci, &create).await;
    assert_eq!((refused.status.as_u16(), refused.reason().as_str()), (403, "MISSING_SCOPE"));
    let created = call(&server, "POST", "/v1/configs", ann, &create).await;
    assert_eq!((created.status.as_u16(), &created.json()["config"]["version"]), (200, &json!("1")));
    let again = call(&server, "POST", "/v1/configs", ann, &create).await;
    assert_eq!((again.status.as_u16(), again.reason().as_str()), (409, "EXISTS"));
    let update = json!({"kayentaConfigJson": text});
    let updated = call(&server, "PUT", "/v1/configs/c1", ann, &update).await;
    assert_eq!(updated.json()["config"]["version"], "2");
    let listed =
        call(&server, "GET", "/v1/configs?application=shop", ci, &Value::Null).await.json();
    assert_eq!(listed["configs"].as_array().unwrap().len(), 1);
    let first = call(&server, "GET", "/v1/configs/c1?version=1", ci, &Value::Null).await.json();
    assert_eq!(first["version"]["author"], "ann");
    let start = json!({
        "configId": "c1", "application": "shop",
        "scopes": {"default": {"baseline": {"scope": "a"}, "canary": {"scope": "b"}}},
        "stage": {"lifetime": "1800s", "interval": "60s"},
    });
    let refused = call(&server, "POST", "/v1/canaries", ann, &start).await;
    assert_eq!(refused.reason(), "MISSING_SCOPE");
    let started = call(&server, "POST", "/v1/canaries", ci, &start).await;
    assert_eq!(started.status.as_u16(), 200, "{}", started.text());
    let canary = started.json()["canary"].clone();
    let id = canary["id"].as_str().unwrap();
    assert_eq!((&canary["caller"], &canary["configVersion"]), (&json!("ci"), &json!("2")));
    let cancel = format!("/v1/canaries/{id}/cancel");
    assert_eq!(call(&server, "POST", &cancel, ci, &Value::Null).await.reason(), "MISSING_SCOPE");
    let cancelled = call(&server, "POST", &cancel, ann, &Value::Null).await.json();
    assert_eq!(cancelled["canary"]["state"], "CANARY_STATE_CANCELLED");
    let listed =
        call(&server, "GET", "/v1/canaries?state=cancelled&pageSize=5", ci, &Value::Null).await;
    assert_eq!(listed.json()["canaries"][0]["reason"], "cancelled by ann");
    let odd = call(&server, "GET", "/v1/canaries?stat=x", ci, &Value::Null).await;
    assert_eq!((odd.status.as_u16(), odd.fields()), (400, vec!["stat".to_owned()]));
    let events = call(&server, "GET", &format!("/v1/canaries/{id}/events"), ci, &Value::Null).await;
    let told = events.text();
    assert!(told.starts_with("event: ended\nid: end\ndata: {\"ended\":{"), "{told}");
    // A browser that comes back for more is told to stop.
    let again = http::Request::get(format!("http://{}/v1/canaries/{id}/events", server.http))
        .header("authorization", format!("Bearer {ci}"))
        .header("last-event-id", "end");
    let again = send(again.body(http_body_util::Full::default()).unwrap()).await;
    assert_eq!((again.status.as_u16(), again.text().as_str()), (204, ""));
    assert_eq!(
        call(&server, "DELETE", "/v1/configs/c1", ann, &Value::Null).await.status.as_u16(),
        200
    );
    let gone = call(&server, "GET", "/v1/configs/c1", ci, &Value::Null).await;
    assert_eq!((gone.status.as_u16(), gone.reason().as_str()), (404, "ABSENT"));
    assert_eq!(
        call(&server, "GET", "/v1/audit", ann, &Value::Null).await.reason(),
        "MISSING_SCOPE"
    );
    let audit = call(&server, "GET", "/v1/audit", boss, &Value::Null).await.json();
    let entries = audit["entries"].as_array().unwrap().iter();
    let did: Vec<String> = entries
        .map(|entry| {
            format!("{} {}", entry["actor"].as_str().unwrap(), entry["action"].as_str().unwrap())
        })
        .collect();
    let expected = [
        "ann config.delete",
        "ann canary.cancel",
        "ci canary.start",
        "ann config.put",
        "ann config.put",
    ];
    assert_eq!(did, expected);
    // The same beside the server that runs.
    let store = format!("--store={}", folder.path().join("judge.db").display());
    let mut printed = Vec::new();
    judge_server::audit(&crate::harness::settings(&[&store]), &mut printed).await.unwrap();
    let printed = String::from_utf8(printed).unwrap();
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[0].ends_with("  ann  config.put  c1  name=shop"), "{printed}");
    assert!(lines[2].contains("  ci  canary.start  "), "{printed}");
}

#[tokio::test]
async fn the_example_of_the_docs_starts_a_canary() {
    let page = include_str!("../../../docs/canaries.md");
    let (_, rest) = page.split_once("/v1/canaries -d '").unwrap();
    let (body, _) = rest.split_once("'\n").unwrap();
    let Service { server, folder: _folder, source: _source } = Service::start("").await;
    let create = json!({"id": "shop", "kayentaConfigJson": config(2).to_string()});
    assert_eq!(server.post("/v1/configs", create.to_string()).await.status.as_u16(), 200);
    let started = server.post("/v1/canaries", body.to_owned()).await;
    assert_eq!(started.json()["canary"]["plannedLooks"], 6, "{}", started.text());
    assert_eq!(server.post("/v1/canaries", body.to_owned()).await.json()["isNew"], false);
}

#[tokio::test]
async fn the_request_of_a_watch_is_one_of_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let source = Prometheus::start().await;
    let mut flags = flags(&folder, source.url());
    flags.push("--read-time=2s".to_owned());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = Server::start(&flags).await;
    let stalled = Raw::new(&server, 1 << 20).call("/canary.judge.v1.CanaryService/WatchCanary");
    stalled.send(begun(1_000_000, 500_000));
    until(async || server.metric("judge_buffered_bytes").await > Some(500_000.0)).await;
    assert_eq!(reason(&stalled.status().await), "SLOW_REQUEST");
    // A watch holds its place, and not the bytes of its request.
    let mut client = CanaryServiceClient::new(server.channel().await);
    let mut later = start("", "canary");
    later.stage.as_mut().unwrap().start = None;
    let id = client.start_canary(later).await.unwrap().into_inner().canary.unwrap().id;
    let watch = proto::WatchCanaryRequest { id, after_look: 0 };
    let events = client.watch_canary(watch).await.unwrap();
    server.until("judge_buffered_bytes", 16.0 * 1024.0).await;
    drop(events);
    server.until("judge_buffered_bytes", 0.0).await;
}

#[tokio::test]
async fn looks_are_read_within_the_budget_and_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let source = Prometheus::start().await;
    let mut flags = flags(&folder, source.url());
    flags.push("--max-buffered=96KiB".to_owned());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = Server::start(&flags).await;
    let mut client = CanaryServiceClient::new(server.channel().await);
    let mut long = start("", "canary");
    long.stage.as_mut().unwrap().interval = Some(minutes(2));
    let id = client.start_canary(long).await.unwrap().into_inner().canary.unwrap().id;
    let watch = proto::WatchCanaryRequest { id: id.clone(), after_look: 0 };
    let mut events = client.watch_canary(watch).await.unwrap().into_inner();
    while events.message().await.unwrap().is_some() {}
    let refused = client.get_canary(get(&id)).await.unwrap_err();
    assert_eq!((refused.code(), &*reason(&refused)), (Code::ResourceExhausted, "TOO_MANY_LOOKS"));
    let shown = server.get(&format!("/canaries/{id}")).await;
    assert_eq!(shown.status.as_u16(), 429, "{}", shown.text());
    let path = format!("/v1/canaries/{id}?afterLook=8&pageSize=1");
    let page = server.get(&path).await.json();
    assert_eq!(page["looks"].as_array().unwrap().len(), 1, "{page}");
    assert_eq!(page["looks"][0]["number"], 9);
    let wrong = server.get(&format!("/v1/canaries/{id}?pageSize=-1")).await;
    assert_eq!((wrong.status.as_u16(), wrong.fields()), (400, vec!["pageSize".to_owned()]));
    // Nothing stays reserved.
    server.until("judge_buffered_bytes", 0.0).await;
}
