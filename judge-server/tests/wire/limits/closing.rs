//! Connections that the server closes, each counted with its reason.

use std::time::Duration;

use judge_contract::proto::JudgeStreamRequest;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tonic::Code;

use crate::harness::{Server, request};
use crate::raw::{ALIVE, JUDGE_STREAM, Raw, ask, closes, framed, said};

fn closed(reason: &str) -> String {
    format!("judge_connections_closed_total{{reason=\"{reason}\"}}")
}

#[tokio::test]
async fn http_clients_have_a_time_for_headers_from_the_answer_before() {
    let server = Server::start(&["--header-time=1s"]).await;
    let slow = closed("SLOW_HEADERS");
    for (count, begun) in [(1.0, "GET"), (2.0, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n")] {
        let said = closes(said(server.http, begun).await).await;
        assert_eq!(said, "");
        server.until(&slow, count).await;
    }
    let mut patient = TcpStream::connect(server.http).await.unwrap();
    for _ in 0..3 {
        ask(&mut patient).await;
    }
    patient.write_all(b"GET /healthz HTTP/1.1\r\nhost").await.unwrap();
    closes(patient).await;
    server.until(&closed("IDLE"), 1.0).await;
    // Nor is there a connection that says nothing.
    closes(TcpStream::connect(server.grpc).await.unwrap()).await;
    server.until(&closed("SILENT"), 1.0).await;
}

#[tokio::test]
async fn headers_are_limited_in_size() {
    let server = Server::start(&[]).await;
    let large = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: {}", "x".repeat(70_000));
    // What is not read of it may turn the close into a reset, which loses the answer.
    let said = closes(said(server.http, &large[..65_536]).await).await;
    assert!(said.starts_with("HTTP/1.1 431 "), "{said}");
    let fits =
        format!("GET /healthz HTTP/1.0\r\nhost: localhost\r\nx: {}\r\n\r\n", "x".repeat(60_000));
    let said = closes(crate::raw::said(server.http, &fits).await).await;
    assert!(said.starts_with("HTTP/1.0 200 "), "{said}");
    // Over HTTP/2.
    let mut client = server.client().await;
    for (bytes, fits) in [(14_000, true), (17_000, false)] {
        let mut call = tonic::Request::new(request("", 1, 5));
        call.metadata_mut().insert("x", "x".repeat(bytes).parse().unwrap());
        assert_eq!(client.judge(call).await.is_ok(), fits, "{bytes}");
    }
    client.judge(request("", 1, 5)).await.unwrap();
}

#[tokio::test]
async fn idle_ones() {
    let server = Server::start(&["--idle-time=1s"]).await;
    let mut used = TcpStream::connect(server.http).await.unwrap();
    ask(&mut used).await;
    closes(used).await;
    closes(said(server.grpc, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await).await;
    server.until(&closed("IDLE"), 2.0).await;
}

#[tokio::test]
async fn only_clients_that_answer_no_ping() {
    let server = Server::start(&["--keep-alive=100ms", "--header-time=3s"]).await;
    let mut client = server.client().await;
    client.judge(request("", 1, 5)).await.unwrap();
    // So often that the other has been asked too.
    for count in [1.0, 2.0] {
        let mut silent = said(server.grpc, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        silent.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        closes(silent).await;
        server.until(&closed("KEEP_ALIVE"), count).await;
    }
    client.judge(request("", 1, 5)).await.unwrap();
    assert_eq!(server.metric(&closed("KEEP_ALIVE")).await, Some(2.0));
}

#[tokio::test]
async fn old_ones_once_their_calls_are_answered() {
    let server = Server::start(&["--connection-age=1s", "--header-time=2s"]).await;
    let message = framed(&JudgeStreamRequest { request: Some(request("", 1, 5)) });
    let mut open = Raw::new(&server, 64 * 1024).call(JUDGE_STREAM);
    open.send(message.clone());
    server.until("judge_verdicts_total", 1.0).await;
    closes(said(server.http, ALIVE).await).await;
    server.until(&closed("AGE"), 1.0).await;
    // A client goes on, on another connection each time.
    let mut client = server.client().await;
    while server.metric(&closed("AGE")).await < Some(3.0) {
        if let Err(status) = client.judge(request("", 1, 5)).await {
            // What it had not yet sent when its connection ended: it does not try again by itself.
            assert!(status.message().contains("operation was canceled"), "{status}");
        }
    }
    let begun = "judge_calls_total{code=\"CANCELLED\",method=\"Judge\"}";
    assert_eq!(server.metric(begun).await, None, "what the server took was answered");
    // None of its connections is left but that of the stream, and the one that asks.
    drop(client);
    server.until("judge_connections", 2.0).await;
    let aged = server.metric(&closed("AGE")).await.unwrap();
    let judged = server.metric("judge_verdicts_total").await.unwrap();
    open.send(message);
    server.until("judge_verdicts_total", judged + 1.0).await;
    assert_eq!(server.metric("judge_streams").await, Some(1.0));
    open.end();
    assert_eq!(open.status().await.code(), Code::Ok);
    server.until(&closed("AGE"), aged + 1.0).await;
}

#[tokio::test]
async fn old_ones_over_http_with_the_next_answer() {
    let server = Server::start(&["--connection-age=2s", "--header-time=1h"]).await;
    let mut connection = TcpStream::connect(server.http).await.unwrap();
    assert!(!ask(&mut connection).await.contains("connection: close"));
    // None is cut off.
    let told = async { while !ask(&mut connection).await.contains("connection: close") {} };
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("told in time");
    assert_eq!(closes(connection).await, "");
    server.until(&closed("AGE"), 1.0).await;
}
