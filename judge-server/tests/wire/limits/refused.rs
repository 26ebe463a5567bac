//! Requests over HTTP that are refused while their client still sends them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, StatusCode, Version};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::Server;
use crate::raw::{closes, said};

/// More than sockets hold.
const LARGE: usize = 14 << 20;

/// The next request, after which the server closes the connection.
const LAST: &[u8] = b"GET /healthz HTTP/1.0\r\n\r\n";

/// What the server says to a client that reads nothing before it has sent all, and then asks again.
async fn heard(address: SocketAddr, head: &str) -> String {
    let mut connection = said(address, &format!("POST {head}\r\nhost: localhost\r\n")).await;
    let whole = async {
        let length = format!("content-length: {LARGE}\r\n\r\n");
        connection.write_all(length.as_bytes()).await?;
        connection.write_all(&vec![b' '; LARGE]).await?;
        connection.write_all(LAST).await
    };
    let sent = tokio::time::timeout(Duration::from_secs(20), whole).await;
    sent.expect("in time").expect("all is taken");
    closes(connection).await
}

#[tokio::test]
async fn are_read_to_their_end_so_that_their_client_learns_why() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tokens");
    std::fs::write(&file, "0123456789abcdef\n").unwrap();
    let flag = format!("--tokens={}", file.display());
    let server = Server::start(&["--max-buffered=5MiB", &flag]).await;
    let token = "authorization: Bearer 0123456789abcdef";
    let cases = [
        ("/judge HTTP/1.1".to_owned(), "401", "UNAUTHENTICATED"),
        (format!("/judge HTTP/1.1\r\n{token}"), "413", "MESSAGE_TOO_LARGE"),
        (format!("/nowhere HTTP/1.1\r\n{token}"), "404", "NOT_FOUND"),
        (
            format!("/judge HTTP/1.1\r\n{token}\r\ncontent-type: text/plain"),
            "415",
            "UNSUPPORTED_MEDIA_TYPE",
        ),
    ];
    for (head, status, reason) in cases {
        let said = heard(server.http, &head).await;
        assert!(
            said.starts_with(&format!("HTTP/1.1 {status} ")) && said.contains(reason),
            "{said}"
        );
        assert!(!said.contains("connection: close") && said.ends_with("alive"), "{said}");
    }
}

#[tokio::test]
async fn are_read_to_their_end_over_http_2_too() {
    let server = Server::start(&[]).await;
    let mut client = Client::builder(TokioExecutor::new());
    let client = client.http2_only(true).build_http();
    let (chunks, sent) = (64, Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&sent);
    let body = StreamBody::new(stream::iter(0..chunks).map(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[b' '; 16 * 1024])))
    }));
    let request = Request::post(format!("http://{}/nowhere", server.http)).version(Version::HTTP_2);
    let answer = client.request(request.body(body).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(sent.load(Ordering::Relaxed), chunks);
    answer.into_body().collect().await.unwrap();
}

#[tokio::test]
async fn are_read_to_their_end_once_their_client_has_leave_to_send_them() {
    let server = Server::start(&["--max-message-size=64KiB"]).await;
    let head = "POST /judge HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n\
                transfer-encoding: chunked\r\n\r\n";
    let mut connection = said(server.http, head).await;
    let mut leave = [0; 25];
    connection.read_exact(&mut leave).await.unwrap();
    assert_eq!(&leave, b"HTTP/1.1 100 Continue\r\n\r\n");
    for _ in 0..16 {
        let chunk = [b"4000\r\n", &[b' '; 0x4000][..], b"\r\n"].concat();
        connection.write_all(&chunk).await.unwrap();
        // So that the server has refused it before the last of it comes.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    connection.write_all(b"0\r\n\r\n").await.unwrap();
    connection.write_all(LAST).await.unwrap();
    let said = closes(connection).await;
    assert!(said.starts_with("HTTP/1.1 413 ") && said.ends_with("alive"), "{said}");
}

#[tokio::test]
async fn are_answered_with_the_beginning_of_their_path() {
    let server = Server::start(&[]).await;
    let answer = server.get(&format!("/{}", "x".repeat(5000))).await;
    assert_eq!(answer.reason(), "NOT_FOUND");
    assert!(answer.body.len() < 500, "{}", answer.text());
}

#[tokio::test]
async fn hold_nothing_while_they_are_read() {
    let server = Server::start(&["--max-message-size=1MiB"]).await;
    let head =
        "POST /judge HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n200000\r\n";
    let mut connection = said(server.http, head).await;
    connection.write_all(&vec![b' '; 0x18_0000]).await.unwrap();
    // What its answer may have.
    server.until("judge_buffered_bytes", 16_384.0).await;
    connection.write_all(&vec![b' '; 0x8_0000]).await.unwrap();
    connection.write_all(b"\r\n0\r\n\r\n").await.unwrap();
    connection.write_all(LAST).await.unwrap();
    let said = closes(connection).await;
    assert!(said.starts_with("HTTP/1.1 413 ") && said.ends_with("alive"), "{said}");
}

#[tokio::test]
async fn are_not_read_for_ever() {
    let server = Server::start(&["--max-message-size=1MiB", "--read-time=500ms"]).await;
    let refused = |said: String, status: &str| {
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{said}");
        assert!(said.contains("connection: close") && !said.contains("100 Continue"), "{said}");
    };
    // Too long to stall for ever.
    let stalled = "POST /nowhere HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n";
    refused(closes(said(server.http, stalled).await).await, "404");
    // Without a wait where that is known, or where the client waits for leave.
    let server = Server::start(&["--max-message-size=1MiB", "--read-time=1h"]).await;
    let known = "POST /judge HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9000000\r\n\r\n";
    refused(closes(said(server.http, known).await).await, "413");
    let asks = "POST /nowhere HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n";
    refused(closes(said(server.http, asks).await).await, "404");
    // So much that it may not all be read.
    let mut endless = TcpStream::connect(server.http).await.unwrap();
    endless
        .write_all(b"POST /judge HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")
        .await
        .unwrap();
    let sending = async {
        let chunk = [b"1000\r\n", &[b' '; 0x1000][..], b"\r\n"].concat();
        while endless.write_all(&chunk).await.is_ok() {}
    };
    tokio::time::timeout(Duration::from_secs(20), sending).await.expect("an end");
}
