//! How much one request and all together may be.

use judge_contract::proto::JudgeRequest;
use tonic::Code;
use tonic::codec::CompressionEncoding;

use crate::harness::{Server, fields, reason, request};
use crate::raw::{JUDGE, Raw, begun, posted, said};

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
async fn large_requests_that_stall_leave_bytes_for_small_ones() {
    let server = Server::start(&["--max-buffered=1MiB"]).await;
    let stalled = Raw::new(&server, 64 * 1024).call(JUDGE);
    stalled.send(begun(400_000, 300_000));
    let _other = said(server.http, &posted(400_000, 300_000)).await;
    server.until("judge_buffered_bytes", 632_773.0).await;
    // It would fit, but not in what large ones may have.
    let beyond = server.post("/judge", " ".repeat(400_000)).await;
    assert_eq!(beyond.reason(), "TOO_MANY_BYTES");
    server.client().await.judge(request("", 1, 15_000)).await.unwrap();
    server.until("judge_buffered_bytes", 632_773.0).await;
}
