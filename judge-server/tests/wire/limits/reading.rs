//! How long a request may take to arrive.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use crate::harness::{Server, reason, request};
use crate::raw::{CHECK, JUDGE, JUDGE_STREAM, Raw, begun, closes, framed, posted, said};

#[tokio::test]
async fn slow_and_idle_connections_are_closed_and_harm_no_other() {
    let flags = ["--header-time=200ms", "--read-time=200ms", "--idle-time=300ms"];
    let server = Server::start(&flags).await;
    let slow_header = said(server.http, "POST /judge HTTP/1.1\r\nhost: x\r\n").await;
    let slow_body = said(server.http, &posted(100, 1)).await;
    let idle_http = TcpStream::connect(server.http).await.unwrap();
    let idle_grpc = TcpStream::connect(server.grpc).await.unwrap();
    let mut client = server.client().await;
    client.judge(request("", 1, 5)).await.unwrap();
    closes(slow_header).await;
    let said = closes(slow_body).await;
    assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("SLOW_REQUEST"), "{said}");
    closes(idle_http).await;
    closes(idle_grpc).await;
    client.judge(request("", 1, 5)).await.unwrap();
}

#[tokio::test]
async fn clients_that_drip_are_ended_though_they_never_pause() {
    let server = Server::start(&["--header-time=200ms", "--read-time=200ms"]).await;
    let starts = [
        "POST /judge HTTP/1.1\r\nhost: x\r\ncontent-length: 4000000\r\n\r\n",
        "GET /judge HTTP/1.1\r\nx: ",
    ];
    for (start, said) in starts.into_iter().zip(["HTTP/1.1 408 ", ""]) {
        let (mut answer, mut drip) = TcpStream::connect(server.http).await.unwrap().into_split();
        drip.write_all(start.as_bytes()).await.unwrap();
        let dripping = tokio::spawn(async move {
            while drip.write_all(b" ").await.is_ok() {
                tokio::task::yield_now().await;
            }
        });
        let mut client = server.client().await;
        client.judge(request("", 1, 5)).await.unwrap();
        let mut answered = Vec::new();
        let read = answer.read_to_end(&mut answered);
        let read =
            tokio::time::timeout(Duration::from_secs(20), read).await.expect("ended in time");
        drop(read);
        assert!(String::from_utf8_lossy(&answered).starts_with(said));
        dripping.abort();
    }
}

#[tokio::test]
async fn probes_and_lookups_that_stall_spend_nothing_that_judgements_share() {
    let server = Server::start(&["--max-buffered=64KiB"]).await;
    let client = Raw::new(&server, 64 * 1024);
    let paths = [CHECK, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"];
    let stalled: Vec<_> = paths.iter().cycle().take(32).map(|path| client.call(path)).collect();
    for probe in &stalled {
        probe.send(begun(4096, 4000));
    }
    // And the call for the metrics.
    server.until("judge_calls_in_flight", 33.0).await;
    server.client().await.judge(request("", 1, 20)).await.unwrap();
    server.until("judge_buffered_bytes", 0.0).await;
    assert_eq!(server.metric("judge_refusals_total").await, Some(0.0));
}

#[tokio::test]
async fn probes_are_small_and_arrive_in_the_time_of_headers() {
    let server = Server::start(&["--header-time=200ms"]).await;
    let mut health = HealthClient::new(server.channel().await);
    health.check(HealthCheckRequest::default()).await.unwrap();
    let large = HealthCheckRequest { service: "x".repeat(5000) };
    let status = health.check(large).await.unwrap_err();
    assert_eq!(reason(&status), "UNREADABLE_MESSAGE");
    assert!(status.message().contains("the limit is: 4096 bytes"), "{status}");
    for path in [CHECK, "/grpc.health.v1.Health/Watch"] {
        let stalled = Raw::new(&server, 64 * 1024).call(path);
        stalled.send(begun(4096, 10));
        assert_eq!(reason(&stalled.status().await), "SLOW_REQUEST", "{path}");
    }
}

#[tokio::test]
async fn a_message_of_a_stream_arrives_in_time_and_the_next_may_wait() {
    use judge_server::proto::JudgeStreamRequest;
    let server = Server::start(&["--read-time=200ms"]).await;
    let client = Raw::new(&server, 64 * 1024);
    let judged = "judge_verdicts_total";
    let whole = framed(&JudgeStreamRequest { request: Some(request("", 1, 5)) });
    let idle = client.call(JUDGE_STREAM);
    idle.send(whole.clone());
    server.until(judged, 1.0).await;
    // Longer than the time for a message.
    let stalled = client.call(JUDGE_STREAM);
    stalled.send(whole.clone());
    stalled.send(begun(1000, 10));
    let status = stalled.status().await;
    assert_eq!((status.code(), &*reason(&status)), (Code::DeadlineExceeded, "SLOW_REQUEST"));
    server.until("judge_buffered_bytes", 0.0).await;
    server.until(judged, 2.0).await;
    // Where it began together with the end of another, too, and where messages may be compressed.
    for (encoding, all) in [("identity", 3.0), ("gzip", 4.0)] {
        let stalled = client.call_with(JUDGE_STREAM, "grpc-encoding", encoding);
        stalled.send([&whole[..], &begun(1000, 10)[..]].concat());
        assert_eq!(reason(&stalled.status().await), "SLOW_REQUEST");
        server.until(judged, all).await;
    }
    idle.send(whole);
    server.until(judged, 5.0).await;
    let refused = "judge_refusals_total{reason=\"SLOW_REQUEST\"}";
    assert_eq!(server.metric(refused).await, Some(3.0));
}

#[tokio::test]
async fn a_lookup_arrives_in_time_and_the_next_may_wait() {
    let server = Server::start(&["--read-time=200ms"]).await;
    let client = Raw::new(&server, 64 * 1024);
    let lookups = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let list = Some(MessageRequest::ListServices(String::new()));
    let whole = framed(&ServerReflectionRequest { message_request: list, ..Default::default() });
    let idle = client.call(lookups);
    idle.send(whole.clone());
    let stalled = client.call(lookups);
    stalled.send(whole.clone());
    stalled.send(begun(100, 10));
    // Reflection has no words for why, and only ends.
    stalled.status().await;
    // The other is there for longer than a message may take, and the call for the metrics.
    server.until("judge_calls_in_flight", 2.0).await;
}

#[tokio::test]
async fn a_call_of_grpc_arrives_in_time() {
    let server = Server::start(&["--read-time=200ms"]).await;
    let stalled = Raw::new(&server, 64 * 1024).call(JUDGE);
    stalled.send(begun(1000, 10));
    let status = stalled.status().await;
    assert_eq!((status.code(), &*reason(&status)), (Code::DeadlineExceeded, "SLOW_REQUEST"));
}
