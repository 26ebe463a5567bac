//! Bodies of answers: their bytes count towards what all may hold until they are written, however
//! slowly the client takes them.

use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::{Buf, Bytes};
use http_body::{Frame, SizeHint};

use crate::activity::{Busy, Unwritten};
use crate::budget::Reservation;
use crate::call::Call;
use crate::open::Place;

/// Where the bytes of an answer are reserved.
pub(crate) enum Charge {
    /// All at once.
    Whole(Reservation),
    /// As the answers of the stream come.
    Stream(Arc<Call>),
}

/// The body of an answer, which keeps its connection busy.
pub(crate) struct Answer {
    inner: Body,
    charge: Charge,
    busy: Busy,
    /// Nothing where so little is answered that it needs none.
    place: Option<Place>,
}

impl Answer {
    pub(crate) fn new(inner: Body, charge: Charge, busy: Busy, place: Option<Place>) -> Self {
        Self { inner, charge, busy, place }
    }

    fn piece(&self, bytes: Bytes) -> Piece {
        // Whatever is reserved by now is for these bytes: an answer is one piece, and a stream
        // reserves for each just before it is there.
        let reserved = match &self.charge {
            Charge::Whole(reservation) => reservation.split(),
            Charge::Stream(call) => call.answers.split(),
        };
        let (unwritten, place) = (self.busy.piece(), self.place.clone());
        Piece { bytes, _reserved: reserved, _unwritten: unwritten, _place: place }
    }
}

impl http_body::Body for Answer {
    type Data = Piece;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        polled.map_ok(|frame| frame.map_data(|bytes| self.piece(bytes)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Bytes of an answer. Who writes them drops this when they are written, not before.
pub(crate) struct Piece {
    bytes: Bytes,
    _reserved: Reservation,
    _unwritten: Unwritten,
    _place: Option<Place>,
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.bytes.chunks_vectored(slices)
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }
}
