//! Who calls: looked at for each message, named in answers, kept to its own site.

use http::{Request, header};
use http_body_util::Full;
use judge_contract::proto::judge_service_client::JudgeServiceClient;
use judge_contract::proto::{JudgeStreamRequest, MonitorRequest, MonitorResponse};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status, Streaming};

use crate::certificates::{authority, files, get, pair};
use crate::harness::{Answer, Server, reason, request, send, until};
use crate::monitor::{all, points, started};
use crate::raw::{closes, said};

const TOKEN: &str = "correct-horse-battery-staple";

async fn with_token(server: &Server, path: &str, token: &str) -> Answer {
    let request = Request::get(format!("http://{}{path}", server.http))
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    send(request.body(Full::default()).unwrap()).await
}

fn message() -> JudgeStreamRequest {
    JudgeStreamRequest { request: Some(request("", 1, 5)) }
}

#[tokio::test]
async fn a_token_that_is_taken_back_ends_its_open_streams_with_their_next_message() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tokens");
    let other = "another-token-altogether";
    std::fs::write(&file, format!("{TOKEN} ci\n{other} prometheus metrics\n")).unwrap();
    let flag = format!("--tokens={}", file.display());
    let server = Server::start(&[&flag, "--reload-every=20ms"]).await;
    let (sender, receiver) = mpsc::channel(1);
    let mut call = tonic::Request::new(ReceiverStream::new(receiver));
    call.metadata_mut().insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
    let mut stream = server.client().await.judge_stream(call).await.unwrap().into_inner();
    sender.send(message()).await.unwrap();
    stream.message().await.unwrap().unwrap();
    std::fs::write(&file, format!("{other} prometheus metrics\n")).unwrap();
    until(async || with_token(&server, "/v1/judges", TOKEN).await.status == 401).await;
    sender.send(message()).await.unwrap();
    let status = stream.message().await.unwrap_err();
    assert_eq!((status.code(), &*reason(&status)), (Code::Unauthenticated, "UNAUTHENTICATED"));
    // The other may do what its scope says.
    assert_eq!(with_token(&server, "/metrics", other).await.status, 200);
    let refused = with_token(&server, "/v1/judges", other).await;
    assert_eq!((refused.status.as_u16(), &*refused.reason()), (403, "MISSING_SCOPE"));
}

/// An open monitor, with what its client sends into it.
struct Monitored {
    sender: mpsc::Sender<MonitorRequest>,
    stream: Streaming<MonitorResponse>,
}

impl Monitored {
    /// Opens one, which has judged its first step.
    async fn open(server: &Server, token: &str) -> Result<Self, Status> {
        let (sender, receiver) = mpsc::channel(2);
        sender.send(started(1)).await.unwrap();
        let mut call = tonic::Request::new(ReceiverStream::new(receiver));
        call.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let stream = server.client().await.monitor(call).await?.into_inner();
        let mut open = Self { sender, stream };
        assert_eq!(open.step(0).await?, 1);
        Ok(open)
    }

    /// The steps that are judged once this one is.
    async fn step(&mut self, step: usize) -> Result<u64, Status> {
        // If the stream has ended, it says why.
        let _ = self.sender.send(points(all(step..=step), step + 1)).await;
        self.stream.message().await.map(|said| said.unwrap().steps)
    }
}

#[tokio::test]
async fn a_revoked_token_ends_its_monitors_alone() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tokens");
    let other = "another-token-altogether";
    std::fs::write(&file, format!("{TOKEN} ci\n{other} nightly\n")).unwrap();
    let flag = format!("--tokens={}", file.display());
    let server = Server::start(&[&flag, "--reload-every=20ms"]).await;
    let mut open = Monitored::open(&server, TOKEN).await.unwrap();
    let mut others = Monitored::open(&server, other).await.unwrap();
    std::fs::write(&file, format!("{other} nightly\n")).unwrap();
    until(async || with_token(&server, "/v1/judges", TOKEN).await.status == 401).await;
    let status = open.step(1).await.unwrap_err();
    assert_eq!((status.code(), &*reason(&status)), (Code::Unauthenticated, "UNAUTHENTICATED"));
    assert_eq!(others.step(1).await.unwrap(), 2);
    // Of a token that may read only, no monitor is opened.
    std::fs::write(&file, format!("{other} nightly read\n")).unwrap();
    let is_missing = |status: &Status| reason(status) == "MISSING_SCOPE";
    until(async || Monitored::open(&server, other).await.err().is_some_and(|it| is_missing(&it)))
        .await;
    let status = others.step(2).await.unwrap_err();
    assert!(status.code() == Code::PermissionDenied && is_missing(&status), "{status}");
}

#[tokio::test]
async fn the_monitors_of_one_caller_have_its_share_of_the_room() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tokens");
    let other = "another-token-altogether";
    std::fs::write(&file, format!("{TOKEN} ci\n{other} nightly\n")).unwrap();
    // A stream weighs 1 MiB; of 24 one caller has 6.
    let flags = [&*format!("--tokens={}", file.display()), "--max-buffered=24MiB"];
    let server = Server::start(&[&flags[..], &["--caller-share=0.25"]].concat()).await;
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(Monitored::open(&server, TOKEN).await.unwrap());
    }
    let status = Monitored::open(&server, TOKEN).await.map(drop).unwrap_err();
    let expected = (Code::ResourceExhausted, "TOO_MANY_BYTES_OF_CALLER");
    assert_eq!((status.code(), &*reason(&status)), expected);
    // Those that are open go on, others have their own share, and what ends makes room.
    assert_eq!(open[0].step(1).await.unwrap(), 2);
    Monitored::open(&server, other).await.unwrap();
    open.pop();
    until(async || Monitored::open(&server, TOKEN).await.is_ok()).await;
}

#[tokio::test]
async fn a_certificate_whose_authority_is_gone_ends_what_it_opened() {
    let (servers, first, second) = (authority(), authority(), authority());
    let files = files(&pair(&servers, false), Some(&first));
    let server = Server::start(&files.flags()).await;
    let (one, other) = (pair(&first, false), pair(&second, false));
    let tls = ClientTlsConfig::new()
        .domain_name("localhost")
        .ca_certificate(Certificate::from_pem(servers.pem()))
        .identity(Identity::from_pem(&one.certificate, &one.key));
    let endpoint = Endpoint::from_shared(format!("https://{}", server.grpc)).unwrap();
    let channel = endpoint.tls_config(tls).unwrap().connect().await.unwrap();
    let mut client = JudgeServiceClient::new(channel);
    let (sender, receiver) = mpsc::channel(1);
    let mut stream = client.judge_stream(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    sender.send(message()).await.unwrap();
    stream.message().await.unwrap().unwrap();
    std::fs::write(files.folder.path().join("ca"), second.pem()).unwrap();
    until(async || get(&server, "/readyz", &servers, Some(&other)).await.is_ok()).await;
    sender.send(message()).await.unwrap();
    let status = stream.message().await.unwrap_err();
    assert_eq!((status.code(), &*reason(&status)), (Code::Unauthenticated, "UNAUTHENTICATED"));
    let status = client.judge(request("", 1, 5)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn answers_have_the_id_of_their_request_and_no_type_to_guess() {
    let server = Server::start(&[]).await;
    let ask = async |id: Option<&str>| {
        let mut request = Request::get(format!("http://{}/nowhere", server.http));
        if let Some(id) = id {
            request = request.header("x-request-id", id);
        }
        send(request.body(Full::default()).unwrap()).await
    };
    let answer = ask(Some("deploy-7")).await;
    assert_eq!(answer.headers["x-request-id"], "deploy-7");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    let long = "x".repeat(129);
    for id in [None, Some("a b"), Some(&*long)] {
        let made = ask(id).await.headers["x-request-id"].to_str().unwrap().to_owned();
        assert!(made.len() == 32 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
    }
    let status = server.client().await.judge(request("", 1, 5)).await;
    assert!(status.unwrap().metadata().contains_key("x-request-id"));
}

#[tokio::test]
async fn requests_of_other_sites_and_without_a_host_are_refused() {
    let server = Server::start(&[]).await;
    let anywhere = Server::start(&["--allowed-hosts=judge.example,localhost"]).await;
    // Each port by itself: gRPC is open to all here, and HTTP is not, and the other way round.
    let grpc_open = Server::start(&["--grpc-listen=0.0.0.0:0", "--insecure"]).await;
    let http_open = Server::start(&["--http-listen=0.0.0.0:0", "--insecure"]).await;
    let cases = [
        (&server, "host: rebound.example\r\n", "403", "FOREIGN_SITE"),
        (&server, "host: localhost\r\norigin: http://site.example\r\n", "403", "FOREIGN_SITE"),
        (&server, "", "400", "BAD_HEADERS"),
        (&server, "host: localhost\r\nhost: localhost\r\n", "400", "BAD_HEADERS"),
        (
            &server,
            "host: localhost\r\ntransfer-encoding: gzip, chunked\r\n",
            "501",
            "UNSUPPORTED_TRANSFER",
        ),
        (&anywhere, "host: judge.example:80\r\n", "200", "alive"),
        (&anywhere, "host: 127.0.0.1\r\n", "403", "FOREIGN_SITE"),
        (&grpc_open, "host: rebound.example\r\n", "403", "FOREIGN_SITE"),
        (&http_open, "host: judge.example\r\n", "200", "alive"),
    ];
    for (server, headers, status, word) in cases {
        let head = format!("GET /healthz HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
        let body = if headers.contains("transfer") { "0\r\n\r\n" } else { "" };
        let said = closes(said(server.http, &(head + body)).await).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")) && said.contains(word), "{said}");
    }
}

#[tokio::test]
async fn the_certificate_says_when_it_expires() {
    let authority = authority();
    let files = files(&pair(&authority, false), None);
    let server = Server::start(&files.flags()).await;
    let text = get(&server, "/metrics", &authority, None).await.unwrap();
    let expiry = crate::harness::value(&text, "judge_certificate_expiry_seconds").unwrap();
    // rcgen's certificates end in the year 4096.
    assert!(expiry > 60e9, "{expiry}");
}
