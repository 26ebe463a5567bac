//! Asks a server with the same settings whether it is ready: for images that contain no other client.

use std::time::Duration;

use http::header::HOST;
use reqwest::{Client, Identity};

use crate::settings::error::StartError;
use crate::settings::{Settings, TlsFiles};

/// Timeout.
const TIME: Duration = Duration::from_secs(5);

/// Asks the server that `settings` describe, on this machine, for `/readyz`; over TLS if that is on, with the server's own
/// certificate if a client certificate is required.
///
/// # Errors
/// If it is not ready, or does not answer.
pub async fn healthcheck(settings: &Settings) -> Result<(), StartError> {
    // The unspecified address reaches this machine.
    let address = settings.http_listen;
    let failed = |why: String| StartError::NotReady { address, why };
    let tls = settings.tls()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    // It does not check the server's certificate: it sends no secret, and the file may be newer than what the server has read.
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
    // The sources of the error say what went wrong.
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
