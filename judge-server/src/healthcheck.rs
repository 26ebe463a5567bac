//! Whether a server with the same settings is ready: for images that hold nothing else that could ask.

use std::time::Duration;

use http::header::HOST;
use reqwest::{Client, Identity};

use crate::settings::error::StartError;
use crate::settings::{Settings, TlsFiles};

/// The longest that it may take.
const TIME: Duration = Duration::from_secs(5);

/// Asks the server that `settings` describe, on this machine, for `/readyz`; over TLS where that is
/// on, with the server's own certificate where one is asked for.
///
/// # Errors
/// When it is not ready, or does not answer.
pub async fn healthcheck(settings: &Settings) -> Result<(), StartError> {
    // That of all interfaces reaches this machine.
    let address = settings.http_listen;
    let failed = |why: String| StartError::NotReady { address, why };
    let tls = settings.tls()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    // It believes whoever answers, since it tells nothing, and the file may be newer than what the server has read.
    let mut client = Client::builder()
        .timeout(TIME)
        .no_proxy()
        .tls_built_in_root_certs(false)
        .danger_accept_invalid_certs(true);
    if let Some(files) = tls.filter(|files| files.client_ca.is_some()) {
        client = client.identity(identity(&files)?);
    }
    let host = settings.allowed_hosts.first().map_or("localhost", String::as_str);
    let ask = async {
        client.build()?.get(format!("{scheme}://{address}/readyz")).header(HOST, host).send().await
    };
    // What went wrong stands in its sources.
    let answer = ask.await.map_err(|error| failed(format!("{:#}", anyhow::Error::from(error))))?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(failed(format!("it answers {}", answer.status())))
}

fn identity(files: &TlsFiles) -> Result<Identity, StartError> {
    let read = |path| std::fs::read(path).map_err(|error| StartError::file(path, error));
    let pem = [read(&files.certificate)?, read(&files.key)?].concat();
    Identity::from_pem(&pem).map_err(|error| StartError::file(&files.key, error))
}
