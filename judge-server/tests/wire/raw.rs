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
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
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
        self.call_with(path, "grpc-timeout", "1H")
    }

    /// A call with one header more than it needs.
    pub(crate) fn call_with(&self, path: &str, header: &str, value: &str) -> Call {
        let (body, sent) = mpsc::unbounded_channel();
        let frames = UnboundedReceiverStream::new(sent).map(|data| Ok(Frame::data(data)));
        let request = Request::post(format!("{}{path}", self.origin))
            .header(header::CONTENT_TYPE, "application/grpc")
            .header(header::TE, "trailers")
            .header(header, value)
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

    /// Cancels it. What is given keeps its body from ending as if all were sent.
    pub(crate) fn cancel(self) -> impl Sized {
        self.answer.abort();
        self.body
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

/// A request that keeps its connection.
pub(crate) const ALIVE: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Makes it on a connection that is open, and reads the answer.
pub(crate) async fn ask(connection: &mut TcpStream) -> String {
    connection.write_all(ALIVE.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"alive") {
        let read = tokio::time::timeout(Duration::from_secs(20), connection.read_buf(&mut answer));
        assert!(read.await.expect("an answer in time").unwrap() > 0, "closed");
    }
    String::from_utf8(answer).unwrap()
}

/// The first `sent` bytes of a request to judge a document of `bytes`.
pub(crate) fn posted(bytes: usize, sent: usize) -> String {
    let head =
        format!("POST /judge HTTP/1.1\r\nhost: localhost\r\ncontent-length: {bytes}\r\n\r\n");
    head + &" ".repeat(sent)
}

/// Metrics of a very chatty request, which the server must be told to take.
const MANY: usize = 15_000;
pub(crate) const TAKES_MANY: &str = "--max-metrics=15000";

/// A request over HTTP whose answer has some megabytes: more than sockets hold.
pub(crate) fn chatty_post() -> String {
    let (mut metrics, mut pairs) = (Vec::new(), Vec::new());
    for metric in 0..MANY {
        metrics.push(format!(r#"{{"name":"{metric}","groups":["all"]}}"#));
        let values = r#"{"values":[1]}"#;
        pairs.push(format!(r#"{{"name":"{metric}","baseline":{values},"canary":{values}}}"#));
    }
    let body = format!(
        r#"{{"canaryConfig":{{"metrics":[{}]}},"thresholds":{{"pass":95,"marginal":75}},"pairs":[{}]}}"#,
        metrics.join(","),
        pairs.join(",")
    );
    let head = "POST /v1/judge HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json";
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// A connection that takes little before it is read.
pub(crate) async fn narrow(address: std::net::SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(address).await.unwrap()
}

/// Bytes of the next answer of a connection, read to its end.
pub(crate) async fn body_bytes(connection: &mut (impl AsyncRead + Unpin)) -> usize {
    let mut said = Vec::new();
    let whole = async {
        loop {
            assert!(connection.read_buf(&mut said).await.unwrap() > 0, "closed");
            let head = said.windows(4).position(|four| four == b"\r\n\r\n");
            let Some(head) = head else { continue };
            let lines = String::from_utf8_lossy(&said[..head]).to_lowercase();
            assert!(lines.starts_with("http/1.1 200"), "{}", String::from_utf8_lossy(&said));
            let bytes = lines.lines().find_map(|line| line.strip_prefix("content-length: "));
            let bytes: usize = bytes.unwrap().parse().unwrap();
            let mut left = bytes + head + 4 - said.len();
            while left > 0 {
                let mut piece = vec![0; left.min(16 * 1024)];
                connection.read_exact(&mut piece).await.unwrap();
                left -= piece.len();
            }
            return bytes;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), whole).await.expect("all of it in time")
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
