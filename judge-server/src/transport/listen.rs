//! Accepts connections: their number, their addresses, and their first byte.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::activity::{Activity, Peer};
use super::addresses::Addresses;
use super::certificate::ClientCertificate;
use super::connection::{ClosedReason, IDLE, Serve, serve};
use super::reload::Fresh;
use super::tls::Tls;
use crate::observe::metrics::{GaugeGuard, Metrics};
use crate::settings::Settings;

/// Wait if the system has no more sockets.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Time between two warnings about it.
const SAY_EVERY: Duration = Duration::from_mins(1);

/// Connections beyond `max-connections` that are accepted for probes.
const KEPT: usize = 64;

/// Time limit of such a connection for everything: handshake, call and answer.
const KEPT_TIME: Duration = Duration::from_secs(2);

/// Bytes that are read to know that the first one has arrived; larger reads bypass the buffer.
const FIRST: usize = 16;

/// What all ports use to serve connections.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    /// Permits for further connections, and for further connections of probes.
    permits: Arc<Semaphore>,
    kept: Arc<Semaphore>,
    addresses: Arc<Addresses>,
    tls: Option<Fresh<Tls>>,
    settings: Arc<Settings>,
    metrics: Arc<Metrics>,
    /// The server has announced its end, and accepts no more connections.
    draining: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Transport {
    pub(crate) fn new(
        settings: &Arc<Settings>,
        tls: Option<Fresh<Tls>>,
        metrics: &Arc<Metrics>,
        draining: &CancellationToken,
    ) -> Self {
        let most = settings.max_address_connections;
        Self {
            permits: Arc::new(Semaphore::new(settings.max_connections)),
            kept: Arc::new(Semaphore::new(KEPT)),
            addresses: Addresses::new(most, settings.trusted_proxies.clone()),
            tls,
            settings: Arc::clone(settings),
            metrics: Arc::clone(metrics),
            draining: draining.clone(),
            tasks: TaskTracker::new(),
        }
    }

    /// Serves the connections of `listener` until the server drains.
    pub(crate) async fn serve(self, listener: TcpListener, service: Serve) {
        let mut said: Option<Instant> = None;
        loop {
            let accepted = self.draining.run_until_cancelled(listener.accept()).await;
            let Some(accepted) = accepted else { return };
            match accepted {
                Ok((stream, address)) => self.begin(stream, address, service.clone()),
                Err(error) => {
                    if said.is_none_or(|said| said.elapsed() > SAY_EVERY) {
                        warn!(%error, "cannot accept connections; said once a minute");
                        said = Some(Instant::now());
                    }
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn begin(&self, stream: TcpStream, address: SocketAddr, service: Serve) {
        let refuse = |reason| self.metrics.refusals.with_label_values(&[reason]).inc();
        let Some(counted) = self.addresses.count(address.ip()) else {
            return refuse("TOO_MANY_CONNECTIONS_OF_ADDRESS");
        };
        let (permit, only_probes) =
            if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
                (permit, false)
            } else {
                refuse("TOO_MANY_CONNECTIONS");
                let Ok(permit) = Arc::clone(&self.kept).try_acquire_owned() else { return };
                (permit, true)
            };
        let this = self.clone();
        self.tasks.spawn(async move {
            let _open = (GaugeGuard::by(&this.metrics.connections), permit, counted);
            // Answers are written as a whole: Nagle's algorithm would only delay them.
            let _ = stream.set_nodelay(true);
            let served = this.secure(stream, address, only_probes, service);
            let reason = if only_probes {
                timeout(KEPT_TIME, served).await.unwrap_or(Some(IDLE))
            } else {
                served.await
            };
            if let Some(reason) = reason {
                this.metrics.closed.with_label_values(&[reason]).inc();
            }
        });
    }

    async fn secure(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        only_probes: bool,
        service: Serve,
    ) -> Option<ClosedReason> {
        let peer = |certificate| {
            let is_proxy = self.addresses.is_trusted(address.ip());
            let activity = Arc::<Activity>::default();
            Arc::new(Peer { address, is_proxy, only_probes, certificate, activity })
        };
        let Some(fresh) = &self.tls else {
            return self.first_byte(stream, peer(None), service).await;
        };
        let tls = fresh.load_full();
        let acceptor = TlsAcceptor::from(Arc::clone(&tls.config));
        // If it drains meanwhile: later connections were promised nothing.
        let accepting = timeout(self.settings.header_time.get(), acceptor.accept(stream));
        match self.draining.run_until_cancelled(accepting).await? {
            Ok(Ok(stream)) => {
                let chain = stream.get_ref().1.peer_certificates();
                let certificate =
                    chain.and_then(|chain| ClientCertificate::new(chain, tls, fresh.clone()));
                self.first_byte(stream, peer(certificate), service).await
            }
            Ok(Err(error)) => {
                // A client that only checks whether the port is open, as load balancers do, is no failure.
                if error.kind() == ErrorKind::InvalidData {
                    warn!(peer = %address, %error, "handshake failed");
                } else {
                    debug!(peer = %address, %error, "handshake failed");
                }
                Some("TLS_HANDSHAKE")
            }
            Err(_) => {
                warn!(peer = %address, error = "not finished within header-time", "handshake failed");
                Some("SLOW_TLS_HANDSHAKE")
            }
        }
    }

    /// Waits for the first byte before anything is set up for the connection.
    async fn first_byte(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: Arc<Peer>,
        service: Serve,
    ) -> Option<ClosedReason> {
        let mut stream = BufReader::with_capacity(FIRST, stream);
        let first = timeout(self.settings.header_time.get(), stream.fill_buf());
        match self.draining.run_until_cancelled(first).await? {
            Ok(Ok(bytes)) if !bytes.is_empty() => {
                serve(stream, peer, service, &self.settings, &self.draining).await
            }
            Ok(_) => None,
            Err(_) => Some("SILENT"),
        }
    }
}
