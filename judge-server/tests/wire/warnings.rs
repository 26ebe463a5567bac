//! Kayenta's result has no place for warnings, so a header says how many there are.

use judge_contract::proto;
use serde_json::{Value, json};

use crate::harness::Server;

fn document(thresholds: &Value, pairs: &Value) -> String {
    json!({
        "canaryConfig": {"metrics": [{"name": "a", "groups": ["g"]}],
            "classifier": {"groupWeights": {"g": 100}}, "judge": {"name": "NetflixACAJudge-v1.0"}},
        "scoreThresholds": thresholds,
        "metricSetPairList": pairs,
    })
    .to_string()
}

#[tokio::test]
async fn a_header_says_how_many_warnings_kayentas_result_has_no_place_for() {
    let server = Server::start(&[]).await;
    let thresholds = json!({"pass": 95, "marginal": 75});
    let pairs = json!([{"name": "a", "values": {
        "control": [1, 2, 3, 4, 5, 6, 7, 8], "experiment": [11, 12, 13, 14, 15, 16, 17, 18]}}]);
    let cases = [
        (document(&thresholds, &pairs), "Fail", 0),
        // Every score passes, as it does in Kayenta.
        (document(&json!({}), &pairs), "Pass", 1),
        (document(&json!({"marginal": 75}), &pairs), "Pass", 2),
        (document(&thresholds, &json!([])), "Fail", 1),
    ];
    for (document, verdict, warnings) in cases {
        let answer = server.post("/judge", document.clone()).await;
        assert_eq!(answer.json()["score"]["classification"], verdict, "{document}");
        let said: usize = answer.headers["judge-warnings"].to_str().unwrap().parse().unwrap();
        assert_eq!(said, warnings, "{document}");
    }
    let refused = server.post("/judge", "{}").await;
    assert_eq!(refused.headers.get("judge-warnings"), None);
    // Here the answer has them.
    let own = json!({"canaryConfig": {"metrics": [{"name": "a", "groups": ["g"]}]},
        "judge": "NetflixACAJudge-v1.0", "thresholds": thresholds});
    let answer = server.post("/v1/judge", own.to_string()).await;
    assert_eq!(answer.headers.get("judge-warnings"), None);
    let answer: proto::JudgeResponse = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer.judgement.unwrap().warnings.len(), 1);
}
