//! The same requests through the library and over every call give the same numbers.

use std::collections::HashMap;
use std::io::Read;

use flate2::read::GzDecoder;
use judge_core::judgement::{Decision, Judgement, SideSummary};
use judge_core::{judges, kayenta};
use judge_server::proto;
use proto::judge_stream_response::Outcome;
use serde_json::{Value, json};

use crate::harness::Server;

fn golden() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/golden/kayenta/judge.ndjson.gz");
    let mut lines = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut lines).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Our own request with the numbers as Kayenta's has them.
fn ours(kayenta: &Value) -> Value {
    let pairs = kayenta["metricSetPairList"].as_array().unwrap().iter().map(|pair| {
        json!({
            "name": pair["name"], "id": pair["id"], "tags": pair["tags"],
            "baseline": {"values": pair["values"]["control"]},
            "canary": {"values": pair["values"]["experiment"]},
        })
    });
    json!({
        "id": kayenta["id"],
        "kayentaConfigJson": kayenta["canaryConfig"].to_string(),
        "thresholds": kayenta["scoreThresholds"],
        "pairs": pairs.collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn the_library_and_every_call_agree() {
    let server = Server::start(&[]).await;
    let mut client = server.client().await;
    let golden = golden();
    assert_eq!(golden.len(), 600);
    let mut library = HashMap::new();
    let mut messages = Vec::new();
    for case in &golden {
        let id = case["id"].as_str().unwrap();
        let document = serde_json::to_vec(case).unwrap();
        let request = kayenta::read_request(&document).unwrap();
        let judgement = judges::chosen_by(&request).unwrap().judge(&request).unwrap();

        let answer = server.post("/judge", document).await;
        let expected = serde_json::to_vec(&kayenta::result(&judgement)).unwrap();
        assert_eq!(answer.body, expected, "{id} over POST /judge");

        let own = ours(case);
        let answer = server.post("/v1/judge", own.to_string()).await;
        let answer: proto::JudgeResponse = serde_json::from_slice(&answer.body).unwrap();
        assert_same(&answer.judgement.unwrap(), &judgement, &format!("{id} over POST /v1/judge"));

        let message: proto::JudgeRequest = serde_json::from_value(own).unwrap();
        let answer = client.judge(message.clone()).await.unwrap().into_inner();
        assert_eq!(answer.id, id);
        assert_same(&answer.judgement.unwrap(), &judgement, &format!("{id} over Judge"));

        messages.push(proto::JudgeStreamRequest { request: Some(message) });
        library.insert(id.to_owned(), judgement);
    }
    let mut answers = client.judge_stream(tokio_stream::iter(messages)).await.unwrap().into_inner();
    while let Some(answer) = answers.message().await.unwrap() {
        let judgement = library.remove(&answer.id).expect("one answer to each request");
        let Some(Outcome::Judgement(answered)) = answer.outcome else { panic!("{answer:?}") };
        assert_same(&answered, &judgement, &format!("{} over JudgeStream", answer.id));
    }
    assert!(library.is_empty(), "unanswered: {:?}", library.keys());
}

/// Every number, to the bit.
fn assert_same(answered: &proto::Judgement, library: &Judgement, what: &str) {
    assert_eq!(answered.judge, library.judge, "{what}");
    assert_eq!(
        answered.verdict().as_str_name(),
        format!("VERDICT_{:?}", library.verdict).to_uppercase(),
        "{what}"
    );
    assert_bits(answered.score, library.score, what);
    assert_eq!(answered.reason, library.reason, "{what}");
    assert_eq!(answered.groups.len(), library.groups.len(), "{what}");
    for (answered, library) in answered.groups.iter().zip(&library.groups) {
        assert_eq!(answered.name, library.name, "{what}");
        assert_bits(answered.score, library.score, what);
        assert_bits(answered.weight, library.weight, what);
    }
    assert_eq!(answered.metrics.len(), library.metrics.len(), "{what}");
    for (answered, library) in answered.metrics.iter().zip(&library.metrics) {
        assert_eq!((&answered.name, &answered.id), (&library.name, &library.id), "{what}");
        let class = answered.classification().as_str_name().replace('_', "");
        let expected = format!("CLASSIFICATION{:?}", library.classification).to_uppercase();
        assert_eq!(class, expected, "{what}");
        assert_eq!(answered.reason, library.reason, "{what}");
        assert_eq!(answered.explanation, library.explanation(), "{what}");
        assert_eq!((answered.critical, answered.muted), (library.critical, library.muted));
        assert_side(answered.baseline.as_ref().unwrap(), &library.baseline, what);
        assert_side(answered.canary.as_ref().unwrap(), &library.canary, what);
        assert_eq!(answered.mean_ratio.map(f64::to_bits), library.mean_ratio.map(f64::to_bits));
        let evidence = match library.decision {
            Decision::Tested(evidence) | Decision::Constants(evidence) => Some(evidence),
            _ => None,
        };
        assert_eq!(answered.evidence.is_some(), evidence.is_some(), "{what}");
        if let (Some(answered), Some(library)) = (&answered.evidence, evidence) {
            let interval = answered.interval.unwrap();
            assert_bits(answered.estimate, library.estimate, what);
            assert_bits(interval.lower, library.interval.lower, what);
            assert_bits(interval.upper, library.interval.upper, what);
            assert_bits(answered.effect.unwrap().value, library.effect.value, what);
        }
    }
    assert_eq!(answered.warnings.len(), library.warnings.len(), "{what}");
}

fn assert_side(answered: &proto::SideSummary, library: &SideSummary, what: &str) {
    assert_eq!(answered.counts.unwrap().judged as usize, library.counts.judged, "{what}");
    assert_bits(answered.mean, library.mean, what);
    assert_bits(answered.median, library.median, what);
    assert_bits(answered.min, library.min, what);
    assert_bits(answered.max, library.max, what);
    assert_bits(answered.p95, library.p95, what);
    assert_bits(answered.std, library.std, what);
}

fn assert_bits(answered: f64, library: f64, what: &str) {
    assert!(
        answered.to_bits() == library.to_bits() || answered.is_nan() && library.is_nan(),
        "{what}: {answered} is not {library}"
    );
}
