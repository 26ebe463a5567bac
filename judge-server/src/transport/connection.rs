//! One connection from its first byte to its end: hyper speaks HTTP/1 and HTTP/2, and the clocks of this
//! file end it.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tower::Service;
use tower::util::BoxCloneSyncService;
use tracing::debug;

use super::activity::Peer;
use crate::settings::Settings;

/// HTTP/2 window of a connection, in bytes. Only what a stream's client keeps from being read stays unread, so this is no
/// memory. It is so large because each half of it takes an update frame and a system call.
const WINDOW: u32 = 1024 * 1024;

/// HTTP/2 window of one stream: smaller, so that a stream that is not read, because its client does not read either, leaves
/// room for the others.
const STREAM_WINDOW: u32 = 64 * 1024;

/// Most bytes of the headers of an HTTP/1 request, and of its body that are read ahead.
const HEAD: usize = 64 * 1024;

/// Largest HTTP/2 frame: most requests fit in one.
const FRAME: u32 = 64 * 1024;

/// Most concurrent calls in one connection of HTTP/2: few enough that one connection takes a small part of the budget, and no
/// fewer than the 100 that RFC 9113 (6.5.2) recommends, below which clients would wait for each other's answers.
const STREAMS: u32 = 128;

/// A service that answers the requests of connections.
pub(crate) type Serve = BoxCloneSyncService<Request<Incoming>, Response<Body>, Infallible>;

/// Answers calls until either side ends it. Returns the reason if the server ends it.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Arc<Peer>,
    service: Serve,
    settings: &Settings,
    draining: &CancellationToken,
) -> Option<ClosedReason> {
    let activity = Arc::clone(&peer.activity);
    let builder = builder(settings, peer.only_probes);
    let service = service_fn(move |mut request: Request<Incoming>| {
        if request.version() == Version::HTTP_2 {
            peer.activity.is_over_http2();
        }
        request.extensions_mut().insert(Arc::clone(&peer));
        service.clone().call(request)
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let age = spread(settings.connection_age.get());
    let ended = |result| ended(result, activity.was_used());
    let reason = tokio::select! {
        // Arrived data is handled before the timers.
        biased;
        result = connection.as_mut() => return ended(result),
        () = activity.untaken(settings.write_time.get()) => return Some(SLOW_ANSWERS),
        () = activity.idle(settings.idle_time.get()) => Some(IDLE),
        () = sleep(age) => Some(AGE),
        () = draining.cancelled() => None,
    };
    if reason == Some(AGE) && activity.end() {
        // Its client may be sending a call now, and sees the end in the answer.
        tokio::select! {
            biased;
            result = connection.as_mut() => return reason.or(ended(result)),
            () = activity.untaken(settings.write_time.get()) => return Some(SLOW_ANSWERS),
            () = activity.idle(settings.header_time.get()) => {}
            () = draining.cancelled() => {}
        }
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        biased;
        result = connection => reason.or(ended(result)),
        () = activity.untaken(settings.write_time.get()) => Some(SLOW_ANSWERS),
        // Its client has nothing to wait for, but may be too slow to close.
        () = activity.idle(settings.header_time.get()) => reason,
    }
}

fn builder(settings: &Settings, once: bool) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_time.get())
        .keep_alive(!once)
        .max_buf_size(HEAD)
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(settings.keep_alive.get())
        .keep_alive_timeout(settings.header_time.get())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_concurrent_streams(STREAMS)
        .max_frame_size(FRAME);
    builder
}

/// The age of one connection, up to a tenth above `age`: connections that were opened together, as
/// those of a pool, do not end together.
fn spread(age: Duration) -> Duration {
    age.saturating_add(age / 1000 * fastrand::u32(..=100))
}

/// Why the server closed a connection, as the metrics have it.
pub(super) type ClosedReason = &'static str;

pub(super) const IDLE: ClosedReason = "IDLE";
const AGE: ClosedReason = "AGE";
const SLOW_ANSWERS: ClosedReason = "SLOW_ANSWERS";

/// Why the server closed a connection that ended by itself, if it did.
fn ended(result: Result<(), Box<dyn Error + Send + Sync>>, used: bool) -> Option<ClosedReason> {
    let error = result.err()?;
    debug!(error, "connection ended");
    let error = error.downcast_ref::<hyper::Error>().filter(|error| error.is_timeout())?;
    // hyper has two times: for the answer to a ping, which it names as the source, and for the headers
    // of HTTP/1, which runs between requests too.
    Some(match (error.source().is_some(), used) {
        (true, _) => "KEEP_ALIVE",
        (false, false) => "SLOW_HEADERS",
        (false, true) => IDLE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_spread_over_a_tenth() {
        let age = Duration::from_secs(1000);
        let ages: Vec<_> = (0..100).map(|_| spread(age).as_secs()).collect();
        assert!(ages.iter().all(|age| (1000..=1100).contains(age)), "{ages:?}");
        assert!(ages.iter().any(|age| *age != ages[0]), "{ages:?}");
        assert_eq!(spread(Duration::MAX).as_secs(), Duration::MAX.as_secs());
    }
}
