//! Connections: accepted, bounded in number and in idle time, drained.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
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

use crate::gate::Gate;
use crate::secrets::Fresh;
use crate::wire::{Polled, Wire};

/// How long to wait when the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Bytes that a connection, and a stream in it, may send before they are read: enough for a
/// gigabit a second at 2 ms.
const WINDOW: u32 = 256 * 1024;

/// Bytes of a frame that a client may send: most requests in one.
const FRAME: u32 = 64 * 1024;

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
                Ok((stream, _)) => self.begin(stream, &gate),
                Err(error) => {
                    warn!(%error, "cannot accept connections");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn begin(&self, stream: TcpStream, gate: &Arc<Gate>) {
        let metrics = &gate.judging.metrics;
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            metrics.refusals.with_label_values(&["TOO_MANY_CONNECTIONS"]).inc();
            return;
        };
        let (this, gate) = (self.clone(), Arc::clone(gate));
        self.tasks.spawn(async move {
            let connections = gate.judging.metrics.connections.clone();
            connections.inc();
            // Answers are written whole: waiting for more would only delay them.
            let _ = stream.set_nodelay(true);
            match this.tls.as_ref().map(|tls| TlsAcceptor::from(tls.get())) {
                None => this.talk(stream, gate).await,
                Some(tls) => match timeout(this.header_time, tls.accept(stream)).await {
                    Ok(Ok(stream)) => this.talk(stream, gate).await,
                    Ok(Err(error)) => {
                        let refusals = &gate.judging.metrics.refusals;
                        refusals.with_label_values(&["TLS_HANDSHAKE"]).inc();
                        debug!(%error, "handshake failed");
                    }
                    Err(_) => debug!("handshake took too long"),
                },
            }
            connections.dec();
            drop(place);
        });
    }

    async fn talk(&self, stream: impl AsyncRead + AsyncWrite + Unpin + 'static, gate: Arc<Gate>) {
        let activity = Arc::new(Activity::default());
        let calls = Arc::clone(&activity);
        let service = service_fn(move |request| {
            let (gate, busy) = (Arc::clone(&gate), Busy::begin(&calls));
            async move {
                let response = gate.answer(request).await;
                Ok::<_, Infallible>(response.map(|inner| Held { inner, _busy: busy }))
            }
        });
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_time)
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(self.keep_alive)
            .keep_alive_timeout(self.header_time)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_frame_size(FRAME);
        let wire = Wire::new(stream);
        let connection = builder.serve_connection(TokioIo::new(wire.clone()), service);
        tokio::pin!(connection);
        tokio::select! {
            result = Polled { connection: connection.as_mut(), wire: &wire } => {
                return log_end(result);
            }
            () = self.draining.cancelled() => {}
            () = activity.idle(self.idle_time) => {}
        }
        connection.as_mut().graceful_shutdown();
        // Whoever drains bounds the time for all connections. An idle client has nothing to wait
        // for, but may be too slow to take its leave.
        if self.draining.is_cancelled() {
            return log_end(Polled { connection, wire: &wire }.await);
        }
        tokio::select! {
            result = Polled { connection, wire: &wire } => log_end(result),
            () = activity.idle(self.header_time) => {}
        }
    }
}

fn log_end(result: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = result {
        debug!(error, "connection ended");
    }
}

/// The calls of one connection.
#[derive(Debug, Default)]
struct Activity {
    running: AtomicUsize,
    begun: AtomicUsize,
}

/// A call, until its answer is written.
struct Busy(Arc<Activity>);

impl Busy {
    fn begin(activity: &Arc<Activity>) -> Self {
        activity.running.fetch_add(1, Ordering::Relaxed);
        activity.begun.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(activity))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Activity {
    /// Returns once there was no call for `time`, at the latest after twice that.
    async fn idle(&self, time: Duration) {
        let mut seen = self.begun.load(Ordering::Relaxed);
        loop {
            sleep(time).await;
            let begun = self.begun.load(Ordering::Relaxed);
            if begun == seen && self.running.load(Ordering::Relaxed) == 0 {
                return;
            }
            seen = begun;
        }
    }
}

/// An answer that keeps its connection busy until it is written.
struct Held {
    inner: Body,
    _busy: Busy,
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
