//! Streams: how many, how much of each, and clients that stop in the middle.

use judge_server::proto::JudgeStreamRequest;
use judge_server::proto::judge_service_client::JudgeServiceClient;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Endpoint;
use tonic::{Code, Request};

use crate::harness::{Server, reason, request};

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
    assert_eq!(server.metric("judge_streams").await, Some(1.0));
    drop((unread, stalled));
    elsewhere.shutdown_background();
    server.until("judge_streams", 0.0).await;
    server.until("judge_judgements_admitted", 0.0).await;
    server.until("judge_buffered_bytes", 0.0).await;
}
