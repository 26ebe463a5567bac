//! Bodies of requests and answers, bounded in bytes and time.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep, timeout};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;

use crate::call::{Call, Unread};
use crate::frames::Frames;
use crate::refusal::Refusal;

/// How a request's body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Its bytes are reserved, and all must be there in time.
    Whole,
    /// Its bytes are reserved. Its messages come when they come, but one that has begun must be
    /// there in time.
    Messages,
    /// A probe's few bytes, which must be there in time. They are not reserved: probes need no token,
    /// and must neither spend what judgements share nor fail for want of it.
    Probe,
    /// As with `Messages`, but small ones and not reserved: nothing would say when one is answered.
    Lookups,
}

/// A request's body: its bytes are reserved before they are handed on, and are there in time.
pub(crate) struct Metered {
    /// There until it ends.
    inner: Option<Incoming>,
    call: Arc<Call>,
    reading: Reading,
    time: Duration,
    begun: bool,
    /// The messages of a stream.
    frames: Frames,
    timer: Option<Pin<Box<Sleep>>>,
    /// The message that the timer is for.
    timed: usize,
}

impl Metered {
    pub(crate) fn new(inner: Incoming, call: Arc<Call>, reading: Reading, time: Duration) -> Self {
        let (frames, timer) = (Frames::default(), None);
        Self { inner: Some(inner), call, reading, time, begun: false, frames, timer, timed: 0 }
    }

    /// Whether the client must go on by now.
    fn is_awaited(&self) -> bool {
        match self.reading {
            Reading::Whole | Reading::Probe => true,
            Reading::Messages | Reading::Lookups => self.frames.is_within(),
        }
    }

    /// Takes note of what has come.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if matches!(self.reading, Reading::Messages | Reading::Lookups) {
            self.frames.pass(bytes);
        }
        match self.reading {
            Reading::Whole | Reading::Messages => self.call.reservation.grow(bytes.len()),
            Reading::Probe | Reading::Lookups => Ok(()),
        }
    }

    fn fail(&self, refusal: Refusal) -> Box<dyn Error + Send + Sync> {
        Box::new(Status::from(self.call.refuse(refusal)))
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take()
            && self.reading == Reading::Whole
            && !http_body::Body::is_end_stream(&inner)
        {
            self.call.leave(Unread { body: inner, begun: self.begun });
        }
    }
}

impl http_body::Body for Metered {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let whole = self.frames.whole();
        if self.timed != whole || !self.is_awaited() {
            // Each message has a time of its own.
            (self.timer, self.timed) = (None, whole);
        }
        self.begun = true;
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        match Pin::new(inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let taken = frame.data_ref().map_or(Ok(()), |bytes| self.take(bytes));
                Poll::Ready(Some(taken.map(|()| frame).map_err(|refusal| self.fail(refusal))))
            }
            Poll::Ready(Some(Err(error))) => {
                if is_gone(&error) {
                    self.call.vanish();
                    self.inner = None;
                }
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                self.inner = None;
                Poll::Ready(None)
            }
            Poll::Pending => {
                // Most bodies are there at once and need no timer.
                if !self.is_awaited() {
                    return Poll::Pending;
                }
                let time = self.time;
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(time)));
                ready!(timer.as_mut().poll(context));
                Poll::Ready(Some(Err(self.fail(Refusal::SlowRequest))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map(http_body::Body::size_hint).unwrap_or_default()
    }
}

/// Whether the caller cancelled or went away, rather than sent what cannot be read: the pieces of
/// HTTP/1 alone can be told from that.
fn is_gone(error: &hyper::Error) -> bool {
    let why = error.source().and_then(<dyn Error>::downcast_ref::<io::Error>);
    let unreadable = |why: &io::Error| {
        matches!(why.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
    };
    !why.is_some_and(unreadable)
}

/// Reads what is left of a refused request, `limit` bytes of it at most, and keeps nothing. Gives
/// whether that was all.
pub(crate) async fn discard(mut body: Incoming, limit: u64, time: Duration) -> bool {
    let reading = async {
        let mut left = limit;
        while http_body::Body::size_hint(&body).lower() <= left {
            match body.frame().await {
                None => return true,
                Some(Err(_)) => return false,
                Some(Ok(frame)) => {
                    let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
                    left = left.saturating_sub(bytes);
                    if left == 0 {
                        return http_body::Body::is_end_stream(&body);
                    }
                }
            }
        }
        false
    };
    timeout(time, reading).await.unwrap_or(false)
}

/// All of a body of at most `limit` bytes.
///
/// # Errors
/// When it is larger, or the call was refused while it was read, or the caller went away.
pub(crate) async fn read(mut body: Body, limit: u64, call: &Call) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::MessageTooLarge { limit };
    if http_body::Body::size_hint(&body).lower() > limit {
        return Err(too_large());
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            call.refusal().cloned().unwrap_or_else(|| Refusal::Unreadable(error.to_string()))
        })?;
        if let Ok(data) = frame.into_data() {
            if (whole.len() + data.len()) as u64 > limit {
                return Err(too_large());
            }
            if whole.is_empty() && http_body::Body::is_end_stream(&body) {
                return Ok(data);
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.freeze())
}

/// An answer that would go on for ever, as a watch of the health does, and ends when the server
/// drains.
pub(crate) struct UntilDrained {
    inner: Body,
    draining: Pin<Box<WaitForCancellationFutureOwned>>,
    ended: bool,
}

impl UntilDrained {
    pub(crate) fn new(inner: Body, draining: CancellationToken) -> Self {
        let draining = Box::pin(draining.cancelled_owned());
        Self { inner, draining, ended: false }
    }
}

impl http_body::Body for UntilDrained {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            return Poll::Ready(frame);
        }
        ready!(self.draining.as_mut().poll(context));
        self.ended = true;
        let status = Status::from(Refusal::ShuttingDown);
        let mut trailers = http::HeaderMap::new();
        Poll::Ready(match status.add_header(&mut trailers) {
            Ok(()) => Some(Ok(Frame::trailers(trailers))),
            Err(_) => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }
}
