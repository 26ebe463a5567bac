//! Answers that are not read.

use judge_contract::proto::{JudgeRequest, JudgeStreamRequest, MetricPair};
use prost::Message;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codec::CompressionEncoding;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::harness::{Server, reason, request};
use crate::raw::{Call, JUDGE, Raw, TAKES_MANY, body_bytes, chatty_post, framed, narrow};

const SLOW: &str = "judge_connections_closed_total{reason=\"SLOW_ANSWERS\"}";

/// Its answer is several times as large as it is.
fn chatty() -> JudgeRequest {
    request("", 200, 1)
}

/// Asks for an answer and takes next to nothing of it.
fn unread(client: &Raw) -> Call {
    let mut call = client.call(JUDGE);
    call.send(framed(&chatty()));
    call.end();
    call
}

#[tokio::test]
async fn count_as_bytes_until_their_client_is_gone() {
    let roomy = Server::start(&[]).await;
    let answer = roomy.client().await.judge(chatty()).await.unwrap().into_inner().encoded_len();
    let requested = chatty().encoded_len();
    assert!(answer > 60_000 && requested < answer / 2, "{requested}, {answer}");
    // Three fit, and a small one beside them.
    let fit = 3;
    let server = Server::start(&[&format!("--max-buffered={}", fit * answer + answer / 2)]).await;
    let mut client = server.client().await;
    let lazy = Raw::new(&server, 1024);
    let mut calls = Vec::new();
    for count in 1..=fit {
        calls.push(unread(&lazy));
        server.until("judge_buffered_bytes", (count * answer) as f64).await;
    }
    assert_eq!(server.metric("judge_judgements_admitted").await, Some(0.0));
    let status = client.judge(chatty()).await.unwrap_err();
    assert_eq!(reason(&status), "TOO_MANY_BYTES");
    client.judge(request("", 1, 5)).await.unwrap();
    let first = calls.remove(0).response().await;
    drop(first);
    server.until("judge_buffered_bytes", ((fit - 1) * answer) as f64).await;
    client.judge(chatty()).await.unwrap();
    drop((calls, lazy));
}

#[tokio::test]
async fn that_do_not_fit_are_refused() {
    let server = Server::start(&["--max-buffered=64KiB"]).await;
    let mut client = server.client().await;
    let status = client.judge(chatty()).await.unwrap_err();
    assert_eq!(reason(&status), "TOO_MANY_BYTES");
    let messages = [JudgeStreamRequest { request: Some(chatty()) }];
    let answers = client.judge_stream(tokio_stream::iter(messages)).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    assert!(format!("{answer:?}").contains("TOO_MANY_BYTES"), "{answer:?}");
    // Nor does a refusal that is many times as large as its request.
    let mut empty = request("7", 0, 0);
    empty.pairs = vec![MetricPair::default(); 1000];
    let messages = [JudgeStreamRequest { request: Some(empty) }];
    let answers = client.judge_stream(tokio_stream::iter(messages)).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    assert_eq!(answer.id, "7");
    assert!(format!("{answer:?}").contains("TOO_MANY_BYTES"), "{}", answer.encoded_len());
    server.until("judge_buffered_bytes", 0.0).await;
    // What nobody is told is no verdict.
    assert_eq!(server.metric("judge_verdicts_total").await, None);
    client.judge(request("", 1, 5)).await.unwrap();
    assert_eq!(server.metric("judge_verdicts_total").await, Some(1.0));
}

#[tokio::test]
async fn end_their_connection_alone() {
    let server = Server::start(&["--write-time=200ms"]).await;
    // Nothing to take in these.
    let mut health = HealthClient::new(server.channel().await);
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    watch.message().await.unwrap().unwrap();
    let mut client = server.client().await;
    let (sender, receiver) = mpsc::channel(1);
    let mut stream = client.judge_stream(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    let message = JudgeStreamRequest { request: Some(request("", 1, 5)) };
    sender.send(message.clone()).await.unwrap();
    stream.message().await.unwrap().unwrap();
    // What an open stream holds.
    let held = ((1 << 20) + 16 * 1024 + message.encoded_len()) as f64;
    server.until("judge_buffered_bytes", held).await;
    // So often that twice the time has passed.
    for count in [1.0, 2.0, 3.0] {
        let lazy = Raw::new(&server, 1024);
        let call = unread(&lazy);
        server.until(SLOW, count).await;
        server.until("judge_buffered_bytes", held).await;
        drop(call);
        sender.send(message.clone()).await.unwrap();
        stream.message().await.unwrap().unwrap();
    }
    server.stop.send(()).unwrap();
    // Their connection has been there all the while.
    watch.message().await.unwrap().unwrap();
    drop(sender);
}

#[tokio::test]
async fn over_http_end_their_connection_too() {
    let server = Server::start(&["--write-time=200ms"]).await;
    let mut lazy = TcpStream::connect(server.http).await.unwrap();
    let asking = tokio::spawn(async move {
        // More than all buffers on the way hold.
        while lazy.write_all(b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n").await.is_ok()
        {
            tokio::task::yield_now().await;
        }
    });
    server.until(SLOW, 1.0).await;
    tokio::time::timeout(std::time::Duration::from_secs(20), asking).await.unwrap().unwrap();
}

#[tokio::test]
async fn over_http_count_as_bytes_until_all_is_taken() {
    let server = Server::start(&[TAKES_MANY]).await;
    let mut lazy = narrow(server.http).await;
    lazy.write_all(chatty_post().as_bytes()).await.unwrap();
    server.until("judge_verdicts_total", 1.0).await;
    // Not those of the request, once it is judged.
    server.until("judge_judgements_admitted", 0.0).await;
    let held = server.metric("judge_buffered_bytes").await.unwrap();
    // What can be sent has been once this has come and gone.
    for _ in 0..3 {
        server.client().await.judge(request("", 1, 5)).await.unwrap();
    }
    assert_eq!(server.metric("judge_buffered_bytes").await, Some(held));
    assert_eq!(body_bytes(&mut lazy).await as f64, held);
    server.until("judge_buffered_bytes", 0.0).await;
}

#[tokio::test]
async fn of_a_stream_count_until_they_are_written() {
    let server = Server::start(&[]).await;
    let (sender, receiver) = mpsc::channel(1);
    // Smaller than what was reserved for them.
    let mut client = server.client().await.accept_compressed(CompressionEncoding::Gzip);
    let mut stream = client.judge_stream(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    // What an open stream holds, with the largest message that it had.
    let stream_bytes =
        (1 << 20) + 16 * 1024 + JudgeStreamRequest { request: Some(chatty()) }.encoded_len();
    let mut bytes = 0;
    for _ in 0..3 {
        let message = JudgeStreamRequest { request: Some(chatty()) };
        sender.send(message).await.unwrap();
        bytes = stream.message().await.unwrap().unwrap().encoded_len();
        server.until("judge_buffered_bytes", stream_bytes as f64).await;
    }

    let lazy = Raw::new(&server, 1024);
    let call = lazy.call(crate::raw::JUDGE_STREAM);
    for _ in 0..3 {
        call.send(framed(&JudgeStreamRequest { request: Some(chatty()) }));
    }
    server.until("judge_buffered_bytes", (2 * stream_bytes + 3 * bytes) as f64).await;
    drop((call, lazy));
    server.until("judge_buffered_bytes", stream_bytes as f64).await;
    drop(sender);
    assert!(stream.message().await.unwrap().is_none());
    server.until("judge_buffered_bytes", 0.0).await;
}

#[tokio::test]
async fn refusals_larger_than_their_requests_count_too() {
    let document = format!("{{\"pairs\": [{}]}}", vec!["{}"; 1000].join(","));
    for (room, status) in [("64KiB", 429), ("1MiB", 400)] {
        let server = Server::start(&[&format!("--max-buffered={room}")]).await;
        let answer = server.post("/v1/judge", document.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{room}");
        let many = status == 400;
        assert_eq!(answer.reason(), if many { "INVALID_REQUEST" } else { "TOO_MANY_BYTES" });
        assert_eq!(answer.body.len() > 64 * 1024, many);
        server.until("judge_buffered_bytes", 0.0).await;
    }
}
