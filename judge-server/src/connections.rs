//! Connections: accepted, bounded in number and in time, drained.

use std::convert::Infallible;
use std::error::Error;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::activity::{Activity, Busy};
use crate::gate::Gate;
use crate::heads::Heads;
use crate::metrics::Counted;
use crate::secrets::Fresh;
use crate::wire::{Polled, Wire};

/// How long to wait when the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Bytes that a connection may send before they are read. Only what a stream's client keeps it from
/// reading stays unread, so this is no memory; it is so large because each half of it is a message
/// back, and a system call.
const WINDOW: u32 = 1024 * 1024;

/// Bytes that one stream of it may send: less, so that one that is not read further, because its
/// client does not read either, leaves the others room.
const STREAM_WINDOW: u32 = 64 * 1024;

/// Bytes of the headers of an HTTP/1 request, and of what is read ahead of a body.
const HEAD: usize = 64 * 1024;

/// Bytes of a frame that a client may send: most requests in one.
const FRAME: u32 = 64 * 1024;

/// Calls that one client may have open in a connection of HTTP/2: few enough that one connection
/// takes a small part of those that all may have, and no fewer than the 100 that the standard (RFC
/// 9113, 6.5.2) recommends, below which clients would wait for each other's answers.
const STREAMS: u32 = 128;

/// How connections are treated.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    /// How many may still be opened, on all ports together.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) tls: Option<Fresh<ServerConfig>>,
    /// The longest that a TLS handshake or the headers of an HTTP/1 request may take.
    pub(crate) header_time: Duration,
    /// The longest that a connection may go without a call.
    pub(crate) idle_time: Duration,
    /// The longest that an answer may wait to be taken.
    pub(crate) write_time: Duration,
    /// How long a connection takes calls, up to a tenth longer.
    pub(crate) age: Duration,
    /// How many there were.
    pub(crate) opened: Arc<AtomicUsize>,
    /// How often an HTTP/2 client is asked whether it is still there.
    pub(crate) keep_alive: Duration,
    pub(crate) draining: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Connections {
    /// Serves what connects to `listener` until the server drains.
    pub(crate) async fn serve(self, listener: TcpListener, gate: Arc<Gate>) {
        loop {
            let accepted = tokio::select! {
                () = self.draining.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.begin(stream, peer, &gate),
                Err(error) => {
                    warn!(%error, "cannot accept connections");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn begin(&self, stream: TcpStream, peer: SocketAddr, gate: &Arc<Gate>) {
        let metrics = &gate.judging.metrics;
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            metrics.refusals.with_label_values(&["TOO_MANY_CONNECTIONS"]).inc();
            return;
        };
        let (this, gate) = (self.clone(), Arc::clone(gate));
        self.tasks.spawn(async move {
            let _counted = Counted::by(&gate.judging.metrics.connections);
            let _place = place;
            // Answers are written whole: waiting for more would only delay them.
            let _ = stream.set_nodelay(true);
            let closed = gate.judging.metrics.closed.clone();
            let reason = match this.tls.as_ref().map(|tls| TlsAcceptor::from(tls.get())) {
                None => this.talk(stream, gate).await,
                Some(tls) => this.talk_tls(stream, peer, tls, gate).await,
            };
            if let Some(reason) = reason {
                closed.with_label_values(&[reason.name()]).inc();
            }
        });
    }

    async fn talk_tls(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        tls: TlsAcceptor,
        gate: Arc<Gate>,
    ) -> Option<Closed> {
        let accepted = tokio::select! {
            accepted = timeout(self.header_time, tls.accept(stream)) => accepted,
            // Whoever is not here yet has not been promised anything.
            () = self.draining.cancelled() => return None,
        };
        match accepted {
            Ok(Ok(stream)) => self.talk(stream, gate).await,
            Ok(Err(error)) => {
                // Whoever only looks whether the port is open, as load balancers do, is no failure.
                if error.kind() == ErrorKind::InvalidData {
                    warn!(%peer, %error, "handshake failed");
                } else {
                    debug!(%peer, %error, "handshake failed");
                }
                Some(Closed::Handshake)
            }
            Err(_) => {
                warn!(%peer, error = "not finished within header-time", "handshake failed");
                Some(Closed::SlowHandshake)
            }
        }
    }

    /// Answers calls until either side ends it. Gives why, where it is the server.
    async fn talk(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
        gate: Arc<Gate>,
    ) -> Option<Closed> {
        let activity = Arc::new(Activity::default());
        let calls = Arc::clone(&activity);
        let service = service_fn(move |request: Request<Incoming>| {
            if request.version() == Version::HTTP_2 {
                calls.is_over_http2();
            }
            let (gate, busy) = (Arc::clone(&gate), Busy::begin(&calls));
            async move { Ok::<_, Infallible>(gate.answer(request, busy).await) }
        });
        let wire = Wire::new(stream, Arc::clone(&activity));
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(Heads::new(Arc::clone(&activity)))
            .header_read_timeout(self.header_time)
            .max_buf_size(HEAD)
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(self.keep_alive)
            .keep_alive_timeout(self.header_time)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_concurrent_streams(STREAMS)
            .max_frame_size(FRAME);
        let connection = builder.serve_connection(TokioIo::new(wire.clone()), service);
        tokio::pin!(connection);
        let age = spread(self.age, self.opened.fetch_add(1, Ordering::Relaxed));
        let reason = tokio::select! {
            // What has arrived is looked at before the clocks are.
            biased;
            result = Polled { connection: connection.as_mut(), wire: &wire } => return ended(result),
            () = activity.untaken(self.write_time) => return Some(Closed::SlowAnswers),
            () = activity.idle(self.idle_time) => Some(Closed::Idle),
            () = sleep(age) => Some(Closed::Age),
            () = self.draining.cancelled() => None,
        };
        if matches!(reason, Some(Closed::Age)) && activity.end() {
            // Its client may just be asking, and is told with the answer.
            tokio::select! {
                biased;
                result = Polled { connection: connection.as_mut(), wire: &wire } => {
                    return reason.or(ended(result));
                }
                () = activity.untaken(self.write_time) => return Some(Closed::SlowAnswers),
                () = activity.idle(self.header_time) => {}
                () = self.draining.cancelled() => {}
            }
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            biased;
            result = Polled { connection, wire: &wire } => reason.or(ended(result)),
            () = activity.untaken(self.write_time) => Some(Closed::SlowAnswers),
            // Its client has nothing to wait for, but may be too slow to take its leave.
            () = activity.idle(self.header_time) => reason,
        }
    }
}

/// The age of one connection, up to a tenth above `age`: connections that were opened together, as
/// those of a pool, do not end together.
fn spread(age: Duration, opened: usize) -> Duration {
    age.saturating_add(age / 100 * u32::try_from(opened % 11).unwrap_or_default())
}

/// Why the server closed a connection.
#[derive(Debug, Clone, Copy)]
enum Closed {
    Handshake,
    SlowHandshake,
    SlowHeaders,
    SlowAnswers,
    Idle,
    Age,
    KeepAlive,
}

impl Closed {
    /// One word for the metrics.
    fn name(self) -> &'static str {
        match self {
            Self::Handshake => "TLS_HANDSHAKE",
            Self::SlowHandshake => "SLOW_TLS_HANDSHAKE",
            Self::SlowHeaders => "SLOW_HEADERS",
            Self::SlowAnswers => "SLOW_ANSWERS",
            Self::Idle => "IDLE",
            Self::Age => "AGE",
            Self::KeepAlive => "KEEP_ALIVE",
        }
    }
}

/// Why the server closed a connection that ended by itself, if it did.
fn ended(result: Result<(), Box<dyn Error + Send + Sync>>) -> Option<Closed> {
    let error = result.err()?;
    debug!(error, "connection ended");
    let error = error.downcast_ref::<hyper::Error>().filter(|error| error.is_timeout())?;
    // hyper has two times: for the headers of HTTP/1, and for the answer to a ping, which it names
    // as the source.
    Some(if error.source().is_some() { Closed::KeepAlive } else { Closed::SlowHeaders })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_spread_over_a_tenth() {
        let age = Duration::from_secs(1000);
        let mut ages: Vec<_> = (0..22).map(|opened| spread(age, opened).as_secs()).collect();
        assert!(ages.windows(2).all(|two| two[0] != two[1]));
        ages.sort_unstable();
        ages.dedup();
        assert_eq!(ages, (1000..=1100).step_by(10).collect::<Vec<_>>());
        assert_eq!(spread(Duration::MAX, 10), Duration::MAX);
    }
}
