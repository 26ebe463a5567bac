//! Streams: how many, how much of each, and clients that stop in the middle.

use judge_contract::proto::JudgeStreamRequest;
use judge_contract::proto::judge_service_client::JudgeServiceClient;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Endpoint;
use tonic::{Code, Request};

use super::{SLOW, slow};
use crate::harness::{Server, reason, request};
use crate::raw::{JUDGE_STREAM, Raw, framed};

#[tokio::test]
async fn streams_are_limited_in_number_and_in_time() {
    // Each takes an eighth of it, besides what a call weighs.
    let server = Server::start(&["--max-buffered=16KiB"]).await;
    let mut client = server.client().await;
    let mut senders = Vec::new();
    let mut open = Vec::new();
    let status = loop {
        let (sender, receiver) = mpsc::channel::<JudgeStreamRequest>(1);
        match client.judge_stream(ReceiverStream::new(receiver)).await {
            Ok(stream) => open.push(stream.into_inner()),
            Err(status) => break status,
        }
        senders.push(sender);
    };
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::ResourceExhausted, "TOO_MANY_BYTES")
    );
    assert_eq!(open.len(), 7);
    drop(senders.pop());
    assert!(open.pop().unwrap().message().await.unwrap().is_none());
    server.until("judge_streams", 6.0).await;
    client.judge_stream(tokio_stream::empty()).await.unwrap();
    drop((open, senders));
    server.until("judge_streams", 0.0).await;

    let (_kept, receiver) = mpsc::channel::<JudgeStreamRequest>(1);
    let mut timed = Request::new(ReceiverStream::new(receiver));
    timed.metadata_mut().insert("grpc-timeout", "1S".parse().unwrap());
    let mut open = client.judge_stream(timed).await.unwrap().into_inner();
    let status = open.message().await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn clients_that_do_not_read_or_vanish_harm_no_other() {
    let server = Server::start(&[]).await;
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
        .write_all(b"POST /judge HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{")
        .await
        .unwrap();
    drop(vanishing);
    let mut client = server.client().await;
    for _ in 0..50 {
        client.judge(request("", 1, 20)).await.unwrap();
    }
    assert_eq!(server.metric("judge_streams").await, Some(1.0));
    drop((unread, stalled));
    elsewhere.shutdown_background();
    server.until("judge_streams", 0.0).await;
    server.until("judge_judgements_admitted", 0.0).await;
    server.until("judge_buffered_bytes", 0.0).await;
}

#[tokio::test]
async fn one_that_is_not_read_leaves_its_connection_to_others() {
    let server = Server::start(&[]).await;
    let mut client = server.client().await;
    // Far more answers than any window holds.
    let messages = (0..20_000).map(|_| JudgeStreamRequest { request: Some(request("", 5, 20)) });
    let unread = client.judge_stream(tokio_stream::iter(messages)).await.unwrap();
    // Once nothing moves any more, it has filled what it may.
    let judged = || server.metric("judge_verdicts_total");
    let mut seen = judged().await;
    loop {
        client.judge(request("", 1, 20)).await.unwrap();
        let now = judged().await;
        if now == seen.map(|seen| seen + 1.0) {
            break;
        }
        seen = now;
    }
    for _ in 0..20 {
        client.judge(request("", 1, 2_000)).await.unwrap();
    }
    unread.into_inner().message().await.unwrap().unwrap();
}

#[tokio::test]
async fn one_that_is_not_read_frees_its_place_at_its_deadline() {
    let server = Server::start(&[]).await;
    let unread = Raw::new(&server, 1024).call_with(JUDGE_STREAM, "grpc-timeout", "5S");
    for _ in 0..10 {
        unread.send(framed(&JudgeStreamRequest { request: Some(request("", 50, 5)) }));
    }
    server.until("judge_verdicts_total", 10.0).await;
    server.until("judge_streams", 0.0).await;
    let messages = [JudgeStreamRequest { request: Some(request("next", 1, 5)) }];
    let mut client = server.client().await;
    let mut next = client.judge_stream(tokio_stream::iter(messages)).await.unwrap().into_inner();
    assert_eq!(next.message().await.unwrap().unwrap().id, "next");
    // And once it is read after all, it says why it ended.
    let status = unread.status().await;
    assert_eq!((status.code(), &*reason(&status)), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
    server.until("judge_refusals_total{reason=\"DEADLINE_EXCEEDED\"}", 1.0).await;
}

#[tokio::test]
async fn canaries_of_one_stream_are_limited() {
    let flags = [SLOW, &["--max-stream-calls=2"]].concat();
    let server = Server::start(&flags).await;
    let mut client = server.client().await;
    let messages = (0..5).map(|_| JudgeStreamRequest { request: Some(slow()) });
    let mut stream = client.judge_stream(tokio_stream::iter(messages)).await.unwrap().into_inner();
    server.until("judge_judgements_admitted", 2.0).await;
    let mut answered = 0;
    while answered < 5 {
        tokio::select! {
            biased;
            answer = stream.message() => {
                assert_eq!(answer.unwrap().unwrap().id, "slow");
                answered += 1;
            }
            admitted = server.metric("judge_judgements_admitted") => {
                assert!(admitted <= Some(2.0), "{admitted:?}");
            }
        }
    }
}

#[tokio::test]
async fn watches_are_limited_and_checks_are_not() {
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_client::HealthClient;
    let server = Server::start(&[]).await;
    let mut watches = Vec::new();
    let mut health = HealthClient::new(server.channel().await);
    while watches.len() < 1024 {
        // As many as one connection takes.
        if watches.len() % 128 == 0 {
            health = HealthClient::new(server.channel().await);
        }
        let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
        watch.message().await.unwrap().unwrap();
        watches.push(watch);
    }
    let mut health = HealthClient::new(server.channel().await);
    let status = health.watch(HealthCheckRequest::default()).await.unwrap_err();
    assert_eq!(reason(&status), "TOO_MANY_WATCHES");
    let lookup = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let status = Raw::new(&server, 64 * 1024).call(lookup).status().await;
    assert_eq!(reason(&status), "TOO_MANY_WATCHES");
    health.check(HealthCheckRequest::default()).await.unwrap();
    watches.pop();
    crate::harness::until(async || {
        health.clone().watch(HealthCheckRequest::default()).await.is_ok()
    })
    .await;
}
