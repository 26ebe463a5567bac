//! The body of a request: reserved before it is handed on, with a time limit. The unread rest is kept for the layer that
//! answers a refusal.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use parking_lot::Mutex;
use tokio::time::{Instant, Sleep, sleep, timeout};

use crate::budget::Reservation;
use crate::convert::refusal::Refusal;

/// How long a body may take.
#[derive(Debug, Clone, Copy)]
pub(super) enum Time {
    /// All of it.
    Whole(Duration),
    /// The next piece of it.
    Pause(Duration),
    Any,
}

/// Limits of a body.
#[derive(Debug)]
pub(super) struct Bound {
    held: Option<Arc<Reservation>>,
    time: Time,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Bound {
    pub(super) fn new(held: Option<Arc<Reservation>>, time: Time) -> Self {
        Self { held, time, timer: None }
    }

    /// Notes that a piece has arrived.
    fn take(&mut self, bytes: usize) -> Result<(), Refusal> {
        if let (Time::Pause(time), Some(timer)) = (self.time, &mut self.timer) {
            timer.as_mut().reset(Instant::now() + time);
        }
        self.held.as_ref().map_or(Ok(()), |held| held.grow(bytes))
    }

    /// Ready when the client's time is over.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let (Time::Whole(time) | Time::Pause(time)) = self.time else { return Poll::Pending };
        // Most bodies are there at once and need no timer.
        self.timer.get_or_insert_with(|| Box::pin(sleep(time))).as_mut().poll(context)
    }
}

/// A request's body.
#[derive(Debug)]
pub(crate) struct RequestBody {
    rest: Rest,
    bound: Option<Bound>,
}

/// The unread rest of a body, also after the body itself is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Rest(Arc<Mutex<Unread>>);

#[derive(Debug)]
struct Unread {
    /// `Some` until it ends.
    body: Option<Incoming>,
    /// Whether reading began: then a client that waits for permission to send has it.
    begun: bool,
    failure: Option<Refusal>,
}

impl RequestBody {
    pub(super) fn new(body: Incoming) -> Self {
        let unread = Unread { body: Some(body), begun: false, failure: None };
        Self { rest: Rest(Arc::new(Mutex::new(unread))), bound: None }
    }

    pub(super) fn rest(&self) -> Rest {
        self.rest.clone()
    }

    pub(super) fn bound(&mut self, bound: Bound) {
        self.bound = Some(bound);
    }
}

impl Rest {
    /// Why the body could not be read on.
    pub(super) fn failure(&self) -> Option<Refusal> {
        self.0.lock().failure.clone()
    }

    /// Reads the rest of a refused request, at most `limit` bytes, and keeps nothing: most clients of HTTP read no answer
    /// before they have sent everything, and would only see a broken connection. If the client `waits` for permission to send,
    /// there is no rest. Returns true if that was all.
    pub(super) async fn discard(&self, waits: bool, limit: u64, time: Duration) -> bool {
        let (body, begun) = {
            let mut unread = self.0.lock();
            (unread.body.take(), unread.begun)
        };
        let Some(mut body) = body.filter(|body| !body.is_end_stream()) else { return true };
        if waits && !begun {
            return false;
        }
        let reading = async {
            let mut left = limit;
            while body.size_hint().lower() <= left {
                match body.frame().await {
                    None => return true,
                    Some(Err(_)) => return false,
                    Some(Ok(frame)) => {
                        let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
                        left = left.saturating_sub(bytes);
                        if left == 0 {
                            return body.is_end_stream();
                        }
                    }
                }
            }
            false
        };
        timeout(time, reading).await.unwrap_or(false)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Self { rest, bound } = self.get_mut();
        let mut unread = rest.0.lock();
        unread.begun = true;
        let Some(body) = &mut unread.body else { return Poll::Ready(None) };
        let failure = match Pin::new(body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                match bound.as_mut().map_or(Ok(()), |bound| bound.take(bytes)) {
                    Ok(()) => return Poll::Ready(Some(Ok(frame))),
                    Err(refusal) => refusal,
                }
            }
            Poll::Ready(Some(Err(error))) => {
                unread.body = None;
                if is_gone(&error) {
                    Refusal::Cancelled
                } else {
                    Refusal::Unreadable(error.to_string())
                }
            }
            Poll::Ready(None) => {
                unread.body = None;
                return Poll::Ready(None);
            }
            Poll::Pending => {
                let Some(bound) = bound else { return Poll::Pending };
                ready!(bound.poll_late(context));
                Refusal::SlowRequest
            }
        };
        unread.failure = Some(failure.clone());
        Poll::Ready(Some(Err(Box::new(failure))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.0.lock().body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.rest.0.lock().body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

/// Whether the caller cancelled or went away, rather than sent something unreadable. Only pieces of HTTP/1 leave that open.
fn is_gone(error: &hyper::Error) -> bool {
    let why = error.source().and_then(<dyn Error>::downcast_ref::<io::Error>);
    let unreadable = |why: &io::Error| {
        matches!(why.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
    };
    !why.is_some_and(unreadable)
}
