//! Whether a server with the same settings is ready: for images that hold nothing else that could ask.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::settings::Settings;
use crate::settings::error::StartError;

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
    let answer = timeout(TIME, ask(settings, address)).await;
    let answer = answer.map_err(|_| failed(format!("no answer within {} s", TIME.as_secs())))?;
    let answer = answer.map_err(|error| failed(error.to_string()))?;
    let status = answer.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) == Some("200") {
        return Ok(());
    }
    Err(failed(format!("it answers {status:?}")))
}

async fn ask(settings: &Settings, address: SocketAddr) -> Result<String, StartError> {
    let stream = TcpStream::connect(address).await?;
    match settings.tls()? {
        None => get(stream).await,
        Some(files) => {
            let name = ServerName::from(address.ip());
            get(TlsConnector::from(files.load_client()?).connect(name, stream).await?).await
        }
    }
}

async fn get(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<String, StartError> {
    stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
