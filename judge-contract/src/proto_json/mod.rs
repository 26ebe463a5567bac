//! Our messages in protobuf's canonical JSON.

mod document;
mod walk;

use std::sync::LazyLock;

use judge_core::Problem;
use prost::Name;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde::de::DeserializeOwned;

use crate::{MessageError, proto};

use document::Once;
use walk::Walk;

static POOL: LazyLock<Option<DescriptorPool>> =
    LazyLock::new(|| DescriptorPool::decode(proto::DESCRIPTORS).ok());

/// Decodes the contract's descriptors now instead of in the first answer: it takes milliseconds.
pub fn prepare() {
    LazyLock::force(&POOL);
}

/// Reads a message. A field that is `null` is unset.
///
/// # Errors
/// If the bytes are no JSON or not the message, with all fields that cannot be read.
pub fn read<T: Name + DeserializeOwned>(json: &[u8]) -> Result<T, MessageError> {
    // The generated readers refuse `null`, use the last of two entries of a map, and have error messages for programmers.
    match serde_json::from_slice(json) {
        Ok(message) if serde_json::from_slice::<Once>(json).is_ok() => Ok(message),
        _ => read_along_the_contract(json),
    }
}

fn read_along_the_contract<T: Name + DeserializeOwned>(json: &[u8]) -> Result<T, MessageError> {
    let mut document = read_document(json)?;
    let mut walk = Walk::default();
    walk.message(&mut document, &descriptor::<T>()?);
    if walk.problems.count() > 0 {
        return Err(walk.problems.into());
    }
    T::deserialize(document).map_err(|_| {
        Problem::error("", "another document", "the one that /openapi.json has").into()
    })
}

fn read_document(json: &[u8]) -> Result<serde_json::Value, MessageError> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    serde_path_to_error::deserialize::<_, Once>(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        let error = error.inner();
        if error.is_data() {
            let found = without_place(error);
            return Problem::error(path, found, "each field once").into();
        }
        not_json(path, error)
    })?;
    serde_json::from_slice(json).map_err(|error| not_json(String::new(), &error))
}

fn not_json(path: String, error: &serde_json::Error) -> MessageError {
    Problem::error(path, format!("text that is not JSON: {error}"), "one JSON document").into()
}

/// The text of an error without line and column; the path is enough.
fn without_place(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.rsplit_once(" at line ").map(|(said, _)| said.to_owned()).unwrap_or(said)
}

/// The descriptor of a message.
///
/// # Errors
/// If the contract has no such message.
pub fn descriptor<T: Name>() -> Result<MessageDescriptor, MessageError> {
    POOL.as_ref()
        .and_then(|pool| pool.get_message_by_name(&T::full_name()))
        .ok_or_else(|| MessageError::Unknown(T::full_name()))
}

/// Writes a message, including fields with default values.
///
/// # Errors
/// If the contract has no such message, or one of its times is beyond those of JSON, the years 1 to 9999.
pub fn write<T: Name>(message: &T) -> Result<Vec<u8>, MessageError> {
    let mut dynamic = DynamicMessage::new(descriptor::<T>()?);
    dynamic.transcode_from(message).map_err(|error| MessageError::Unwritable(error.to_string()))?;
    let mut json = Vec::new();
    let options = SerializeOptions::new().skip_default_fields(false);
    dynamic
        .serialize_with_options(&mut serde_json::Serializer::new(&mut json), &options)
        .map_err(|error| MessageError::Unwritable(error.to_string()))?;
    Ok(json)
}

#[cfg(test)]
mod tests;
