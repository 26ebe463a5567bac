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
    let flags = ["--header-time=1s", "--read-time=1s", "--idle-time=1500ms"];
    let server = Server::start(&flags).await;
    let slow_header = said(server.http, "POST /judge HTTP/1.1\r\nhost: localhost\r\n").await;
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
    let server = Server::start(&["--header-time=1s", "--read-time=1s"]).await;
    let starts = [
        "POST /judge HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4000000\r\n\r\n",
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
    let server = Server::start(&["--header-time=1s"]).await;
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
async fn a_stream_without_a_whole_message_ends_and_one_that_goes_on_does_not() {
    use judge_contract::proto::JudgeStreamRequest;
    let server = Server::start(&["--stream-silence=2s"]).await;
    let client = Raw::new(&server, 64 * 1024);
    let judged = "judge_verdicts_total";
    let whole = framed(&JudgeStreamRequest { request: Some(request("", 1, 5)) });
    let stalls = [
        ("identity", begun(1000, 10).freeze()),
        ("gzip", begun(1000, 10).freeze()),
        ("identity", bytes::Bytes::new()),
    ];
    for (count, (encoding, rest)) in (1..).zip(stalls) {
        let stalled = client.call_with(JUDGE_STREAM, "grpc-encoding", encoding);
        // What it began together with the end of another counts as nothing.
        stalled.send([&whole[..], &rest[..]].concat());
        let mut dripping = client.call(JUDGE_STREAM);
        let drip = async {
            loop {
                dripping.send(whole.clone());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let status = tokio::select! {
            status = stalled.status() => status,
            () = drip => unreachable!("it goes on for ever"),
        };
        assert_eq!((status.code(), &*reason(&status)), (Code::Unavailable, "STREAM_SILENT"));
        dripping.end();
        assert_eq!(dripping.status().await.code(), Code::Ok);
        let refused = "judge_refusals_total{reason=\"STREAM_SILENT\"}";
        server.until(refused, f64::from(count)).await;
    }
    server.until("judge_buffered_bytes", 0.0).await;
    assert!(server.metric(judged).await >= Some(6.0));
}

#[tokio::test]
async fn streams_and_watches_have_an_age() {
    use judge_contract::proto::JudgeStreamRequest;
    let server = Server::start(&["--stream-age=300ms"]).await;
    let client = Raw::new(&server, 64 * 1024);
    let stream = client.call(JUDGE_STREAM);
    stream.send(framed(&JudgeStreamRequest { request: Some(request("", 1, 5)) }));
    let mut watch = client.call("/grpc.health.v1.Health/Watch");
    watch.send(framed(&HealthCheckRequest::default()));
    watch.end();
    for call in [stream, watch] {
        let status = call.status().await;
        assert_eq!((status.code(), &*reason(&status)), (Code::Unavailable, "STREAM_OLD"));
    }
}

#[tokio::test]
async fn a_lookup_that_stalls_ends() {
    let server = Server::start(&["--stream-silence=200ms"]).await;
    let client = Raw::new(&server, 64 * 1024);
    let lookups = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let list = Some(MessageRequest::ListServices(String::new()));
    let whole = framed(&ServerReflectionRequest { message_request: list, ..Default::default() });
    let stalled = client.call(lookups);
    stalled.send(whole.clone());
    stalled.send(begun(100, 10));
    // Reflection has no words for why, and only ends.
    stalled.status().await;
    server.until("judge_calls_in_flight", 1.0).await;
}

#[tokio::test]
async fn a_call_of_grpc_arrives_in_time() {
    let server = Server::start(&["--read-time=200ms"]).await;
    let stalled = Raw::new(&server, 64 * 1024).call(JUDGE);
    stalled.send(begun(1000, 10));
    let status = stalled.status().await;
    assert_eq!((status.code(), &*reason(&status)), (Code::DeadlineExceeded, "SLOW_REQUEST"));
}
