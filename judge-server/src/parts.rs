//! How many parts a document has, counted before it is read.
//!
//! A part (an object, a list, a field, an element) may take a few bytes of a document and a few
//! hundred of memory, so the bytes of a document bound the memory only together with its parts.

use judge_core::{Problem, Refused};

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
pub(crate) fn check_json(json: &[u8], limits: &Limits) -> Result<(), Refused> {
    check_text(json, limits, limits.total_points)
}

/// The same for a config in a text, which has no points.
///
/// # Errors
/// When it has more parts than the limit on metrics explains.
pub(crate) fn check_config_text(json: &str, limits: &Limits) -> Result<(), Refused> {
    check_text(json.as_bytes(), limits, 0)
}

fn check_text(json: &[u8], limits: &Limits, points: usize) -> Result<(), Refused> {
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

fn check(found: usize, allowed: usize, settings: &str) -> Result<(), Refused> {
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
            (Self::Pair, 4 | 5) => Self::Series,
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
        return Err(Refused::from(Problem::error("", found, allowed)).into());
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
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::proto;

    const SMALL: usize = 1024;
    const LIMITS: Limits = Limits {
        message_bytes: 0,
        metrics: 2,
        series_points: 0,
        total_points: 100,
        uncounted_bytes: SMALL,
    };

    #[test]
    fn counts_outside_of_strings() {
        let counted = Text::count(br#"{"a,[\"{": [1, 2, {}], "b": "\\"}, "unfinished,,"#);
        assert_eq!(counted, Text { containers: 3, elements: 4 });
    }

    #[test]
    fn documents_of_too_many_parts_are_refused_and_those_at_the_edge_are_not() {
        let padded = |json: String| format!("{json}{}", " ".repeat(SMALL));
        let cases = [
            (padded("[".repeat(128)), true),
            (padded("{".repeat(129)), false),
            (padded(",".repeat(228)), true),
            (padded(",".repeat(229)), false),
            (",".repeat(SMALL), true),
        ];
        for (json, accepted) in cases {
            let start = &json[..4];
            assert_eq!(check_json(json.as_bytes(), &LIMITS).is_ok(), accepted, "{start}");
        }
    }

    #[test]
    fn the_settings_are_named_that_raise_the_limit() {
        let padded = |json: String| format!("{json}{}", " ".repeat(SMALL));
        let allowed = |checked: Result<(), Refused>| {
            checked.unwrap_err().problems().first().unwrap().allowed.clone()
        };
        let [containers, points] = [padded("{".repeat(129)), padded(",".repeat(229))];
        let of_metrics = "at most 128, as --max-metrics has it";
        assert_eq!(allowed(check_json(containers.as_bytes(), &LIMITS)), of_metrics);
        assert_eq!(allowed(check_config_text(&points, &LIMITS)), of_metrics);
        let of_both = "at most 228, as --max-metrics and --max-points have it";
        assert_eq!(allowed(check_json(points.as_bytes(), &LIMITS)), of_both);
    }

    fn request(pairs: usize, groups: usize) -> proto::JudgeRequest {
        let metric =
            proto::MetricConfig { groups: vec![String::new(); groups], ..Default::default() };
        let config = proto::CanaryConfig { metrics: vec![metric], ..Default::default() };
        proto::JudgeRequest {
            id: "x".repeat(SMALL),
            pairs: vec![proto::MetricPair::default(); pairs],
            config: Some(proto::judge_request::Config::CanaryConfig(config)),
            ..Default::default()
        }
    }

    #[test]
    fn messages_of_too_many_parts_are_refused_and_those_at_the_edge_are_not() {
        // The id, the config and its metric are parts too.
        for (pairs, groups, accepted) in [(100, 25, true), (101, 25, false), (100, 26, false)] {
            let request = request(pairs, groups);
            let encoded = request.encode_to_vec();
            assert_eq!(check_request(&encoded, &LIMITS).is_ok(), accepted, "{pairs} {groups}");
            let inner = proto::JudgeStreamRequest { request: Some(request) }.encode_to_vec();
            // In a stream the request is one more.
            assert!(check_stream_request(&inner, &LIMITS).is_err());
        }
    }

    #[test]
    fn numbers_in_lists_are_counted_packed_and_one_by_one() {
        let evidence = |tests: usize| proto::EvidenceConfig {
            tests: vec![1_000_000; tests],
            ..Default::default()
        };
        let metric = |tests: usize| proto::MetricConfig {
            evidence: Some(proto::MetricEvidence {
                tests: vec![1_000_000; tests],
                ..Default::default()
            }),
            ..Default::default()
        };
        // The id, the config, its evidence, its metric, the metric's evidence and the two lists are
        // parts too.
        for (whole, own, accepted) in [(60, 61, true), (61, 61, false), (60, 62, false)] {
            let config = proto::CanaryConfig {
                evidence: Some(evidence(whole)),
                metrics: vec![metric(own)],
                ..Default::default()
            };
            let mut request = request(0, 0);
            request.config = Some(proto::judge_request::Config::CanaryConfig(config));
            let encoded = request.encode_to_vec();
            assert_eq!(check_request(&encoded, &LIMITS).is_ok(), accepted, "{whole} {own}");
        }
        // In a message of their own each number has its key before it.
        let apart = |numbers: usize| {
            let mut counted = Counted::default();
            count(&[0x28, 7].repeat(numbers), Message::Evidence, &mut counted).unwrap();
            count(&[0x08, 7].repeat(numbers), Message::Timestamps, &mut counted).unwrap();
            (counted.parts, counted.times)
        };
        assert_eq!(apart(9), (9, 9));
    }

    #[test]
    fn times_are_held_against_the_limit_on_points() {
        let series = |times: usize| proto::Series {
            values: Vec::new(),
            times: Some(proto::series::Times::Timestamps(proto::Timestamps {
                millis: vec![-1; times],
            })),
        };
        for (baseline, canary, accepted) in [(60, 40, true), (61, 40, false), (60, 41, false)] {
            let mut request = request(1, 0);
            request.pairs[0].baseline = Some(series(baseline));
            request.pairs[0].canary = Some(series(canary));
            let encoded = request.encode_to_vec();
            let checked = check_request(&encoded, &LIMITS);
            assert_eq!(checked.is_ok(), accepted, "{baseline} {canary}: {checked:?}");
        }
    }

    #[test]
    fn nothing_makes_the_count_fail_but_what_is_no_message() {
        let whole = request(3, 3).encode_to_vec();
        for length in (SMALL + 1)..whole.len() {
            let _ = check_request(&whole[..length], &LIMITS);
        }
        assert!(check_request(&vec![0xff; SMALL + 1], &LIMITS).is_err());
    }
}
