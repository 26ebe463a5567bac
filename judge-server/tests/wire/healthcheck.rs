//! `--healthcheck`, as the server is asked by it.

use judge_server::{StartError, healthcheck};

use crate::certificates::{authority, files, pair};
use crate::harness::{Server, settings, until};

async fn ask(server: &Server, flags: &[&str]) -> Result<(), StartError> {
    let address = format!("--http-listen={}", server.http);
    healthcheck(&settings(&[flags, &[&address]].concat())).await
}

#[tokio::test]
async fn it_asks_as_the_settings_say() {
    let own = authority();
    let plain: &[&str] = &[];
    let (tls, mutual) = (files(&pair(&own, false), None), files(&pair(&own, false), Some(&own)));
    for flags in [plain, &tls.flags(), &mutual.flags()] {
        let server = Server::start(flags).await;
        ask(&server, flags).await.unwrap();
        // What listens everywhere is asked here.
        let everywhere = format!("--http-listen=0.0.0.0:{}", server.http.port());
        let settings = settings(&[flags, &[&everywhere]].concat());
        healthcheck(&settings).await.unwrap();
    }
    // It has no certificate but the server's, and that is of another authority.
    let foreign = files(&pair(&own, false), Some(&authority()));
    let server = Server::start(&foreign.flags()).await;
    let refused = ask(&server, &foreign.flags()).await;
    assert!(matches!(refused, Err(StartError::NotReady { .. })), "{refused:?}");
    let refused = ask(&server, plain).await;
    assert!(matches!(refused, Err(StartError::NotReady { .. })), "{refused:?}");
}

#[tokio::test]
async fn it_says_so_when_the_server_leaves() {
    let Server { http, stop, ended, .. } = Server::start(&["--drain-delay=10days"]).await;
    let settings = settings(&[&format!("--http-listen={http}")]);
    healthcheck(&settings).await.unwrap();
    stop.send(()).unwrap();
    let said = async || healthcheck(&settings).await.err().map(|error| error.to_string());
    until(async || said().await.is_some()).await;
    let leaving = format!("{http} is not ready: it answers 503 Service Unavailable");
    assert_eq!(said().await, Some(leaving));
    ended.abort();
    assert!(ended.await.unwrap_err().is_cancelled());
}
