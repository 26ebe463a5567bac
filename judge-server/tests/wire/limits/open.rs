//! How many calls may be open, whatever they do.

use std::time::Duration;

use http::{Request, StatusCode, Version};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;

use crate::harness::{Server, reason, request, until};
use crate::raw::{CHECK, Raw, posted, said};

const REFUSED: &str = "judge_refusals_total{reason=\"TOO_MANY_BYTES\"}";

/// An open call weighs a sixty-fourth of so small a budget.
const SMALL: &str = "--max-buffered=16KiB";

#[tokio::test]
async fn calls_that_ask_nothing_are_limited_and_probes_go_on() {
    let server = Server::start(&[SMALL]).await;
    let client = Raw::new(&server, 64 * 1024);
    let list = "/canary.judge.v1.JudgeService/ListJudges";
    let mut silent: Vec<_> = (0..63).map(|_| client.call(list)).collect();
    server.until("judge_calls_in_flight", 64.0).await;
    let beginning = said(server.http, &posted(100, 10)).await;
    // Its ten bytes do not fit any more, and a judgement would not either.
    let status = server.client().await.judge(request("", 1, 5)).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::ResourceExhausted);
    assert_eq!(reason(&status), "TOO_MANY_BYTES");
    let retry = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert_eq!(retry, Duration::from_secs(1));
    let answer = server.post("/judge", "{}").await;
    assert_eq!((answer.status.as_u16(), &*answer.reason()), (429, "TOO_MANY_BYTES"));
    assert_eq!(answer.headers["retry-after"], "1");
    assert!(server.metric(REFUSED).await >= Some(2.0));
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(path).await.status, StatusCode::OK, "{path}");
    }
    let mut health = HealthClient::new(server.channel().await);
    health.check(HealthCheckRequest::default()).await.unwrap();
    health.watch(HealthCheckRequest::default()).await.unwrap();

    let _unended: Vec<_> = silent.drain(..8).map(crate::raw::Call::cancel).collect();
    until(async || server.client().await.judge(request("", 1, 5)).await.is_ok()).await;
    drop((beginning, silent));
}

#[tokio::test]
async fn probes_are_limited_apart_on_each_side() {
    let server = Server::start(&[]).await;
    let mut stalled = Vec::new();
    for number in 0..1024 {
        if number % 128 == 0 {
            stalled.push((Raw::new(&server, 64 * 1024), Vec::new()));
        }
        let (client, calls) = stalled.last_mut().unwrap();
        calls.push(client.call(CHECK));
    }
    server.until("judge_calls_in_flight", 1025.0).await;
    let mut health = HealthClient::new(server.channel().await);
    let status = health.check(HealthCheckRequest::default()).await.unwrap_err();
    assert_eq!(reason(&status), "TOO_MANY_PROBES");
    assert_eq!(server.get("/readyz").await.status, StatusCode::OK);
    server.client().await.judge(request("", 1, 5)).await.unwrap();
    let _unended = stalled
        .pop()
        .map(|(_, calls)| calls.into_iter().map(crate::raw::Call::cancel).collect::<Vec<_>>());
    until(async || health.clone().check(HealthCheckRequest::default()).await.is_ok()).await;
}

#[tokio::test]
async fn refusals_that_find_no_place_have_no_body_that_could_wait() {
    let server = Server::start(&[]).await;
    let client = || {
        let mut client = Client::builder(TokioExecutor::new());
        // What is refused has more bytes.
        client.http2_only(true).http2_initial_stream_window_size(16).build_http::<Empty<_>>()
    };
    let ask = async |client: &Client<_, Empty<bytes::Bytes>>| {
        // No call of gRPC.
        let request = Request::get(format!("http://{}/nowhere", server.grpc));
        let request = request.version(Version::HTTP_2).body(Empty::new()).unwrap();
        let answer = client.request(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        answer
    };
    let (mut clients, mut untaken) = (Vec::new(), Vec::new());
    for number in 0..1024 {
        if number % 128 == 0 {
            clients.push(client());
        }
        untaken.push(ask(clients.last().unwrap()).await);
    }
    clients.push(client());
    let bare = ask(clients.last().unwrap()).await;
    assert!(bare.headers().get("content-type").is_none());
    assert_eq!(bare.into_body().collect().await.unwrap().to_bytes(), "");
    drop(untaken.pop());
    until(async || ask(clients.last().unwrap()).await.headers().contains_key("content-type")).await;
}
