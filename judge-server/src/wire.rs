//! A connection's bytes in large pieces.
//!
//! HTTP/2 reads and writes frame by frame, and each system call costs as much as judging a metric. So
//! what is written while a connection is polled goes out in one piece when the poll is over, and what
//! has arrived comes in as one.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::io::poll_read_buf;

use crate::activity::{Activity, Unwritten};

/// Bytes read at once: more than most requests.
const READ: usize = 32 * 1024;

/// Bytes that may wait to be written.
const UNSENT: usize = 64 * 1024;

/// Room that is made for them at once, which most answers do not outgrow.
const ANSWER: usize = 32 * 1024;

/// Both ends of a connection's bytes: one for the protocol, one for [`Polled`].
#[derive(Debug)]
pub(crate) struct Wire<S>(Arc<Mutex<Pieces<S>>>);

impl<S> Clone for Wire<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct Pieces<S> {
    stream: S,
    /// Read from the stream and not yet by the protocol.
    unread: BytesMut,
    /// Written by the protocol and not yet to the stream.
    unsent: BytesMut,
    activity: Arc<Activity>,
    /// There while the peer takes nothing of what is to be sent.
    untaken: Option<Unwritten>,
}

impl<S> Wire<S> {
    pub(crate) fn new(stream: S, activity: Arc<Activity>) -> Self {
        let (unread, unsent) = (BytesMut::new(), BytesMut::new());
        Self(Arc::new(Mutex::new(Pieces { stream, unread, unsent, activity, untaken: None })))
    }

    fn pieces(&self) -> MutexGuard<'_, Pieces<S>> {
        // Both ends are on one task, so nobody ever waits.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: AsyncWrite + Unpin> Pieces<S> {
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let polled = Pin::new(&mut self.stream).poll_write(context, &self.unsent);
            let sent = ready!(self.taken(polled))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.advance(sent);
        }
        // An idle connection holds no buffer.
        self.unsent = BytesMut::new();
        // TLS takes more than its socket does, and only this sends the rest.
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.taken(polled)
    }

    /// Notes whether the peer took something.
    fn taken<T>(&mut self, polled: Poll<T>) -> Poll<T> {
        if polled.is_pending() {
            self.untaken.get_or_insert_with(|| self.activity.piece());
        } else {
            self.untaken = None;
        }
        polled
    }

    /// Makes room, and says for how many bytes: what waits here is no longer counted as an answer's.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.unsent.len() >= UNSENT {
            ready!(self.poll_send(context))?;
        }
        if self.unsent.is_empty() {
            self.unsent.reserve(ANSWER);
        }
        Poll::Ready(Ok(UNSENT - self.unsent.len()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let pieces = &mut *self.pieces();
        if pieces.unread.is_empty() {
            pieces.unread.reserve(READ);
            let read = poll_read_buf(Pin::new(&mut pieces.stream), context, &mut pieces.unread);
            if !matches!(read, Poll::Ready(Ok(1..))) {
                pieces.unread = BytesMut::new();
            }
            ready!(read)?;
        }
        let count = pieces.unread.len().min(buffer.remaining());
        buffer.put_slice(&pieces.unread[..count]);
        pieces.unread.advance(count);
        pieces.activity.receive(count);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut pieces = self.pieces();
        let count = ready!(pieces.poll_room(context))?.min(bytes.len());
        pieces.unsent.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut pieces = self.pieces();
        let room = ready!(pieces.poll_room(context))?;
        let count = room.min(slices.iter().map(|slice| slice.len()).sum());
        pieces.unsent.reserve(count);
        let mut left = count;
        for slice in slices {
            let part = left.min(slice.len());
            pieces.unsent.extend_from_slice(&slice[..part]);
            left -= part;
        }
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // More may come before the poll is over.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut pieces = self.pieces();
        ready!(pieces.poll_send(context))?;
        Pin::new(&mut pieces.stream).poll_shutdown(context)
    }
}

/// A connection that sends what it has written after each poll.
pub(crate) struct Polled<'a, C, S> {
    pub(crate) connection: Pin<&'a mut C>,
    pub(crate) wire: &'a Wire<S>,
}

impl<C, S, E> Future for Polled<'_, C, S>
where
    C: Future<Output = Result<(), E>>,
    S: AsyncWrite + Unpin,
    E: From<io::Error>,
{
    type Output = Result<(), E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), E>> {
        let polled = self.connection.as_mut().poll(context);
        match self.wire.pieces().poll_send(context) {
            Poll::Ready(Err(error)) if polled.is_pending() => Poll::Ready(Err(error.into())),
            _ => polled,
        }
    }
}

#[cfg(test)]
mod tests;
