//! The end: announced, then drained.

use std::time::Duration;

use http::StatusCode;
use judge_contract::proto::JudgeStreamRequest;
use judge_contract::proto::canary_service_client::CanaryServiceClient;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::canaries::start;
use crate::harness::{Server, reason, request, until};
use crate::kept::flags;
use crate::raw::{ALIVE, ask, closes, said};
use crate::source::Prometheus;

const SLOW: &[&str] = &["--max-message-size=16MiB", "--max-points=1000000", "--threads=1"];

fn check() -> HealthCheckRequest {
    HealthCheckRequest { service: "canary.judge.v1.JudgeService".into() }
}

#[tokio::test]
async fn the_end_is_announced_before_calls_are_refused() {
    let server = Server::start(&["--drain-delay=5s"]).await;
    let mut client = server.client().await;
    let mut health = HealthClient::new(server.channel().await);
    let mut watch = health.watch(check()).await.unwrap().into_inner();
    let serving = watch.message().await.unwrap().unwrap().status();
    assert_eq!(serving, ServingStatus::Serving);
    assert_eq!(server.get("/readyz").await.status, StatusCode::OK);
    server.stop.send(()).unwrap();
    let status = watch.message().await.unwrap().unwrap().status();
    assert_eq!(status, ServingStatus::NotServing);
    // Between announcement and end everything is still answered.
    let answer = crate::harness::send(
        http::Request::get(format!("http://{}/readyz", server.http))
            .body(http_body_util::Full::default())
            .unwrap(),
    );
    assert_eq!(answer.await.status, StatusCode::SERVICE_UNAVAILABLE);
    client.judge(request("", 1, 5)).await.unwrap();
    // A watch would go on for ever, so it is ended.
    assert_eq!(watch.message().await.unwrap_err().code(), Code::Unavailable);
    server.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn over_http_an_answer_says_that_its_connection_ends() {
    let server = Server::start(&["--drain-delay=1h"]).await;
    let mut connection = TcpStream::connect(server.http).await.unwrap();
    for _ in 0..3 {
        assert!(!ask(&mut connection).await.contains("connection: close"));
    }
    server.stop.send(()).unwrap();
    let told = async { while !ask(&mut connection).await.contains("connection: close") {} };
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("told in time");
    assert_eq!(closes(connection).await, "");
    // Whoever connects is still answered, once.
    let said = closes(said(server.http, ALIVE).await).await;
    assert!(said.contains("connection: close") && said.ends_with("alive"), "{said}");
    server.ended.abort();
}

#[tokio::test]
async fn accepted_calls_are_answered() {
    let server = Server::start(SLOW).await;
    let (sender, receiver) = mpsc::channel(4);
    let message = JudgeStreamRequest { request: Some(request("streamed", 4, 12_000)) };
    sender.send(message).await.unwrap();
    // All are ready before the first is sent: one thread judges large canaries, and the others must arrive meanwhile.
    let mut client = server.client().await;
    let mut ready = Vec::new();
    for metrics in [40, 4, 4] {
        ready.push((server.client().await, request("slow", metrics, 12_000)));
    }
    let mut calls = tokio::task::JoinSet::new();
    for (mut client, request) in ready {
        calls.spawn(async move { client.judge(request).await });
        if calls.len() == 1 {
            server.until("judge_judgements_admitted", 1.0).await;
        }
    }
    let mut stream = client.judge_stream(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    server.until("judge_judgements_admitted", 4.0).await;
    server.stop.send(()).unwrap();
    while let Some(answered) = calls.join_next().await {
        assert_eq!(answered.unwrap().unwrap().into_inner().id, "slow");
    }
    assert_eq!(stream.message().await.unwrap().unwrap().id, "streamed");
    let status = stream.message().await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "SHUTTING_DOWN"));
    drop(sender);
    server.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn draining_is_bounded() {
    let flags = [SLOW, &["--drain-time=50ms"]].concat();
    let server = Server::start(&flags).await;
    let mut client = server.client().await;
    let call = tokio::spawn(async move { client.judge(request("slow", 40, 12_000)).await });
    server.until("judge_judgements_admitted", 1.0).await;
    server.stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), server.ended).await;
    ended.expect("bounded").unwrap().unwrap();
    assert!(!call.is_finished());
}

#[tokio::test]
async fn calls_and_looks_share_the_time_of_the_drain() {
    const DRAIN: Duration = Duration::from_secs(4);
    let (folder, source) = (tempfile::tempdir().unwrap(), Prometheus::start().await);
    let mut flags = flags(&folder, source.url());
    flags.push(format!("--drain-time={}s", DRAIN.as_secs()));
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = Server::start(&flags).await;
    source.set_held(true);
    let mut client = CanaryServiceClient::new(server.channel().await);
    client.start_canary(start("", "canary")).await.unwrap();
    until(async || source.asked() > 0).await;
    let head = "POST /judge HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 9\r\n\r\n";
    let _unfinished = said(server.http, head).await;
    server.until("judge_calls_in_flight", 2.0).await;
    let began = tokio::time::Instant::now();
    server.stop.send(()).unwrap();
    server.ended.await.unwrap().unwrap();
    let took = began.elapsed();
    assert!(took >= DRAIN && took < 2 * DRAIN, "{took:?}");
}
