//! How many parts a document has, counted before it is read.
//!
//! A part (an object, a list, a field, an element) may take a few bytes of a document and a few
//! hundred of memory, so the bytes of a document bound the memory only together with its parts.

use judge_core::{JudgeError, Problem};

use crate::limits::Limits;
use crate::proto_bytes::{Field, Fields, Malformed};
use crate::refusal::Refusal;

/// Parts for each metric that a request may have: a few dozen in Kayenta's largest configs.
const PARTS_A_METRIC: usize = 64;

/// Where the limit on what is no point comes from.
const OF_METRICS: &str = "as --max-metrics has it";

/// The same where points are counted too.
const OF_METRICS_AND_POINTS: &str = "as --max-metrics and --max-points have it";

/// Whether a JSON document, other than its points, has few enough parts.
///
/// # Errors
/// When it has more than the limits on metrics and points explain.
pub(crate) fn check_json(json: &[u8], limits: &Limits) -> Result<(), JudgeError> {
    check_text(json, limits, limits.total_points)
}

/// The same for a config in a text, which has no points.
///
/// # Errors
/// When it has more parts than the limit on metrics explains.
pub(crate) fn check_config_text(json: &str, limits: &Limits) -> Result<(), JudgeError> {
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
    /// Elements and fields, give or take one a container.
    elements: usize,
}

impl Text {
    /// Counts what stands outside of strings, in one pass, whether or not it is JSON.
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

/// Where a walk over an encoded message is.
#[derive(Debug, Clone, Copy)]
enum Message {
    StreamRequest,
    Request,
    ValidateRequest,
    Config,
    Metric,
    /// What a config and a metric tell `EvidenceJudge-v1`; the tests have the same number in both.
    Evidence,
    Pair,
    Series,
    Timestamps,
}

/// What a field holds that takes more memory than bytes.
enum Inner {
    Message(Message),
    /// Numbers of enums.
    Words,
    /// Times of points.
    Times,
}

impl Message {
    /// What field `tag` holds, if that counts beyond the field itself.
    fn field(self, tag: u32) -> Option<Inner> {
        // The numbers are those of the published contract, which cannot change.
        let inner = match (self, tag) {
            (Self::StreamRequest, 1) => Self::Request,
            (Self::Request, 2) | (Self::ValidateRequest, 1) => Self::Config,
            (Self::Request, 5) => Self::Pair,
            (Self::Config, 3) => Self::Metric,
            (Self::Config, 6) | (Self::Metric, 11) => Self::Evidence,
            (Self::Pair, 4..=6) => Self::Series,
            (Self::Series, 3) => Self::Timestamps,
            (Self::Evidence, 5) => return Some(Inner::Words),
            (Self::Timestamps, 1) => return Some(Inner::Times),
            _ => return None,
        };
        Some(Inner::Message(inner))
    }
}

/// What was counted in an encoded message.
#[derive(Debug, Default)]
struct Counted {
    /// Fields with a length (messages, texts, entries of maps) and numbers of enums.
    parts: usize,
    /// Times of points.
    times: usize,
}

/// Whether an encoded `JudgeRequest` has few enough parts.
///
/// # Errors
/// When it has more than the limit on metrics explains, or is none.
pub(crate) fn check_request(message: &[u8], limits: &Limits) -> Result<(), Refusal> {
    check_message(message, Message::Request, limits)
}

/// The same for a `JudgeStreamRequest`.
///
/// # Errors
/// As for [`check_request`].
pub(crate) fn check_stream_request(message: &[u8], limits: &Limits) -> Result<(), Refusal> {
    check_message(message, Message::StreamRequest, limits)
}

/// The same for a `ValidateConfigRequest`.
///
/// # Errors
/// As for [`check_request`].
pub(crate) fn check_validate_request(message: &[u8], limits: &Limits) -> Result<(), Refusal> {
    check_message(message, Message::ValidateRequest, limits)
}

fn check_message(bytes: &[u8], message: Message, limits: &Limits) -> Result<(), Refusal> {
    if bytes.len() <= limits.uncounted_bytes {
        return Ok(());
    }
    let mut counted = Counted::default();
    count(bytes, message, &mut counted)?;
    check(counted.parts, parts(limits), OF_METRICS)?;
    if counted.times > limits.total_points {
        let found = format!("{} timestamps", counted.times);
        let allowed = format!("at most {}, as --max-points has it", limits.total_points);
        return Err(JudgeError::from(Problem::error("", found, allowed)).into());
    }
    Ok(())
}

/// Counts what takes more memory than bytes. Doubles take no more.
fn count(bytes: &[u8], message: Message, counted: &mut Counted) -> Result<(), Malformed> {
    for field in Fields(bytes) {
        let Field { tag, inner, .. } = field?;
        let held = message.field(tag);
        let Some(inner) = inner else {
            // Numbers of a list may come one by one too.
            match held {
                Some(Inner::Words) => counted.parts += 1,
                Some(Inner::Times) => counted.times += 1,
                _ => {}
            }
            continue;
        };
        counted.parts += 1;
        match held {
            Some(Inner::Message(message)) => count(inner, message, counted)?,
            Some(Inner::Words) => counted.parts += numbers(inner),
            Some(Inner::Times) => counted.times += numbers(inner),
            None => {}
        }
    }
    Ok(())
}

/// Numbers in a packed list: each ends at a byte without the bit that says that more follow.
fn numbers(packed: &[u8]) -> usize {
    packed.iter().filter(|byte| **byte < 0x80).count()
}

#[cfg(test)]
mod tests;
