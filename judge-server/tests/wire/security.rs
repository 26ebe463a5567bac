//! Tokens, TLS, and what is refused without them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode, header};
use http_body_util::Full;
use judge_server::proto::ListJudgesRequest;
use judge_server::proto::judge_service_client::JudgeServiceClient;
use judge_server::{Listeners, StartError, serve};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{self, RootCertStore};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status};

use crate::harness::{Server, request, send, settings, value};
use crate::raw::{closes, said};

const TOKEN: &str = "correct-horse-battery-staple";

async fn list(channel: Channel, token: Option<&str>) -> Result<(), Status> {
    let mut request = tonic::Request::new(ListJudgesRequest {});
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    JudgeServiceClient::new(channel).list_judges(request).await.map(drop)
}

#[tokio::test]
async fn tokens_are_required_and_read_again() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tokens");
    std::fs::write(&file, TOKEN).unwrap();
    let flag = format!("--tokens={}", file.display());
    let server = Server::start(&[&flag, "--reload-every=20ms"]).await;
    let channel = server.channel().await;
    list(channel.clone(), Some(TOKEN)).await.unwrap();
    let near = &TOKEN[..TOKEN.len() - 1];
    for wrong in [None, Some(""), Some(near), Some("correct-horse-battery-staplf"), Some("x")] {
        let status = list(channel.clone(), wrong).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{wrong:?}");
    }
    for (path, status) in
        [("/healthz", 200), ("/readyz", 200), ("/metrics", 401), ("/v1/judges", 401)]
    {
        assert_eq!(server.get(path).await.status.as_u16(), status, "{path}");
    }
    let with_token = Request::get(format!("http://{}/v1/judges", server.http))
        .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
        .body(Full::default());
    assert_eq!(send(with_token.unwrap()).await.status, StatusCode::OK);
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel.clone());
    health.check(tonic_health::pb::HealthCheckRequest::default()).await.unwrap();

    std::fs::write(&file, "another-token-altogether").unwrap();
    until(async || list(channel.clone(), Some("another-token-altogether")).await.is_ok()).await;
    assert!(list(channel.clone(), Some(TOKEN)).await.is_err());
    // A file without tokens is a mistake: what was good stays good.
    std::fs::write(&file, "").unwrap();
    std::fs::write(folder.path().join("unrelated"), "").unwrap();
    list(channel, Some("another-token-altogether")).await.unwrap();
}

async fn until(reached: impl AsyncFn() -> bool) {
    let reached = async {
        while !reached().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reached).await.expect("in time");
}

#[tokio::test]
async fn beyond_loopback_something_must_protect() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tokens");
    std::fs::write(&file, TOKEN).unwrap();
    let tokens = format!("--tokens={}", file.display());
    let open = ["--grpc-listen=0.0.0.0:0"];
    let cases: [(&[&str], bool); 3] = [(&[], false), (&["--insecure"], true), (&[&tokens], true)];
    for (flags, starts) in cases {
        let settings = settings(&[&open, flags].concat());
        let listeners = Listeners::bind(&settings).await.unwrap();
        let outcome = serve(&settings, listeners, std::future::ready(())).await;
        assert_eq!(outcome.is_ok(), starts, "{flags:?}");
        assert!(starts || matches!(outcome, Err(StartError::Unprotected(_))), "{flags:?}");
    }
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for localhost, and its key.
struct Pair {
    certificate: String,
    key: String,
}

fn pair(authority: &Authority, expired: bool) -> Pair {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    if expired {
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    Pair { certificate: certificate.pem(), key: key.serialize_pem() }
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

struct Files(TempDir, Vec<String>);

fn files(server: &Pair, client_authority: Option<&Authority>) -> Files {
    let folder = TempDir::new().unwrap();
    let certificate = write(folder.path(), "certificate", &server.certificate);
    let key = write(folder.path(), "key", &server.key);
    let mut flags = vec![
        format!("--tls-certificate={}", certificate.display()),
        format!("--tls-key={}", key.display()),
        "--reload-every=20ms".to_owned(),
    ];
    if let Some(authority) = client_authority {
        let path = write(folder.path(), "ca", &authority.pem());
        flags.push(format!("--tls-client-ca={}", path.display()));
    }
    Files(folder, flags)
}

async fn start(files: &Files) -> Server {
    Server::start(&files.1.iter().map(String::as_str).collect::<Vec<_>>()).await
}

async fn call(server: &Server, trusted: &Authority, own: Option<&Pair>) -> Result<(), String> {
    let mut tls = ClientTlsConfig::new()
        .domain_name("localhost")
        .ca_certificate(Certificate::from_pem(trusted.pem()));
    if let Some(own) = own {
        tls = tls.identity(Identity::from_pem(&own.certificate, &own.key));
    }
    let endpoint = Endpoint::from_shared(format!("https://{}", server.grpc)).unwrap();
    let channel = endpoint.tls_config(tls).unwrap().connect().await;
    let channel = channel.map_err(|error| error.to_string())?;
    let judged = JudgeServiceClient::new(channel).judge(request("", 1, 5)).await;
    judged.map(drop).map_err(|status| status.to_string())
}

#[tokio::test]
async fn callers_without_a_good_certificate_are_turned_away() {
    let (servers, clients, others) = (authority(), authority(), authority());
    let files = files(&pair(&servers, false), Some(&clients));
    let server = start(&files).await;
    call(&server, &servers, Some(&pair(&clients, false))).await.unwrap();
    let cases = [None, Some(pair(&others, false)), Some(pair(&clients, true))];
    for own in &cases {
        assert!(call(&server, &servers, own.as_ref()).await.is_err());
    }
    // And a caller turns away a server that it does not trust.
    assert!(call(&server, &others, Some(&pair(&clients, false))).await.is_err());
}

#[tokio::test]
async fn certificates_are_read_again() {
    let (first, second) = (authority(), authority());
    let files = files(&pair(&first, false), None);
    let server = start(&files).await;
    call(&server, &first, None).await.unwrap();
    assert!(call(&server, &second, None).await.is_err());
    let new = pair(&second, false);
    write(files.0.path(), "certificate", &new.certificate);
    write(files.0.path(), "key", &new.key);
    until(async || call(&server, &second, None).await.is_ok()).await;
}

#[tokio::test]
async fn files_that_do_not_fit_stop_the_start() {
    let authority = authority();
    let (one, other) = (pair(&authority, false), pair(&authority, false));
    let mixed = Pair { certificate: one.certificate, key: other.key };
    let files = files(&mixed, None);
    assert!(start(&files).await.ended.await.unwrap().is_err());
}

/// The metrics of a server of TLS.
async fn metrics(server: &Server, trusted: &Authority) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connection = TcpStream::connect(server.http).await.unwrap();
    let name = "localhost".try_into().unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let mut connection = connector.connect(name, connection).await.unwrap();
    connection.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await.unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn handshakes_that_fail_or_stall_are_ended_and_counted() {
    let authority = authority();
    let mut files = files(&pair(&authority, false), None);
    files.1.push("--header-time=200ms".to_owned());
    let server = start(&files).await;
    let closed = async |reason: &str| {
        let name = format!("judge_connections_closed_total{{reason=\"{reason}\"}}");
        value(&metrics(&server, &authority).await, &name)
    };
    closes(TcpStream::connect(server.grpc).await.unwrap()).await;
    until(async || closed("SLOW_TLS_HANDSHAKE").await == Some(1.0)).await;
    assert_eq!(closed("TLS_HANDSHAKE").await, None);
    closes(said(server.grpc, "GET / HTTP/1.1\r\n\r\n").await).await;
    until(async || closed("TLS_HANDSHAKE").await == Some(1.0)).await;
}

#[tokio::test]
async fn handshakes_that_stall_do_not_delay_the_end() {
    let authority = authority();
    let mut files = files(&pair(&authority, false), None);
    files.1.extend(["--header-time=1h".to_owned(), "--drain-time=1h".to_owned()]);
    let server = start(&files).await;
    let stalled = TcpStream::connect(server.grpc).await.unwrap();
    until(async || value(&metrics(&server, &authority).await, "judge_connections") == Some(2.0))
        .await;
    server.stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), server.ended).await;
    ended.expect("in time").unwrap().unwrap();
    assert_eq!(closes(stalled).await, "");
}
