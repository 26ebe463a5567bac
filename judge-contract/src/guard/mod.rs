//! Counts the parts of a document before it is read.
//!
//! A part (an object, a list, a field, an element) may take a few bytes of a document and a few
//! hundred of memory, so the bytes of a document bound the memory only together with its parts.

use judge_core::{JudgeError, Problem};
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost::{DecodeError, Name};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::MessageError;
use crate::limits::Limits;
use crate::proto_json::descriptor;

/// Parts for each metric that a request may have: a few dozen in Kayenta's largest configs.
const PARTS_A_METRIC: usize = 64;

/// Source of the limit for documents without points.
const OF_METRICS: &str = "as --max-metrics has it";

/// Source of the limit if points count, too.
const OF_METRICS_AND_POINTS: &str = "as --max-metrics and --max-points have it";

/// Checks that a JSON document has few enough parts, without its points.
///
/// # Errors
/// If it has more parts than the limits on metrics and points allow.
pub fn check_json(json: &[u8], limits: &Limits) -> Result<(), JudgeError> {
    check_text(json, limits, limits.total_points)
}

/// The same for a config as text, which has no points.
///
/// # Errors
/// If it has more parts than the limit on metrics allows.
pub fn check_config_text(json: &str, limits: &Limits) -> Result<(), JudgeError> {
    check_text(json.as_bytes(), limits, 0)
}

fn check_text(json: &[u8], limits: &Limits, points: usize) -> Result<(), JudgeError> {
    if json.len() <= limits.uncounted_bytes {
        return Ok(());
    }
    let counted = Text::count(json);
    let allowed = parts(limits);
    check(counted.containers, allowed, OF_METRICS)?;
    if points == 0 {
        return check(counted.elements, allowed, OF_METRICS);
    }
    check(counted.elements, allowed.saturating_add(points), OF_METRICS_AND_POINTS)
}

fn parts(limits: &Limits) -> usize {
    limits.metrics.saturating_mul(PARTS_A_METRIC)
}

fn check(found: usize, allowed: usize, settings: &str) -> Result<(), JudgeError> {
    if found <= allowed {
        return Ok(());
    }
    let found = format!("{found} objects, lists, fields and elements");
    let allowed = format!("at most {allowed}, {settings}");
    Err(Problem::error("", found, allowed).into())
}

/// Parts of a JSON document.
#[derive(Debug, Default, PartialEq, Eq)]
struct Text {
    /// Objects and lists.
    containers: usize,
    /// Elements and fields, plus or minus one per container.
    elements: usize,
}

impl Text {
    /// Counts everything outside of strings in one pass, whether it is JSON or not.
    fn count(json: &[u8]) -> Self {
        let mut counted = Self::default();
        let mut bytes = json.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'{' | b'[' => counted.containers += 1,
                b',' => counted.elements += 1,
                b'"' => {
                    while let Some(byte) = bytes.next() {
                        match byte {
                            b'"' => break,
                            b'\\' => drop(bytes.next()),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        counted
    }
}

/// The counts of an encoded message.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    /// Fields with a length (messages, texts, entries of maps) and numbers of enums.
    parts: usize,
    /// Whole numbers in lists: times of points.
    times: usize,
}

/// Checks that an encoded message of type `T` has few enough parts.
///
/// # Errors
/// If it has more parts than the limits on metrics and points allow, or is no such message.
pub fn check_message<T: Name>(bytes: &[u8], limits: &Limits) -> Result<(), MessageError> {
    if bytes.len() <= limits.uncounted_bytes {
        return Ok(());
    }
    let mut counted = Counted::default();
    count(bytes, &descriptor::<T>()?, &mut counted)?;
    check(counted.parts, parts(limits), OF_METRICS)?;
    if counted.times > limits.total_points {
        let found = format!("{} timestamps", counted.times);
        let allowed = format!("at most {}, as --max-points has it", limits.total_points);
        return Err(Problem::error("", found, allowed).into());
    }
    Ok(())
}

/// Counts the fields that take more memory than bytes, along the contract. Doubles take no more.
fn count(
    mut bytes: &[u8],
    message: &MessageDescriptor,
    counted: &mut Counted,
) -> Result<(), DecodeError> {
    while !bytes.is_empty() {
        let (tag, wire_type) = decode_key(&mut bytes)?;
        let field = message.get_field(tag);
        if wire_type != WireType::LengthDelimited {
            skip_field(wire_type, tag, &mut bytes, DecodeContext::default())?;
            // Numbers of a list may also be encoded one by one.
            if let Some(field) = field.filter(FieldDescriptor::is_list) {
                counted.add(&field.kind(), 1);
            }
            continue;
        }
        let mut whole = bytes;
        let length = usize::try_from(decode_varint(&mut bytes)?).unwrap_or(usize::MAX);
        let Some((inner, rest)) = bytes.split_at_checked(length) else {
            // It is truncated; its reader will report that.
            return skip_field(wire_type, tag, &mut whole, DecodeContext::default());
        };
        bytes = rest;
        counted.parts += 1;
        match field.map(|field| field.kind()) {
            Some(Kind::Message(message)) => count(inner, &message, counted)?,
            Some(kind) => counted.add(&kind, numbers(inner)),
            None => {}
        }
    }
    Ok(())
}

impl Counted {
    /// Counts the numbers of a list.
    fn add(&mut self, kind: &Kind, numbers: usize) {
        match kind {
            Kind::Enum(_) => self.parts += numbers,
            Kind::Int32
            | Kind::Int64
            | Kind::Uint32
            | Kind::Uint64
            | Kind::Sint32
            | Kind::Sint64 => self.times += numbers,
            _ => {}
        }
    }
}

/// Numbers in a packed list: each ends at a byte without the continuation bit.
fn numbers(packed: &[u8]) -> usize {
    packed.iter().filter(|byte| **byte < 0x80).count()
}

#[cfg(test)]
mod tests;
