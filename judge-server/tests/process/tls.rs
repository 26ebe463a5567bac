//! What is said of TLS: of files that are of no use, of files that changed, of callers turned away.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rcgen::{CertificateParams, CertifiedKey, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::time_provider::TimeProvider;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};

use crate::harness::{Server, line};
use crate::settings::run;

fn pair() -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn files_of_tls_that_are_of_no_use_are_named_with_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    let (own, other) = (pair(), pair());
    let certificate = write(&folder, "certificate", &own.cert.pem());
    let key = other.signing_key.serialize_pem();
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let older = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\
                 DEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n";
    let decrypt = "encrypted keys cannot be read: decrypt it with openssl";
    let mismatch = format!("is not the key of the first certificate in {certificate}");
    for (text, why) in [
        (key.as_str(), mismatch.as_str()),
        (&encrypted, decrypt),
        (older, decrypt),
        ("", "no private key in it"),
    ] {
        let key = write(&folder, "key", text);
        let tls = [format!("--tls-certificate={certificate}"), format!("--tls-key={key}")];
        let anywhere = ["--grpc-listen=127.0.0.1:0", "--http-listen=127.0.0.1:0", "--log=off"];
        let output = run(&[], &[&anywhere[..], &[&tls[0], &tls[1]]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with(&format!("judge-server: {key}: {why}")), "{said}");
        assert_eq!(said.matches("is not the key").count(), usize::from(why == mismatch), "{said}");
    }
}

#[test]
fn a_change_of_files_is_logged_with_their_paths() {
    let folder = TempDir::new().unwrap();
    let own = pair();
    let certificate = write(&folder, "certificate", &own.cert.pem());
    let key = write(&folder, "key", &own.signing_key.serialize_pem());
    let flags = [
        format!("--tls-certificate={certificate}"),
        format!("--tls-key={key}"),
        "--reload-every=20ms".to_owned(),
    ];
    let mut server = Server::start(&flags.each_ref().map(String::as_str), Stdio::piped());
    let mut log = server.log();
    let (found, changed) = mpsc::channel();
    std::thread::spawn(move || {
        let mut lines = std::iter::from_fn(|| line(&mut log));
        found.send(lines.find(|line| line["message"] == "read again"))
    });
    write(&folder, "certificate", &format!("{}\n", own.cert.pem()));
    let line = changed.recv_timeout(Duration::from_secs(20)).expect("a line in time").unwrap();
    assert_eq!(line["paths"], format!("{certificate}, {key}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_whose_handshake_fails_are_logged_with_their_address_and_why() {
    let folder = TempDir::new().unwrap();
    let own = pair();
    let certificate = write(&folder, "certificate", &own.cert.pem());
    let flags = [
        format!("--tls-certificate={certificate}"),
        format!("--tls-key={}", write(&folder, "key", &own.signing_key.serialize_pem())),
        format!("--tls-client-ca={certificate}"),
    ];
    let mut server = Server::start(&flags.each_ref().map(String::as_str), Stdio::piped());

    // One that looks whether the port is open, one that speaks no TLS, one without a certificate.
    drop(TcpStream::connect(&server.http).unwrap());
    let mut plain = TcpStream::connect(&server.http).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    if let Err(error) = plain.read_to_end(&mut Vec::new()) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    let trusted = Certificate::from_pem(own.cert.pem());
    let tls = ClientTlsConfig::new().domain_name("localhost").ca_certificate(trusted);
    let endpoint = Endpoint::from_shared(format!("https://{}", server.grpc)).unwrap();
    let channel = endpoint.tls_config(tls).unwrap().connect().await;
    if let Ok(channel) = channel {
        let mut client = tonic_health::pb::health_client::HealthClient::new(channel);
        client.check(tonic_health::pb::HealthCheckRequest::default()).await.unwrap_err();
    }

    server.signal("-TERM");
    let mut log = server.log();
    let lines = std::iter::from_fn(|| line(&mut log));
    let failed: Vec<_> = lines.filter(|line| line["message"] == "handshake failed").collect();
    // A client that is turned away may come again.
    let [spoke_plain, first, rest @ ..] = failed.as_slice() else { panic!("{failed:?}") };
    assert!(spoke_plain["error"].as_str().unwrap().contains("corrupt message"), "{spoke_plain}");
    for line in rest.iter().chain([first]) {
        assert_eq!(line["error"], "peer sent no certificates");
    }
    assert!(failed.iter().all(|line| line["level"] == "WARN"), "{failed:?}");
    assert_eq!(spoke_plain["peer"], plain.local_addr().unwrap().to_string());
    assert!(first["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
}

#[test]
fn callers_whose_handshake_stalls_are_logged_with_their_address_and_why() {
    let folder = TempDir::new().unwrap();
    let own = pair();
    let flags = [
        format!("--tls-certificate={}", write(&folder, "certificate", &own.cert.pem())),
        format!("--tls-key={}", write(&folder, "key", &own.signing_key.serialize_pem())),
        "--header-time=20ms".to_owned(),
    ];
    let mut server = Server::start(&flags.each_ref().map(String::as_str), Stdio::piped());
    let mut stalled = TcpStream::connect(&server.grpc).unwrap();
    assert_eq!(stalled.read_to_end(&mut Vec::new()).unwrap(), 0);
    server.signal("-TERM");
    let mut log = server.log();
    let failed = std::iter::from_fn(|| line(&mut log))
        .find(|line| line["message"] == "handshake failed")
        .unwrap();
    assert_eq!(failed["peer"], stalled.local_addr().unwrap().to_string());
    assert_eq!(failed["error"], "not finished within header-time");
    assert_eq!(failed["level"], "WARN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_expired_serves_and_is_warned_of() {
    let folder = TempDir::new().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let key = KeyPair::generate().unwrap();
    let expired = params.self_signed(&key).unwrap();
    let flags = [
        format!("--tls-certificate={}", write(&folder, "certificate", &expired.pem())),
        format!("--tls-key={}", write(&folder, "key", &key.serialize_pem())),
    ];
    let mut server = Server::start(&flags.each_ref().map(String::as_str), Stdio::piped());
    let mut log = server.log();
    let warned = std::iter::from_fn(|| line(&mut log))
        .find(|line| line["message"] == "the server's certificate has expired")
        .unwrap();
    assert_eq!(warned["level"], "WARN");
    assert!(warned["expired_seconds_ago"].as_i64().unwrap() > 6 * 365 * 24 * 3600, "{warned}");
    let metrics = get(&server.http, "/metrics", expired.der().clone()).await;
    let expiry = metrics
        .lines()
        .find_map(|line| line.strip_prefix("judge_certificate_expiry_seconds "))
        .unwrap();
    assert_eq!(expiry, "1577836800");
}

/// What a client reads that trusts this certificate, and for which it is still 2019.
async fn get(http: &str, path: &str, certificate: CertificateDer<'static>) -> String {
    let mut trusted = RootCertStore::empty();
    trusted.add(certificate).unwrap();
    let provider = Arc::new(crypto::ring::default_provider());
    let client = ClientConfig::builder_with_details(provider, Arc::new(In2019))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(http).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// A clock that stands still.
#[derive(Debug)]
struct In2019;

impl TimeProvider for In2019 {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_hours(433_000)))
    }
}
