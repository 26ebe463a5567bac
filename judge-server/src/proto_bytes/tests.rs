use judge_core::{JudgeRequest, Scratch, judges};
use prost::Message;

use super::*;
use crate::proto;

/// Every kind of field, with points and times in both sides.
const REQUEST: &str = r#"{
    "id": "an id", "judge": "EvidenceJudge-v1",
    "canaryConfig": {"name": "c", "metrics": [
        {"name": "a", "groups": ["g", "h"]}, {"name": "b", "direction": "DIRECTION_INCREASE", "groups": ["g"]}
    ]},
    "thresholds": {"pass": 95, "marginal": 75},
    "pairs": [
        {"name": "a", "id": "1", "tags": {"zone": "x", "host": "y"},
         "baseline": {"values": [1.5, "NaN", -0.0, 1e300], "timestamps": {"millis": [1, 2, 3, 99]}},
         "canary": {"values": [3, 4, 5, 7],
                    "clock": {"start": "2026-01-01T00:00:00Z", "step": "60s"}}},
        {"name": "b", "baseline": {}, "canary": {"values": [1]},
         "history": [{"values": [2, "NaN"]}, {}, {"values": [5], "timestamps": {"millis": [7]}}]}
    ]
}"#;

fn request() -> proto::JudgeRequest {
    serde_json::from_str(REQUEST).unwrap()
}

/// Both readers, so that the one here can be held to the generated one. Bytes are compared, as NaN
/// equals nothing.
fn both(message: &[u8]) -> [Option<Vec<u8>>; 2] {
    let generated = proto::JudgeRequest::decode(message).ok();
    let own = read_request(message).ok();
    [own, generated].map(|request| request.map(|request| request.encode_to_vec()))
}

#[test]
fn reads_what_the_generated_code_reads() {
    let whole = request().encode_to_vec();
    let [own, generated] = both(&whole);
    assert_eq!(own.as_ref(), Some(&whole));
    assert_eq!(own, generated);
    let read = read_stream_request(
        &proto::JudgeStreamRequest { request: Some(request()) }.encode_to_vec(),
    );
    assert_eq!(read.unwrap().encode_to_vec(), whole);
    assert_eq!(read_stream_request(&[]), Ok(proto::JudgeRequest::default()));
}

#[test]
fn reads_and_refuses_damaged_bytes_as_the_generated_code_does() {
    let mut whole = request();
    // The generated code takes the entries of maps by any kind of key; the reader here does not.
    whole.pairs[0].tags.clear();
    let whole = whole.encode_to_vec();
    for index in 0..whole.len() {
        let [own, generated] = both(&whole[..index]);
        assert_eq!(own, generated, "cut at {index}");
        for flipped in [0x01, 0x08, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[index] ^= flipped;
            let [own, generated] = both(&damaged);
            assert_eq!(own, generated, "{flipped} at {index}");
        }
    }
}

#[test]
fn reads_points_one_by_one_and_messages_in_parts() {
    let mut pair = vec![0x0a, 1, b'a'];
    // The baseline twice: a point of its own key, then a list of two.
    pair.extend([0x22, 9, 0x09]);
    pair.extend(1.0_f64.to_le_bytes());
    pair.extend([0x22, 18, 0x0a, 16]);
    pair.extend(2.0_f64.to_le_bytes());
    pair.extend(3.0_f64.to_le_bytes());
    let mut message = vec![0x2a, u8::try_from(pair.len()).unwrap()];
    message.extend(pair);
    let read = read_request(&message).unwrap();
    assert_eq!(read.pairs[0].baseline.as_ref().unwrap().values, [1.0, 2.0, 3.0]);
    assert_eq!(read, proto::JudgeRequest::decode(message.as_slice()).unwrap());
    // The request of a stream in two parts.
    let parts = [proto::JudgeRequest { id: "x".into(), ..Default::default() }, read.clone()];
    let stream = parts.map(|request| proto::JudgeStreamRequest { request: Some(request) });
    let message = stream.map(|part| part.encode_to_vec()).concat();
    let generated = proto::JudgeStreamRequest::decode(message.as_slice()).unwrap();
    assert_eq!(Some(read_stream_request(&message).unwrap()), generated.request);
}

#[test]
fn says_what_is_wrong_with_bytes() {
    let said = |message: &[u8]| read_request(message).unwrap_err().to_string();
    assert_eq!(said(&[0x2a, 5, 0]), "a field that is cut off, or has no number or length");
    let list = [0x2a, 6, 0x22, 4, 0x0a, 2, 1, 2];
    assert_eq!(said(&list), "a list of doubles whose bytes are no multiple of 8");
    assert!(said(&[0x0a, 1, 0xff]).contains("JudgeRequest.id"), "{}", said(&[0x0a, 1, 0xff]));
}

#[test]
fn writes_what_the_generated_code_reads() {
    let noise = |seed: u64, points: usize| {
        let mut state = seed;
        let value = move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            100.0 + (state >> 40) as f64 / (1_u64 << 24) as f64
        };
        std::iter::repeat_with(value).take(points).collect::<Vec<f64>>()
    };
    let series = |values| Some(proto::Series { values, times: None });
    for judge in judges::built_in().iter() {
        // The last takes three bytes for the length of the whole, and one for that of a metric.
        for (metrics, points, more) in [(0, 0, 0.0), (1, 0, 0.0), (2, 30, 5.0), (40, 60, 0.0)] {
            let mut message = request();
            message.judge = Some(judge.name().to_owned());
            message.pairs = (0..metrics)
                .map(|index| proto::MetricPair {
                    name: "a".into(),
                    id: (index == 0).then(|| "é".repeat(70)),
                    baseline: series(noise(index, points)),
                    canary: series(noise(index + 99, points).iter().map(|x| x + more).collect()),
                    ..Default::default()
                })
                .collect();
            let judgement = judge
                .judge_with(&JudgeRequest::try_from(message).unwrap(), &mut Scratch::default());
            let judgement = judgement.unwrap();
            let written = write_response("an id", judgement.clone());
            let read = proto::JudgeResponse::decode(written.as_slice()).unwrap();
            let expected = proto::JudgeResponse {
                id: "an id".into(),
                judgement: Some(judgement.clone().into()),
            };
            assert_eq!(
                read.encode_to_vec(),
                expected.encode_to_vec(),
                "{metrics} {}",
                judge.name()
            );
            let read = proto::JudgeStreamResponse::decode(written.as_slice()).unwrap();
            let outcome = expected.judgement.map(proto::judge_stream_response::Outcome::Judgement);
            let expected = proto::JudgeStreamResponse { id: "an id".into(), outcome };
            assert_eq!(read.encode_to_vec(), expected.encode_to_vec());
        }
    }
}
