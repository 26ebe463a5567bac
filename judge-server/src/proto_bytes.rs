//! Our messages in protobuf's encoding, where many bytes are of one kind: points of requests, findings
//! of answers.
//!
//! The generated code reads each point by itself, and asks for the length of a message before it
//! writes it, once for each message around it. Here points are taken together, and lengths are filled
//! in afterwards. Everything else is left to the generated code.

mod fields;
mod read;
mod write;

pub(crate) use fields::{Field, Fields, Malformed};
pub(crate) use read::{read_request, read_stream_request};
pub(crate) use write::write_response;

#[cfg(test)]
mod tests;
