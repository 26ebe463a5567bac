//! Bodies of answers: their bytes count in the budget until they are written, however slowly the client reads, and their
//! connection counts as busy.

use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tonic::Code;

use crate::budget::Reservation;
use crate::handlers::Ending;
use crate::observe::call::{Call, code_name};
use crate::observe::outcome::Outcome;
use crate::transport::activity::{Busy, Unwritten};

/// The body of an answer.
pub(super) struct AnswerBody {
    inner: Body,
    held: Option<Arc<Reservation>>,
    busy: Busy,
    /// `Some` until its writing begins, if the whole answer is known.
    whole: Option<Unwritten>,
    stream: Option<OpenStream>,
    /// A watch, whose call is written when it is dropped.
    _watch: Option<Call>,
}

/// A stream whose call ends with it.
pub(super) struct OpenStream {
    /// There until then.
    pub(super) call: Option<Call>,
    pub(super) ending: Ending,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            call.end_with(code_name(Code::Cancelled), &mem::take(&mut self.ending.so_far.lock()));
        }
    }
}

impl AnswerBody {
    /// A complete answer.
    pub(super) fn whole(inner: Body, held: Option<Arc<Reservation>>, busy: Busy) -> Self {
        let whole = Some(busy.piece());
        Self { inner, held, busy, whole, stream: None, _watch: None }
    }

    /// An answer on no connection.
    pub(super) fn nobodys(inner: Body) -> Self {
        Self::whole(inner, None, Busy::begin(&Arc::default()))
    }

    /// A watch has no known end.
    pub(super) fn watch(
        inner: Body,
        held: Option<Arc<Reservation>>,
        busy: Busy,
        watch: Call,
    ) -> Self {
        Self { inner, held, busy, whole: None, stream: None, _watch: Some(watch) }
    }

    /// A stream of answers.
    pub(super) fn stream(
        inner: Body,
        held: Option<Arc<Reservation>>,
        busy: Busy,
        stream: OpenStream,
    ) -> Self {
        Self { inner, held, busy, whole: None, stream: Some(stream), _watch: None }
    }

    fn piece(&mut self, bytes: Bytes) -> Bytes {
        self.whole = None;
        // A stream reserves the bytes of each answer just before it exists.
        let own = self.stream.as_ref().map(|stream| stream.ending.answers.split());
        let (unwritten, held) = (self.busy.piece(), self.held.clone());
        Bytes::from_owner(Piece { bytes, _held: held, _own: own, _unwritten: unwritten })
    }

    /// Ends the call of a stream when its client has read the end: only then it has everything.
    fn end(&mut self) {
        let Some(mut stream) = self.stream.take() else { return };
        if let Some(call) = stream.call.take() {
            // There is no end to read before it is known.
            call.end(stream.ending.outcome.get().unwrap_or(&Outcome::default()));
        }
    }
}

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) if !frame.is_trailers() => {}
            Poll::Ready(_) => self.end(),
            Poll::Pending => {}
        }
        polled.map_ok(|frame| frame.map_data(|bytes| self.piece(bytes)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Bytes of an answer. The writer drops this when they are written, not before.
struct Piece {
    bytes: Bytes,
    _held: Option<Arc<Reservation>>,
    _own: Option<Reservation>,
    _unwritten: Unwritten,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
