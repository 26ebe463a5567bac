//! Limits at their edges, and what happens beyond them.

use std::time::Duration;

use judge_server::proto::judge_service_client::JudgeServiceClient;
use judge_server::proto::{JudgeRequest, JudgeStreamRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::CompressionEncoding;
use tonic::transport::Endpoint;
use tonic::{Code, Request};
use tonic_types::StatusExt;

use crate::harness::{Server, fields, reason, request};

/// Takes a second or so even alone.
fn slow() -> JudgeRequest {
    request("slow", 40, 12_000)
}

const SLOW: &[&str] = &["--max-message-size=16MiB", "--max-points=1000000", "--threads=1"];

#[tokio::test]
async fn metrics_and_points() {
    let flags = ["--max-metrics=3", "--max-series-points=10", "--max-points=40"];
    let server = Server::start(&flags).await;
    let mut client = server.client().await;
    client.judge(request("", 2, 10)).await.unwrap();
    client.judge(request("", 3, 6)).await.unwrap();
    let cases: [(JudgeRequest, &[&str]); 3] = [
        (request("", 4, 1), &["canaryConfig.metrics", "pairs"]),
        (request("", 1, 11), &["pairs[0].baseline.values", "pairs[0].canary.values"]),
        (request("", 3, 7), &["pairs"]),
    ];
    for (request, expected) in cases {
        let status = client.judge(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(fields(&status), expected);
    }
}

#[tokio::test]
async fn calls_beyond_capacity_are_refused_and_those_accepted_finish() {
    let flags = [SLOW, &["--max-calls=1"]].concat();
    let server = Server::start(&flags).await;
    let mut client = server.client().await;
    let mut other = client.clone();
    let accepted = tokio::spawn(async move { other.judge(slow()).await });
    server.until("judge_judgements_admitted", 1.0).await;
    let status = client.judge(request("", 1, 5)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(reason(&status), "TOO_MANY_CALLS");
    let retry = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert_eq!(retry, Duration::from_secs(1));
    let answer = server.post("/judge", "{}").await;
    assert_eq!((answer.status.as_u16(), answer.reason().as_str()), (429, "TOO_MANY_CALLS"));
    assert_eq!(answer.headers["retry-after"], "1");
    accepted.await.unwrap().unwrap();
    client.judge(request("", 1, 5)).await.unwrap();
    assert_eq!(server.metric("judge_refusals_total{reason=\"TOO_MANY_CALLS\"}").await, 2.0);
}

#[tokio::test]
async fn small_canaries_do_not_wait_for_large_ones() {
    let server = Server::start(SLOW).await;
    let mut client = server.client().await;
    let mut other = client.clone();
    let large = tokio::spawn(async move { other.judge(slow()).await });
    server.until("judge_judgements_admitted", 1.0).await;
    for _ in 0..20 {
        client.judge(request("", 1, 20)).await.unwrap();
    }
    assert!(!large.is_finished());
    large.await.unwrap().unwrap();
}

#[tokio::test]
async fn deadlines_and_cancelled_calls_stop_the_work() {
    let server = Server::start(SLOW).await;
    let mut client = server.client().await;
    let mut late = Request::new(slow());
    late.set_timeout(Duration::from_millis(50));
    let status = client.judge(late).await.unwrap_err();
    // The client's own timer may win.
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
    server.until("judge_judgements_admitted", 0.0).await;
    let cancelled_calls = "judge_calls_total{code=\"CANCELLED\",method=\"Judge\"}";
    server.until("judge_call_duration_seconds_count{method=\"Judge\"}", 1.0).await;
    let before = server.metric(cancelled_calls).await;

    let mut other = client.clone();
    let cancelled = tokio::spawn(async move { other.judge(slow()).await });
    server.until("judge_judgements_admitted", 1.0).await;
    cancelled.abort();
    server.until("judge_judgements_admitted", 0.0).await;
    server.until(cancelled_calls, before + 1.0).await;
    assert_eq!(server.metric("judge_verdicts_total").await, 0.0);
}

#[tokio::test]
async fn the_servers_own_limit_on_a_calls_time() {
    let flags = [SLOW, &["--call-time=50ms"]].concat();
    let server = Server::start(&flags).await;
    let status = server.client().await.judge(slow()).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED")
    );
}

#[tokio::test]
async fn streams_are_limited_in_number_and_in_time() {
    let server = Server::start(&["--max-streams=1"]).await;
    let mut client = server.client().await;
    let (sender, receiver) = mpsc::channel::<JudgeStreamRequest>(1);
    let mut open = client.judge_stream(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    sender.send(JudgeStreamRequest { request: Some(request("1", 1, 5)) }).await.unwrap();
    assert_eq!(open.message().await.unwrap().unwrap().id, "1");
    let status = client.judge_stream(tokio_stream::empty()).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::ResourceExhausted, "TOO_MANY_STREAMS")
    );
    drop(sender);
    assert!(open.message().await.unwrap().is_none());
    server.until("judge_streams", 0.0).await;

    let (_kept, receiver) = mpsc::channel::<JudgeStreamRequest>(1);
    let mut timed = Request::new(ReceiverStream::new(receiver));
    timed.metadata_mut().insert("grpc-timeout", "50m".parse().unwrap());
    let mut open = client.judge_stream(timed).await.unwrap().into_inner();
    let status = open.message().await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn buffered_bytes() {
    let server = Server::start(&["--max-buffered=16KiB"]).await;
    let mut client = server.client().await;
    client.judge(request("", 1, 500)).await.unwrap();
    let status = client.judge(request("", 1, 2000)).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::ResourceExhausted, "TOO_MANY_BYTES")
    );
    // Compressed it would fit, but not as it is judged.
    let mut same = request("", 1, 2000);
    same.pairs[0].baseline.as_mut().unwrap().values.fill(1.0);
    same.pairs[0].canary.as_mut().unwrap().values.fill(1.0);
    let mut compressed = client.clone().send_compressed(CompressionEncoding::Gzip);
    let status = compressed.judge(same).await.unwrap_err();
    assert_eq!(reason(&status), "TOO_MANY_BYTES");
    let answer = server.post("/judge", "x".repeat(20_000)).await;
    assert_eq!(answer.reason(), "TOO_MANY_BYTES");
    server.until("judge_buffered_bytes", 0.0).await;
}

#[tokio::test]
async fn compressed_messages_both_ways() {
    let server = Server::start(&[]).await;
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let client = server.client().await;
        let mut client = client.send_compressed(encoding).accept_compressed(encoding);
        let answer = client.judge(request("", 3, 50)).await.unwrap();
        assert_eq!(answer.into_inner().judgement.unwrap().metrics.len(), 3);
    }
}

/// What the server says on a connection before it closes it.
async fn closes(mut connection: TcpStream) -> String {
    let mut said = Vec::new();
    let read = connection.read_to_end(&mut said);
    let read = tokio::time::timeout(Duration::from_secs(20), read).await.expect("closed in time");
    // A reset is a way to close too.
    drop(read);
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn slow_and_idle_connections_are_closed_and_harm_no_other() {
    let flags = ["--header-time=200ms", "--read-time=200ms", "--idle-time=300ms"];
    let server = Server::start(&flags).await;
    let mut slow_header = TcpStream::connect(server.http).await.unwrap();
    slow_header.write_all(b"POST /judge HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let mut slow_body = TcpStream::connect(server.http).await.unwrap();
    slow_body
        .write_all(b"POST /judge HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
        .await
        .unwrap();
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
async fn connections_are_limited_in_number() {
    let server = Server::start(&["--max-connections=3"]).await;
    let open = [
        TcpStream::connect(server.http).await.unwrap(),
        TcpStream::connect(server.grpc).await.unwrap(),
    ];
    server.until("judge_connections", 3.0).await;
    let third = TcpStream::connect(server.grpc).await.unwrap();
    server_is_at(&server, 3.0).await;
    let beyond = TcpStream::connect(server.grpc).await.unwrap();
    assert_eq!(closes(beyond).await, "");
    drop((open, third));
    server.client().await.judge(request("", 1, 5)).await.unwrap();
}

/// The metrics' own connection is one of those counted.
async fn server_is_at(server: &Server, connections: f64) {
    assert!(server.metric("judge_connections").await <= connections);
}

#[tokio::test]
async fn a_thousand_idle_connections_harm_no_one() {
    let server = Server::start(&[]).await;
    let mut idle = Vec::new();
    for _ in 0..1000 {
        idle.push(TcpStream::connect(server.grpc).await.unwrap());
    }
    server.until("judge_connections", 1001.0).await;
    let mut client = server.client().await;
    for _ in 0..20 {
        client.judge(request("", 1, 20)).await.unwrap();
    }
}

#[tokio::test]
async fn clients_that_do_not_read_or_vanish_harm_no_other() {
    let server = Server::start(&["--max-calls=20"]).await;
    let uri = format!("http://{}", server.grpc);
    // A runtime of its own, so that its sockets close when it is gone.
    let elsewhere = tokio::runtime::Runtime::new().unwrap();
    let channel =
        elsewhere.spawn(async move { Endpoint::from_shared(uri).unwrap().connect().await });
    let mut stalled = JudgeServiceClient::new(channel.await.unwrap().unwrap());
    // Far more answers than any window holds.
    let messages = (0..20_000)
        .map(|number| JudgeStreamRequest { request: Some(request(&number.to_string(), 5, 20)) });
    let unread = stalled.judge_stream(tokio_stream::iter(messages)).await.unwrap();
    let mut vanishing = TcpStream::connect(server.http).await.unwrap();
    vanishing
        .write_all(b"POST /judge HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
        .await
        .unwrap();
    drop(vanishing);
    let mut client = server.client().await;
    for _ in 0..50 {
        client.judge(request("", 1, 20)).await.unwrap();
    }
    assert_eq!(server.metric("judge_streams").await, 1.0);
    drop((unread, stalled));
    elsewhere.shutdown_background();
    server.until("judge_streams", 0.0).await;
    server.until("judge_judgements_admitted", 0.0).await;
    server.until("judge_buffered_bytes", 0.0).await;
}
