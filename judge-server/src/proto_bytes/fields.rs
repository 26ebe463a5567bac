//! The fields of an encoded message: those that are there, and those that are to be.

use prost::encoding::{
    DecodeContext, WireType, decode_key, decode_varint, encode_varint, skip_field,
};
use prost::{DecodeError, Message};
use thiserror::Error;

/// One field of an encoded message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    pub(crate) tag: u32,
    /// Key and value.
    pub(crate) whole: &'a [u8],
    /// What follows the length of a field that has one: a message, a text, a packed list.
    pub(crate) inner: Option<&'a [u8]>,
}

/// Why bytes are not the message that they should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Malformed {
    #[error("a field that is cut off, or has no number or length")]
    Field,
    #[error("a list of doubles whose bytes are no multiple of 8")]
    Doubles,
    #[error(transparent)]
    Value(#[from] DecodeError),
}

/// The fields of a message from its first to its last, or to the first that cannot be read.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    fn read(&mut self) -> Option<Field<'a>> {
        let mut rest = self.0;
        let (tag, wire_type) = decode_key(&mut rest).ok()?;
        let inner = if wire_type == WireType::LengthDelimited {
            let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
            let (inner, after) = rest.split_at_checked(length)?;
            rest = after;
            Some(inner)
        } else {
            skip_field(wire_type, tag, &mut rest, DecodeContext::default()).ok()?;
            None
        };
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some(Field { tag, whole, inner })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let read = self.read().ok_or(Malformed::Field);
        if read.is_err() {
            self.0 = &[];
        }
        Some(read)
    }
}

/// Bytes of the longest variable-length number.
const VARINT_BYTES: usize = 10;

/// Where fields are appended. As in the generated code, one that has its default value is left out;
/// tags are below 16, so that they and their type are one byte.
#[derive(Debug)]
pub(crate) struct Sink(Vec<u8>);

impl Sink {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// All fields of a message.
    pub(crate) fn fields(&mut self, message: &impl Message) {
        // A vector takes any number of bytes.
        let _ = message.encode(&mut self.0);
    }

    pub(crate) fn double(&mut self, tag: u8, value: f64) {
        if value != 0.0 {
            let mut field = [key(tag, WireType::SixtyFourBit); 9];
            field[1..].copy_from_slice(&value.to_le_bytes());
            self.0.extend_from_slice(&field);
        }
    }

    /// A bool, or the number of an enum, which is small and not negative.
    pub(crate) fn number(&mut self, tag: u8, value: i32) {
        if value != 0 {
            self.0.push(key(tag, WireType::Varint));
            encode_varint(i64::from(value).cast_unsigned(), &mut self.0);
        }
    }

    pub(crate) fn text(&mut self, tag: u8, text: &str) {
        if !text.is_empty() {
            self.0.push(key(tag, WireType::LengthDelimited));
            encode_varint(text.len() as u64, &mut self.0);
            self.0.extend_from_slice(text.as_bytes());
        }
    }

    /// A message of the fields that `body` appends, whose length most often has `LENGTH` bytes: one
    /// below 128, two below 16,384.
    pub(crate) fn message<const LENGTH: usize>(&mut self, tag: u8, body: impl FnOnce(&mut Self)) {
        self.0.push(key(tag, WireType::LengthDelimited));
        let start = self.0.len();
        self.0.extend_from_slice(&[0; LENGTH]);
        body(self);
        // Only now it is known; where it takes another number of bytes, what follows is moved.
        let length = self.0.len() - start - LENGTH;
        let mut encoded = [0; VARINT_BYTES];
        let mut free = encoded.as_mut_slice();
        encode_varint(length as u64, &mut free);
        let used = VARINT_BYTES - free.len();
        let place = start..start + LENGTH;
        if used == LENGTH {
            self.0[place].copy_from_slice(&encoded[..LENGTH]);
        } else {
            self.0.splice(place, encoded[..used].iter().copied());
        }
    }
}

fn key(tag: u8, wire_type: WireType) -> u8 {
    tag << 3 | wire_type as u8
}
