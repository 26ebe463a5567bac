//! TLS and mutual TLS, on both ports.

use std::time::Duration;

use http::Request;
use http_body_util::Full;
use judge_contract::proto::judge_service_client::JudgeServiceClient;
use tokio::net::TcpStream;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::certificates::{Authority, Pair, authority, files, get, pair, write};
use crate::harness::{Server, request, try_send, until, value};
use crate::raw::{closes, said};

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
    let server = Server::start(&files.flags()).await;
    call(&server, &servers, Some(&pair(&clients, false))).await.unwrap();
    let cases = [None, Some(pair(&others, false)), Some(pair(&clients, true))];
    for own in &cases {
        assert!(call(&server, &servers, own.as_ref()).await.is_err());
    }
    // And a caller turns away a server that it does not trust.
    assert!(call(&server, &others, Some(&pair(&clients, false))).await.is_err());
}

#[tokio::test]
async fn the_http_port_has_the_same_tls() {
    let (servers, clients) = (authority(), authority());
    let files = files(&pair(&servers, false), Some(&clients));
    let server = Server::start(&files.flags()).await;
    let own = pair(&clients, false);
    let answer = get(&server, "/healthz", &servers, Some(&own)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("alive"), "{answer}");
    for own in [None, Some(pair(&clients, true)), Some(pair(&servers, false))] {
        assert!(get(&server, "/healthz", &servers, own.as_ref()).await.is_err());
    }
    assert!(get(&server, "/healthz", &clients, Some(&own)).await.is_err());
    let plain = Request::get(format!("http://{}/healthz", server.http)).body(Full::default());
    assert!(try_send(plain.unwrap()).await.is_err());
}

/// How often changed files were read, or were of no use.
async fn reloads(server: &Server, outcome: &str, trusted: &Authority, own: Option<&Pair>) -> u32 {
    let text = get(server, "/metrics", trusted, own).await.unwrap();
    let name = format!("judge_reloads_total{{outcome=\"{outcome}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&name)).unwrap().parse().unwrap()
}

#[tokio::test]
async fn certificates_are_read_again_and_kept_where_the_new_are_of_no_use() {
    let (first, second) = (authority(), authority());
    let files = files(&pair(&first, false), None);
    let server = Server::start(&files.flags()).await;
    call(&server, &first, None).await.unwrap();
    assert!(call(&server, &second, None).await.is_err());
    let folder = files.folder.path();
    let new = pair(&second, false);
    // Each in turn: no certificate, one that the key is not of, one that is cut off.
    let cut_off = &new.certificate[..new.certificate.len() / 2];
    for (kept, useless) in [(0, "no certificate"), (1, &new.certificate), (2, cut_off)] {
        write(folder, "certificate", useless);
        // More often where half of a file was seen.
        until(async || reloads(&server, "kept", &first, None).await > kept).await;
        call(&server, &first, None).await.unwrap();
    }
    assert_eq!(reloads(&server, "read", &first, None).await, 0);
    write(folder, "key", &new.key);
    write(folder, "certificate", &new.certificate);
    until(async || call(&server, &second, None).await.is_ok()).await;
    assert!(call(&server, &first, None).await.is_err());
}

#[tokio::test]
async fn client_authorities_are_read_again_and_kept_where_the_new_are_of_no_use() {
    let (servers, first, second) = (authority(), authority(), authority());
    let files = files(&pair(&servers, false), Some(&first));
    let server = Server::start(&files.flags()).await;
    let (one, other) = (pair(&first, false), pair(&second, false));
    call(&server, &servers, Some(&one)).await.unwrap();
    let ca = files.folder.path().join("ca");
    std::fs::remove_file(&ca).unwrap();
    until(async || reloads(&server, "kept", &servers, Some(&one)).await == 1).await;
    call(&server, &servers, Some(&one)).await.unwrap();
    assert!(call(&server, &servers, Some(&other)).await.is_err());
    std::fs::write(&ca, second.pem()).unwrap();
    until(async || call(&server, &servers, Some(&other)).await.is_ok()).await;
    assert!(call(&server, &servers, Some(&one)).await.is_err());
}

#[tokio::test]
async fn files_that_do_not_fit_stop_the_start() {
    let authority = authority();
    let (one, other) = (pair(&authority, false), pair(&authority, false));
    let mixed = Pair { certificate: one.certificate, key: other.key };
    let files = files(&mixed, None);
    assert!(Server::start(&files.flags()).await.ended.await.unwrap().is_err());
}

/// The value of a counter or gauge.
async fn metric(server: &Server, name: &str, trusted: &Authority) -> Option<f64> {
    value(&get(server, "/metrics", trusted, None).await.unwrap(), name)
}

#[tokio::test]
async fn handshakes_that_fail_or_stall_are_ended_and_counted() {
    let authority = authority();
    let files = files(&pair(&authority, false), None);
    let server = Server::start(&[&files.flags()[..], &["--header-time=2s"]].concat()).await;
    let closed = async |reason: &str| {
        let name = format!("judge_connections_closed_total{{reason=\"{reason}\"}}");
        metric(&server, &name, &authority).await
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
    let files = files(&pair(&authority, false), None);
    let patient = ["--header-time=1h", "--drain-time=1h"];
    let server = Server::start(&[&files.flags()[..], &patient].concat()).await;
    let stalled = TcpStream::connect(server.grpc).await.unwrap();
    until(async || metric(&server, "judge_connections", &authority).await == Some(2.0)).await;
    server.stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), server.ended).await;
    ended.expect("in time").unwrap().unwrap();
    assert_eq!(closes(stalled).await, "");
}
