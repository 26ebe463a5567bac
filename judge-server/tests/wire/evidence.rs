//! What only `EvidenceJudge-v1` says and reads, over every call.

use judge_contract::proto;
use judge_core::judgement::{Classification, Judgement};
use judge_core::{judges, kayenta};
use serde_json::{Value, json};

use crate::harness::{Server, fields};
use crate::same::assert_same;

/// A shift, noise that settles nothing, errors out of requests, and a healthy metric.
fn pairs() -> Value {
    let wave = |shift: f64, step: usize| {
        let values = (0..40).map(|point| shift + ((point * step) % 17) as f64);
        json!({"values": values.collect::<Vec<_>>()})
    };
    json!([
        {"name": "latency", "baseline": wave(100.0, 5), "canary": wave(130.0, 7)},
        {"name": "noisy",
         "baseline": {"values": [10.0, 30.0, 5.0, 25.0, 12.0, 28.0, 7.0, 22.0]},
         "canary": {"values": [22.0, 37.0, 16.0, 31.0, 24.0, 36.0, 14.0, 31.0]}},
        {"name": "errors", "baseline": {"values": vec![1.0; 40]}, "canary": {"values": vec![9.0; 40]}},
        {"name": "requests", "baseline": wave(500.0, 3), "canary": wave(500.0, 4)},
    ])
}

/// The same config as a Kayenta document and as typed messages.
fn configs() -> (Value, Value) {
    let kayenta = json!({
        "judge": {"name": "EvidenceJudge-v1", "judgeConfigurations": {
            "confidence": 0.99, "minimumChange": 0.03, "minimumNoise": 0.5, "minimumAbsolute": 0.1,
            "inconclusive": "marginal", "acrossMetrics": "holm", "warmUpPoints": 1,
            "joint": {"size": 0.7, "outcome": "warn"}, "traffic": "requests",
            "tests": ["location", "spread", "events", "tail"],
        }},
        "metrics": [
            {"name": "latency", "groups": ["all"], "analysisConfigurations": {"canary": {
                "direction": "increase", "confidence": 0.999, "minimumChange": 0.01,
                "minimumNoise": 0.1, "minimumAbsolute": 1.0, "warmUpPoints": 3, "kind": "gauge"}}},
            {"name": "noisy", "groups": ["all"],
             "analysisConfigurations": {"canary": {"tests": ["location"], "traffic": "errors"}}},
            {"name": "errors", "groups": ["all"], "analysisConfigurations": {"canary": {
                "direction": "increase", "kind": "proportion", "of": "requests"}}},
            {"name": "requests", "groups": ["all"]},
        ],
        "classifier": {"groupWeights": {"all": 100}},
    });
    let typed = json!({
        "judge": "EvidenceJudge-v1",
        "evidence": {
            "confidence": 0.99, "minimumChange": 0.03, "minimumNoise": 0.5, "minimumAbsolute": 0.1,
            "inconclusive": "INCONCLUSIVE_POLICY_MARGINAL", "acrossMetrics": "ACROSS_METRICS_HOLM",
            "warmUpPoints": 1, "joint": {"size": 0.7, "outcome": "JOINT_OUTCOME_WARN"}, "traffic": "requests",
            "tests": ["TEST_KIND_LOCATION", "TEST_KIND_SPREAD", "TEST_KIND_EVENTS", "TEST_KIND_TAIL"],
        },
        "metrics": [
            {"name": "latency", "groups": ["all"], "direction": "DIRECTION_INCREASE", "evidence": {
                "confidence": 0.999, "minimumChange": 0.01, "minimumNoise": 0.1,
                "minimumAbsolute": 1.0, "warmUpPoints": 3, "kind": "METRIC_KIND_GAUGE"}},
            {"name": "noisy", "groups": ["all"], "evidence": {"tests": ["TEST_KIND_LOCATION"], "traffic": "errors"}},
            {"name": "errors", "groups": ["all"], "direction": "DIRECTION_INCREASE",
             "evidence": {"kind": "METRIC_KIND_PROPORTION", "of": "requests"}},
            {"name": "requests", "groups": ["all"]},
        ],
        "groupWeights": {"all": 100},
    });
    (kayenta, typed)
}

fn in_the_library(config: &Value) -> Judgement {
    let pairs = pairs();
    let pairs = pairs.as_array().unwrap().iter().map(|pair| {
        json!({"name": pair["name"], "values": {
            "control": pair["baseline"]["values"], "experiment": pair["canary"]["values"]}})
    });
    let document = json!({
        "canaryConfig": config,
        "scoreThresholds": {"pass": 90, "marginal": 50},
        "metricSetPairList": pairs.collect::<Vec<_>>(),
    });
    let request = kayenta::read_request(document.to_string().as_bytes()).unwrap();
    judges::built_in().chosen_by(&request).unwrap().judge(&request).unwrap()
}

#[tokio::test]
async fn both_kinds_of_config_give_the_librarys_findings_over_every_call() {
    let (kayenta, typed) = configs();
    let library = in_the_library(&kayenta);
    let classes: Vec<Classification> =
        library.metrics.iter().map(|metric| metric.classification).collect();
    assert_eq!(classes[..2], [Classification::High, Classification::Inconclusive]);
    assert!(!library.metrics[0].findings.is_empty());

    let server = Server::start(&[]).await;
    let mut client = server.client().await;
    for (name, config) in
        [("kayentaConfigJson", json!(kayenta.to_string())), ("canaryConfig", typed)]
    {
        let request = json!({
            name: config, "thresholds": {"pass": 90, "marginal": 50}, "pairs": pairs(),
        });
        let answer = server.post("/v1/judge", request.to_string()).await;
        let over_http: proto::JudgeResponse = serde_json::from_slice(&answer.body).unwrap();
        let message: proto::JudgeRequest = serde_json::from_value(request).unwrap();
        let over_grpc = client.judge(message).await.unwrap().into_inner();
        assert_eq!(over_http, over_grpc);
        let judgement = over_grpc.judgement.unwrap();
        assert!(judgement.warnings.iter().any(|warning| {
            warning.kind() == proto::WarningKind::Inconclusive && warning.metric == "noisy"
        }));
        assert!(judgement.metrics[0].findings[0].would_change.contains("harm"));
        assert_same(judgement, &library, str::to_owned, name);
    }
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let request = json!({
        "canaryConfig": {
            "evidence": {"confidence": 1, "minimumChange": -0.1, "minimumNoise": "NaN",
                         "minimumAbsolute": "Infinity", "joint": {"size": 0}},
            "metrics": [
                {"name": "latency", "evidence": {"confidence": 0.2, "minimumChange": -1}},
                {"name": "errors", "evidence": {"kind": "METRIC_KIND_PROPORTION"}},
            ],
        },
        "thresholds": {"pass": 90, "marginal": 50},
    });
    let mut message: proto::JudgeRequest = serde_json::from_value(request).unwrap();
    let Some(proto::judge_request::Config::CanaryConfig(config)) = &mut message.config else {
        panic!("a typed config")
    };
    let unknown = 99;
    config.metrics[0].evidence.as_mut().unwrap().tests = vec![1, unknown];
    config.metrics[0].evidence.as_mut().unwrap().kind = unknown;
    let evidence = config.evidence.as_mut().unwrap();
    (evidence.inconclusive, evidence.across_metrics) = (unknown, unknown);
    evidence.joint.as_mut().unwrap().outcome = unknown;
    let server = Server::start(&[]).await;
    let status = server.client().await.judge(message).await.unwrap_err();
    let mut found = fields(&status);
    found.sort();
    let expected = [
        "canaryConfig.evidence.acrossMetrics",
        "canaryConfig.evidence.confidence",
        "canaryConfig.evidence.inconclusive",
        "canaryConfig.evidence.joint.outcome",
        "canaryConfig.evidence.joint.size",
        "canaryConfig.evidence.minimumAbsolute",
        "canaryConfig.evidence.minimumChange",
        "canaryConfig.evidence.minimumNoise",
        "canaryConfig.metrics[0].evidence.confidence",
        "canaryConfig.metrics[0].evidence.kind",
        "canaryConfig.metrics[0].evidence.minimumChange",
        "canaryConfig.metrics[0].evidence.tests[1]",
        "canaryConfig.metrics[1].evidence.of",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn metrics_that_are_not_there_are_named() {
    let (_, mut typed) = configs();
    typed["metrics"][2]["evidence"]["of"] = json!("nothing");
    typed["metrics"][1]["evidence"]["traffic"] = json!("nothing");
    typed["evidence"]["traffic"] = json!("nothing");
    let request = json!({
        "canaryConfig": typed, "thresholds": {"pass": 90, "marginal": 50}, "pairs": pairs(),
    });
    let message: proto::JudgeRequest = serde_json::from_value(request).unwrap();
    let server = Server::start(&[]).await;
    let status = server.client().await.judge(message).await.unwrap_err();
    let mut found = fields(&status);
    found.sort();
    let expected = [
        "canaryConfig.evidence.traffic",
        "canaryConfig.metrics[1].evidence.traffic",
        "canaryConfig.metrics[2].evidence.of",
    ];
    assert_eq!(found, expected);
}
