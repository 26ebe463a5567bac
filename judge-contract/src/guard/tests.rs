use prost::Message as _;

use super::*;
use crate::proto;

fn check_request(message: &[u8], limits: &Limits) -> Result<(), MessageError> {
    check_message::<proto::JudgeRequest>(message, limits)
}

fn check_stream_request(message: &[u8], limits: &Limits) -> Result<(), MessageError> {
    check_message::<proto::JudgeStreamRequest>(message, limits)
}

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
    let allowed = |checked: Result<(), JudgeError>| {
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
    let metric = proto::MetricConfig { groups: vec![String::new(); groups], ..Default::default() };
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
        let evidence = message("EvidenceConfig");
        count(&[0x28, 7].repeat(numbers), &evidence, &mut counted).unwrap();
        let timestamps = message("Timestamps");
        count(&[0x08, 7].repeat(numbers), &timestamps, &mut counted).unwrap();
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
fn series_and_times_of_a_history_count_too() {
    let series = |millis: Vec<i64>| proto::Series {
        values: Vec::new(),
        times: Some(proto::series::Times::Timestamps(proto::Timestamps { millis })),
    };
    let accepted = |pairs: usize, history: Vec<proto::Series>| {
        let mut request = request(pairs, 0);
        request.pairs[0].history = history;
        check_request(&request.encode_to_vec(), &LIMITS).is_ok()
    };
    assert!(accepted(1, vec![series(vec![-1; 50]), series(vec![-1; 50])]));
    assert!(!accepted(1, vec![series(vec![-1; 50]), series(vec![-1; 51])]));
    // The id, the config, its metric and the pair are parts too.
    assert!(accepted(1, vec![proto::Series::default(); 124]));
    assert!(!accepted(1, vec![proto::Series::default(); 125]));
}

#[test]
fn nothing_makes_the_count_fail_but_what_is_no_message() {
    let whole = request(3, 3).encode_to_vec();
    for length in (SMALL + 1)..whole.len() {
        let _ = check_request(&whole[..length], &LIMITS);
    }
    assert!(check_request(&vec![0xff; SMALL + 1], &LIMITS).is_err());
}

/// The rule is the contract's: whatever list of whole numbers or enums a request has is counted.
#[test]
fn every_list_of_the_contract_that_outgrows_its_bytes_is_counted() {
    fn lists(message: &MessageDescriptor, found: &mut Vec<FieldDescriptor>) {
        for field in message.fields() {
            let kind = field.kind();
            if field.is_list() && !matches!(kind, Kind::Double | Kind::String | Kind::Message(_)) {
                found.push(field.clone());
            }
            if let Kind::Message(inner) = kind {
                lists(&inner, found);
            }
        }
    }
    let mut found = Vec::new();
    lists(&descriptor::<proto::JudgeRequest>().unwrap(), &mut found);
    lists(&descriptor::<proto::ValidateConfigRequest>().unwrap(), &mut found);
    assert!(found.len() >= 5, "{found:?}");
    for field in found {
        let mut counted = Counted::default();
        let mut packed = Vec::new();
        prost::encoding::encode_key(field.number(), WireType::LengthDelimited, &mut packed);
        packed.extend([3, 1, 1, 1]);
        count(&packed, field.parent_message(), &mut counted).unwrap();
        assert_eq!(counted.parts + counted.times, 4, "{}", field.full_name());
    }
}

fn message(name: &str) -> MessageDescriptor {
    let request = descriptor::<proto::JudgeRequest>().unwrap();
    request.parent_pool().get_message_by_name(&format!("canary.judge.v1.{name}")).unwrap()
}
