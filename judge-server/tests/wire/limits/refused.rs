//! Requests over HTTP that are refused while their client still sends them.

use std::net::SocketAddr;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::harness::Server;
use crate::raw::{closes, said};

/// More than sockets hold.
const LARGE: usize = 14 << 20;

/// The next request, after which the server closes the connection.
const LAST: &[u8] = b"GET /healthz HTTP/1.0\r\n\r\n";

/// What the server says to a client that reads nothing before it has sent all, and then asks again.
async fn heard(address: SocketAddr, head: &str) -> String {
    let mut connection = said(address, &format!("POST {head}\r\nhost: x\r\n")).await;
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
async fn are_read_to_their_end_so_that_their_client_is_told_why() {
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
async fn hold_nothing_while_they_are_read() {
    let server = Server::start(&["--max-message-size=1MiB"]).await;
    let head = "POST /judge HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n200000\r\n";
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
    let stalled = "POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n";
    refused(closes(said(server.http, stalled).await).await, "404");
    // Without a wait where that is known, or where the client waits for leave.
    let server = Server::start(&["--max-message-size=1MiB", "--read-time=1h"]).await;
    let known = "POST /judge HTTP/1.1\r\nhost: x\r\ncontent-length: 9000000\r\n\r\n";
    refused(closes(said(server.http, known).await).await, "413");
    let asks =
        "POST /nowhere HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n";
    refused(closes(said(server.http, asks).await).await, "404");
    // So much that it may not all be read.
    let mut endless = TcpStream::connect(server.http).await.unwrap();
    endless
        .write_all(b"POST /judge HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        .await
        .unwrap();
    let sending = async {
        let chunk = [b"1000\r\n", &[b' '; 0x1000][..], b"\r\n"].concat();
        while endless.write_all(&chunk).await.is_ok() {}
    };
    tokio::time::timeout(Duration::from_secs(20), sending).await.expect("an end");
}
