//! Answers that are read from the store.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;

use crate::harness::Server;
use crate::kayenta_clients::kayentactl::{body, started};
use crate::kayenta_clients::{Kayenta, run, scoped};
use crate::kept::flags;
use crate::source::Prometheus;

/// What an open call holds at least.
const CALL: usize = 16 * 1024;

/// An answer of which the client takes `window` bytes before it reads them.
async fn begun(address: SocketAddr, path: &str, window: u32) -> Response<Incoming> {
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .http2_initial_stream_window_size(window)
        .build_http::<Full<Bytes>>();
    let request = Request::get(format!("http://{address}{path}")).body(Full::default()).unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(20), client.request(request)).await;
    answer.expect("an answer in time").unwrap()
}

#[tokio::test]
async fn answers_hold_their_own_bytes_and_not_the_looks_that_they_were_made_from() {
    let kayenta = Kayenta::start("").await;
    let server = &kayenta.server;
    let id = started(&kayenta, &body("canary")).await;
    let analysis = format!("/standalone_canary_analysis/{id}");
    kayenta.completed(&analysis).await;
    for (address, path) in
        [(server.http, format!("/canaries/{id}")), (server.kayenta.unwrap(), analysis)]
    {
        server.until("judge_buffered_bytes", 0.0).await;
        let answer = begun(address, &path, 1).await;
        assert_eq!(answer.status(), 200);
        let bytes: usize =
            answer.headers()[header::CONTENT_LENGTH].to_str().unwrap().parse().unwrap();
        server.until("judge_buffered_bytes", bytes.max(CALL) as f64).await;
        drop(answer);
    }
}

#[tokio::test]
async fn series_without_room_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let source = Prometheus::start().await;
    let mut flags = flags(&folder, source.url());
    flags.push("--max-buffered=64KiB".to_owned());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = Server::start(&flags).await;
    let kayenta = Kayenta { server, source, folder };
    // On one of them the run has few points, on the other more than have room.
    for (metrics, status) in [(1, 200), (20, 429)] {
        let request = run("canary", &json!(95), &json!(75));
        let body = json!({"canaryConfig": scoped(metrics), "executionRequest": request});
        let started = kayenta.post("/canary?application=shop", &body).await;
        let id = started["canaryExecutionId"].as_str().unwrap();
        let done = kayenta.completed(&format!("/canary/{id}")).await;
        let list = done["metricSetPairListId"].as_str().unwrap();
        let pair = done["result"]["judgeResult"]["results"][0]["id"].as_str().unwrap();
        for path in
            [format!("/metricSetPairList/{list}"), format!("/metricSetPairList/{list}/{pair}")]
        {
            let answer = kayenta.call("GET", &path, "").await;
            assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text());
            assert_eq!(answer.text().contains("--max-buffered"), status == 429);
        }
        let path = "/v1/history?application=shop&limit=1";
        let history = begun(kayenta.server.http, path, 1 << 20).await.into_body();
        let history = tokio::time::timeout(Duration::from_secs(20), history.collect()).await;
        assert_eq!(history.expect("its end in time").is_ok(), status == 200);
        kayenta.server.until("judge_buffered_bytes", 0.0).await;
    }
}
