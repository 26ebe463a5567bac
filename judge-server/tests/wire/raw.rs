//! Clients that send and read only as much as a test says.

use std::convert::Infallible;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::StreamExt;
use http::{HeaderMap, Request, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::UnboundedReceiverStream;

use crate::harness::Server;

type Body = http_body_util::combinators::BoxBody<Bytes, Infallible>;

pub(crate) const JUDGE: &str = "/canary.judge.v1.JudgeService/Judge";
pub(crate) const JUDGE_STREAM: &str = "/canary.judge.v1.JudgeService/JudgeStream";
pub(crate) const CHECK: &str = "/grpc.health.v1.Health/Check";

/// A connection of HTTP/2 that says nothing that the test does not.
pub(crate) struct Raw {
    client: Client<HttpConnector, Body>,
    origin: String,
}

/// A call that has begun.
pub(crate) struct Call {
    /// The rest of its body.
    body: Option<mpsc::UnboundedSender<Bytes>>,
    answer: JoinHandle<Result<Response<Incoming>, Error>>,
}

impl Raw {
    /// Takes `window` bytes of each answer before it is read.
    pub(crate) fn new(server: &Server, window: u32) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .http2_only(true)
            .http2_initial_stream_window_size(window)
            .build_http();
        Self { client, origin: format!("http://{}", server.grpc) }
    }

    pub(crate) fn call(&self, path: &str) -> Call {
        self.call_within(path, "1H")
    }

    /// A call with a deadline, in the words of gRPC.
    pub(crate) fn call_within(&self, path: &str, timeout: &str) -> Call {
        let (body, sent) = mpsc::unbounded_channel();
        let frames = UnboundedReceiverStream::new(sent).map(|data| Ok(Frame::data(data)));
        let request = Request::post(format!("{}{path}", self.origin))
            .header(header::CONTENT_TYPE, "application/grpc")
            .header(header::TE, "trailers")
            .header("grpc-timeout", timeout)
            .body(BodyExt::boxed(StreamBody::new(frames)))
            .unwrap();
        Call { body: Some(body), answer: tokio::spawn(self.client.request(request)) }
    }
}

impl Call {
    pub(crate) fn send(&self, bytes: impl Into<Bytes>) {
        self.body.as_ref().unwrap().send(bytes.into()).unwrap();
    }

    /// Ends its body.
    pub(crate) fn end(&mut self) {
        self.body = None;
    }

    /// The answer, once it begins; the request does not end.
    pub(crate) async fn response(&mut self) -> Response<Incoming> {
        let answer = tokio::time::timeout(Duration::from_secs(20), &mut self.answer).await;
        answer.expect("an answer in time").unwrap().unwrap()
    }

    /// The status of the call, when it ends.
    pub(crate) async fn status(mut self) -> tonic::Status {
        let (parts, body) = self.response().await.into_parts();
        let body = tokio::time::timeout(Duration::from_secs(20), body.collect()).await;
        let trailers = body.expect("ended in time").unwrap().trailers().cloned();
        let of = |headers: &HeaderMap| tonic::Status::from_header_map(headers);
        of(&parts.headers).or_else(|| of(&trailers?)).unwrap()
    }
}

/// A message of gRPC, framed.
pub(crate) fn framed(message: &impl prost::Message) -> Bytes {
    let bytes = message.encode_to_vec();
    let mut framed = begun(bytes.len(), 0);
    framed.put_slice(&bytes);
    framed.freeze()
}

/// The first `sent` bytes of a message of `bytes`, with its frame.
pub(crate) fn begun(bytes: usize, sent: usize) -> BytesMut {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(bytes).unwrap());
    frame.put_bytes(0, sent);
    frame
}

/// A connection that has sent `text`.
pub(crate) async fn said(address: std::net::SocketAddr, text: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(text.as_bytes()).await.unwrap();
    connection
}

/// The first `sent` bytes of a request to judge a document of `bytes`.
pub(crate) fn posted(bytes: usize, sent: usize) -> String {
    let head = format!("POST /judge HTTP/1.1\r\nhost: x\r\ncontent-length: {bytes}\r\n\r\n");
    head + &" ".repeat(sent)
}

/// What the server says on a connection before it closes it.
pub(crate) async fn closes(mut connection: TcpStream) -> String {
    let mut said = Vec::new();
    let read = connection.read_to_end(&mut said);
    let read = tokio::time::timeout(Duration::from_secs(20), read).await.expect("closed in time");
    // A reset is a way to close too.
    drop(read);
    String::from_utf8_lossy(&said).into_owned()
}
