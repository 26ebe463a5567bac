//! The same requests through the library and over every call give the same numbers.

use std::collections::HashMap;
use std::io::Read;

use flate2::read::GzDecoder;
use http::StatusCode;
use judge_contract::proto;
use judge_core::{judges, kayenta};
use proto::judge_stream_response::Outcome;
use serde_json::{Value, json};

use crate::harness::Server;
use crate::same::{Renamed, assert_same};

fn golden() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/golden/kayenta/judge.ndjson.gz");
    let mut lines = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut lines).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Our own request with the numbers as Kayenta's has them.
fn ours(kayenta: &Value, id: &str, field: &str, config: &Value) -> Value {
    let pairs = kayenta["metricSetPairList"].as_array().unwrap().iter().map(|pair| {
        json!({
            "name": pair["name"], "id": pair["id"], "tags": pair["tags"],
            "baseline": {"values": pair["values"]["control"]},
            "canary": {"values": pair["values"]["experiment"]},
        })
    });
    json!({
        "id": id,
        field: config,
        "thresholds": kayenta["scoreThresholds"],
        "pairs": pairs.collect::<Vec<_>>(),
    })
}

/// Kayenta's config as typed messages.
fn typed(kayenta: &Value) -> Value {
    let metrics = kayenta["metrics"].as_array().unwrap().iter().map(typed_metric);
    json!({
        "name": kayenta["name"],
        "judge": kayenta["judge"]["name"],
        "metrics": metrics.collect::<Vec<_>>(),
        "groupWeights": kayenta["classifier"]["groupWeights"],
    })
}

fn typed_metric(metric: &Value) -> Value {
    let canary = &metric["analysisConfigurations"]["canary"];
    let (outliers, effect) = (&canary["outliers"], &canary["effectSize"]);
    let measure = effect["measure"].as_str().map(|measure| match measure {
        "meanRatio" => "EFFECT_MEASURE_MEAN_RATIO",
        "cles" => "EFFECT_MEASURE_CLES",
        other => panic!("{other}"),
    });
    set(json!({
        "name": metric["name"],
        "groups": metric["groups"],
        "direction": word("DIRECTION", &canary["direction"]),
        "nanStrategy": word("NAN_STRATEGY", &canary["nanStrategy"]),
        "outlierStrategy": word("OUTLIER_STRATEGY", &outliers["strategy"]),
        "outlierFactor": outliers["outlierFactor"],
        "critical": canary["critical"],
        "muted": canary["muted"],
        "mustHaveData": canary["mustHaveData"],
        "effectSize": set(json!({
            "measure": measure,
            "allowedIncrease": effect["allowedIncrease"],
            "allowedDecrease": effect["allowedDecrease"],
            "criticalIncrease": effect["criticalIncrease"],
            "criticalDecrease": effect["criticalDecrease"],
        })),
    }))
}

/// A word of Kayenta's as one of the contract's.
fn word(of: &str, kayenta: &Value) -> Option<String> {
    kayenta.as_str().map(|word| format!("{of}_{}", word.to_uppercase()))
}

/// An object without the fields that are not set.
fn set(mut fields: Value) -> Value {
    fields.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    fields
}

fn as_text(path: &str) -> String {
    path.replacen("canaryConfig", "kayentaConfigJson", 1)
}

fn as_messages(path: &str) -> String {
    path.replacen(".classifier", "", 1)
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
        let judgement = judges::built_in().chosen_by(&request).unwrap().judge(&request).unwrap();

        let answer = server.post("/judge", document).await;
        let expected = serde_json::to_vec(&kayenta::result(&judgement)).unwrap();
        assert_eq!(answer.body, expected, "{id} over POST /judge");

        let text = json!(case["canaryConfig"].to_string());
        for (field, config, renamed) in [
            ("kayentaConfigJson", text, as_text as Renamed),
            ("canaryConfig", typed(&case["canaryConfig"]), as_messages),
        ] {
            let id = format!("{id} {field}");
            let own = ours(case, &id, field, &config);
            let answer = server.post("/v1/judge", own.to_string()).await;
            assert_eq!(answer.status, StatusCode::OK, "{id}: {}", answer.text());
            let answer: proto::JudgeResponse = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(answer.id, id);
            let what = format!("{id} over POST /v1/judge");
            assert_same(answer.judgement.unwrap(), &judgement, renamed, &what);

            let message: proto::JudgeRequest = serde_json::from_value(own).unwrap();
            let answer = client.judge(message.clone()).await.unwrap().into_inner();
            assert_eq!(answer.id, id);
            let what = format!("{id} over Judge");
            assert_same(answer.judgement.unwrap(), &judgement, renamed, &what);

            messages.push(proto::JudgeStreamRequest { request: Some(message) });
            library.insert(id, (judgement.clone(), renamed));
        }
    }
    let mut answers = client.judge_stream(tokio_stream::iter(messages)).await.unwrap().into_inner();
    while let Some(answer) = answers.message().await.unwrap() {
        let (judgement, renamed) = library.remove(&answer.id).expect("one answer to each request");
        let Some(Outcome::Judgement(answered)) = answer.outcome else { panic!("{answer:?}") };
        assert_same(answered, &judgement, renamed, &format!("{} over JudgeStream", answer.id));
    }
    assert!(library.is_empty(), "unanswered: {:?}", library.keys());
}
