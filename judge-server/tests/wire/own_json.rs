//! Our own JSON over HTTP: what no reader takes is named in the words of the contract, and `null` is
//! unset.

use judge_contract::proto;
use serde_json::json;

use crate::harness::{Server, request};

#[tokio::test]
async fn documents_that_no_reader_accepts_have_full_errors() {
    let server = Server::start(&[]).await;
    let config = json!({"metrics": [{"name": "a", "direction": "increase", "critcal": true}]});
    let directions =
        "DIRECTION_UNSPECIFIED, DIRECTION_INCREASE, DIRECTION_DECREASE, DIRECTION_EITHER";
    for path in ["/v1/judge", "/v1/config:validate"] {
        let answer = server.post(path, json!({"canaryConfig": config}).to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.reason()), (400, "INVALID_REQUEST".into()));
        let found = answer.json()["violations"].clone();
        let mut found: Vec<(String, String)> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|found| {
                (found["field"].as_str().unwrap().into(), found["description"].to_string())
            })
            .collect();
        found.sort();
        let [(misspelt, fields), (direction, words)] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(misspelt, "canaryConfig.metrics[0].critcal");
        assert!(fields.contains("one of critical, name, groups,"), "{fields}");
        assert_eq!(direction, "canaryConfig.metrics[0].direction");
        assert_eq!(words, &json!(format!("expected {directions}, got \"increase\"")).to_string());
    }
}

#[tokio::test]
async fn null_is_unset() {
    let server = Server::start(&[]).await;
    let sent = request("null", 1, 5);
    let mut document = serde_json::to_value(&sent).unwrap();
    let plain = server.post("/v1/judge", document.to_string()).await;
    document["judge"] = json!(null);
    document["canaryConfig"]["metrics"][0]["direction"] = json!(null);
    document["pairs"][0]["tags"] = json!(null);
    let nulls = server.post("/v1/judge", document.to_string()).await;
    assert_eq!(nulls.status.as_u16(), 200, "{}", nulls.text());
    assert_eq!(nulls.body, plain.body);

    let config = json!({"canaryConfig": document["canaryConfig"], "kayentaConfigJson": null});
    let answer = server.post("/v1/config:validate", config.to_string()).await;
    let answer: proto::ValidateConfigResponse = serde_json::from_slice(&answer.body).unwrap();
    assert!(answer.usable, "{answer:?}");
}
