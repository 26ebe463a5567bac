//! Messages as bytes: they are read where they are judged, not where they arrive. Their memory is reserved as soon as they are
//! decompressed.

use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes};
use tonic::Status;
use tonic::codec::{BufferSettings, DecodeBuf, Decoder, EncodeBuf, Encoder};

use crate::budget::Reservation;

/// Initial buffer of an answer; of a compressed one a multiple.
const BUFFER_BYTES: usize = 1024;

/// Bytes of waiting answers of a stream that are sent together.
const TOGETHER_BYTES: usize = 32 * 1024;

/// Passes encoded answers through.
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

/// Passes messages through if the reservation has room for them.
#[derive(Debug, Clone)]
pub(super) struct Reserving {
    pub(super) held: Arc<Reservation>,
    /// Bytes that are held besides the message.
    pub(super) besides: usize,
    /// Memory of a message, as a multiple of its length.
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
