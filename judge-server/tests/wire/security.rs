//! Tokens, and what is refused without them.

use http::{Request, StatusCode, header};
use http_body_util::Full;
use judge_contract::proto::ListJudgesRequest;
use judge_contract::proto::judge_service_client::JudgeServiceClient;
use judge_server::{Listeners, StartError, serve};
use tempfile::TempDir;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::certificates::{authority, files, pair};
use crate::harness::{Server, send, settings, until};

const TOKEN: &str = "correct-horse-battery-staple";

const MISSING: &str = "a bearer token is needed: authorization: Bearer TOKEN";
const UNKNOWN: &str =
    "the bearer token is none of those that this server takes: authorization: Bearer TOKEN";

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
        // As where the variable that should hold it is empty.
        let missing = wrong.is_none_or(str::is_empty);
        assert_eq!(status.message(), if missing { MISSING } else { UNKNOWN }, "{wrong:?}");
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
    // Files that cannot be read are a mistake: what was good stays good.
    for (kept, useless) in [(0, Some("too-short")), (1, None)] {
        match useless {
            Some(text) => std::fs::write(&file, text).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        // More often where half of a file was seen.
        until(async || reloads_kept(&server, "another-token-altogether").await > kept).await;
        list(channel.clone(), Some("another-token-altogether")).await.unwrap();
        assert!(list(channel.clone(), useless).await.is_err());
    }
    std::fs::write(&file, TOKEN).unwrap();
    until(async || list(channel.clone(), Some(TOKEN)).await.is_ok()).await;
    // One without tokens takes back all.
    std::fs::write(&file, "# none\n").unwrap();
    until(async || list(channel.clone(), Some(TOKEN)).await.is_err()).await;
    let status = list(channel, Some(TOKEN)).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unauthenticated, UNKNOWN));
}

/// How often a changed file was of no use.
async fn reloads_kept(server: &Server, token: &str) -> u32 {
    let request = Request::get(format!("http://{}/metrics", server.http))
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let text = send(request.body(Full::default()).unwrap()).await.text();
    let name = "judge_reloads_total{outcome=\"kept\"} ";
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse().unwrap()
}

#[tokio::test]
async fn beyond_loopback_something_must_protect() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tokens");
    std::fs::write(&file, TOKEN).unwrap();
    let tokens = format!("--tokens={}", file.display());
    let own = authority();
    let (tls, mutual) = (files(&pair(&own, false), None), files(&pair(&own, false), Some(&own)));
    let insecure: &[&str] = &["--insecure"];
    let cases = [
        (&[][..], false),
        (insecure, true),
        (&[&tokens], true),
        (&tls.flags(), false),
        (&mutual.flags(), true),
    ];
    for (flags, starts) in cases {
        for open in ["--grpc-listen=0.0.0.0:0", "--http-listen=0.0.0.0:0"] {
            let settings = settings(&[&[open], flags].concat());
            let listeners = Listeners::bind(&settings).await.unwrap();
            let outcome = serve(&settings, listeners, std::future::ready(())).await;
            assert_eq!(outcome.is_ok(), starts, "{open} {flags:?}");
            let unprotected = matches!(outcome, Err(StartError::Unprotected(_)));
            assert_eq!(unprotected, !starts, "{open} {flags:?}");
        }
    }
}
