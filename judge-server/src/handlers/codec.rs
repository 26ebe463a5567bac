//! Messages as bytes: what they say is read where they are judged, not where they arrive. Their memory is
//! reserved as soon as they are decompressed.

use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes};
use tonic::Status;
use tonic::codec::{BufferSettings, DecodeBuf, Decoder, EncodeBuf, Encoder};

use crate::budget::Reservation;

/// Room for an answer before it is there and says what it needs; that for a compressed one is a multiple.
const BUFFER_BYTES: usize = 1024;

/// When answers of a stream that wait for the connection are sent together.
const TOGETHER_BYTES: usize = 32 * 1024;

/// Hands encoded answers through.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawEncoder;

impl Encoder for RawEncoder {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.reserve(message.len());
        buffer.put(message);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFER_BYTES, TOGETHER_BYTES)
    }
}

/// Hands messages through that have room in a reservation.
#[derive(Debug, Clone)]
pub(super) struct Reserving {
    pub(super) held: Arc<Reservation>,
    /// What is held besides the message.
    pub(super) besides: usize,
    /// How many times its length a message takes.
    pub(super) times: usize,
}

impl Decoder for Reserving {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let bytes = buffer.remaining() * self.times;
        let held = self.held.grow_to(self.besides.saturating_add(bytes));
        held.map_err(|refusal| Status::from_error(Box::new(refusal)))?;
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
