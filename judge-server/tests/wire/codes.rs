//! How calls and streams ended, as metrics say it.

use std::net::SocketAddr;

use http::{Request, header};
use http_body_util::Full;
use judge_contract::proto::JudgeStreamRequest;
use judge_contract::proto::judge_service_client::JudgeServiceClient;
use tokio_stream::StreamExt;
use tonic::transport::Endpoint;

use crate::harness::{Server, request, send};
use crate::raw::{CHECK, JUDGE, JUDGE_STREAM, Raw, closes, framed, posted, said};

fn counted(method: &str, code: &str) -> String {
    format!("judge_calls_total{{code=\"{code}\",method=\"{method}\"}}")
}

#[tokio::test]
async fn codes_are_named_as_grpc_names_them() {
    let server = Server::start(&["--max-metrics=3"]).await;
    let mut client = server.client().await;
    client.judge(request("", 1, 5)).await.unwrap();
    client.judge(request("", 4, 5)).await.unwrap_err();
    for code in ["OK", "INVALID_ARGUMENT"] {
        server.until(&counted("Judge", code), 1.0).await;
    }
    for (path, method, code) in
        [("/healthz", "/healthz", "200"), ("/", "/", "200"), ("/nothing", "other", "404")]
    {
        server.get(path).await;
        server.until(&counted(method, code), 1.0).await;
    }
}

#[tokio::test]
async fn requests_that_are_not_grpc_are_counted_as_refused() {
    let server = Server::start(&[]).await;
    let request = |method: &str, path: &str| {
        let request =
            Request::builder().method(method).uri(format!("http://{}{path}", server.grpc));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        send(request.body(Full::default()).unwrap())
    };
    for (path, method) in [(JUDGE, "Judge"), (JUDGE_STREAM, "JudgeStreamOpen"), ("/", "other")] {
        let json = request("POST", path).await;
        assert_eq!((json.status.as_u16(), &*json.reason()), (415, "UNSUPPORTED_MEDIA_TYPE"));
        let get = request("GET", path).await;
        assert_eq!((get.status.as_u16(), &*get.reason()), (405, "METHOD_NOT_ALLOWED"));
        assert_eq!(get.headers[header::ALLOW], "POST");
        server.until(&counted(method, "UNIMPLEMENTED"), 2.0).await;
    }
    assert_eq!(
        server.metric("judge_refusals_total{reason=\"METHOD_NOT_ALLOWED\"}").await,
        Some(3.0)
    );
}

#[tokio::test]
async fn a_stream_is_counted_by_how_it_ended() {
    let server = Server::start(&["--max-message-size=64KiB"]).await;
    let mut client = server.client().await;
    let message = |points| JudgeStreamRequest { request: Some(request("", 1, points)) };
    let opened = |code: &str| counted("JudgeStreamOpen", code);

    let whole = tokio_stream::iter([message(5)]);
    let mut answers = client.judge_stream(whole).await.unwrap().into_inner();
    while answers.message().await.unwrap().is_some() {}
    server.until(&opened("OK"), 1.0).await;

    let too_large = tokio_stream::iter([message(10_000)]);
    let mut answers = client.judge_stream(too_large).await.unwrap().into_inner();
    answers.message().await.unwrap_err();
    server.until(&opened("INVALID_ARGUMENT"), 1.0).await;

    let mut late = tonic::Request::new(tokio_stream::pending::<JudgeStreamRequest>());
    late.metadata_mut().insert("grpc-timeout", "1S".parse().unwrap());
    let mut answers = client.judge_stream(late).await.unwrap().into_inner();
    answers.message().await.unwrap_err();
    server.until(&opened("DEADLINE_EXCEEDED"), 1.0).await;
    server.until("judge_refusals_total{reason=\"DEADLINE_EXCEEDED\"}", 1.0).await;

    for gone in 1..=5 {
        vanish(server.grpc, message(5)).await;
        server.until(&opened("CANCELLED"), f64::from(gone)).await;
    }
    assert_eq!(server.metric(&opened("OK")).await, Some(1.0));
    assert_eq!(server.metric("judge_refusals_total{reason=\"UNREADABLE_MESSAGE\"}").await, None);
}

#[tokio::test]
async fn callers_that_go_away_while_they_ask_have_cancelled() {
    let server = Server::start(&[]).await;
    let half = framed(&request("", 1, 5));
    let half = half.slice(..half.len() / 2);
    for (path, method) in [(JUDGE, "Judge"), (CHECK, "Health")] {
        for gone in 1..=3 {
            let client = Raw::new(&server, 64 * 1024);
            let call = client.call(path);
            call.send(half.clone());
            server.until("judge_calls_in_flight", 2.0).await;
            let _unended = call.cancel();
            server.until(&counted(method, "CANCELLED"), f64::from(gone)).await;
        }
    }
    for (reset, count) in [(false, 1.0), (true, 2.0)] {
        let gone = said(server.http, &posted(100, 50)).await;
        server.until("judge_buffered_bytes", 16_434.0).await;
        if reset {
            gone.set_zero_linger().unwrap();
        }
        drop(gone);
        server.until(&counted("/judge", "CANCELLED"), count).await;
    }
    // What says of itself how long it is, and says nonsense, can be answered.
    let chunked =
        "POST /judge HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nx\r\n";
    let said = closes(said(server.http, chunked).await).await;
    assert!(said.starts_with("HTTP/1.1 400 ") && said.contains("UNREADABLE_MESSAGE"), "{said}");
    server.until(&counted("/judge", "400"), 1.0).await;
    assert_eq!(server.metric("judge_refusals_total").await, Some(1.0));
    server.until("judge_calls_in_flight", 1.0).await;
}

/// Opens a stream, has one message of it answered, and goes away with the connection.
async fn vanish(address: SocketAddr, message: JudgeStreamRequest) {
    let client = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
            let mut client = JudgeServiceClient::new(endpoint.connect().await.unwrap());
            let requests = tokio_stream::iter([message]).chain(tokio_stream::pending());
            let mut answers = client.judge_stream(requests).await.unwrap().into_inner();
            answers.message().await.unwrap().unwrap();
        });
    });
    tokio::task::spawn_blocking(|| client.join()).await.unwrap().unwrap();
}
