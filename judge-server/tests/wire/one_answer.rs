//! The server's answers are the same to the bit in every build; `tests/foreign` asks the static one.

use serde_json::{Value, json};

use crate::harness::Server;
use crate::pinned::{By, check};

/// Kayenta's request as our own.
fn ours(kayenta: &Value) -> Value {
    let pairs = kayenta["metricSetPairList"].as_array().unwrap().iter().map(|pair| {
        json!({
            "name": pair["name"],
            "baseline": {"values": pair["values"]["control"]},
            "canary": {"values": pair["values"]["experiment"]},
        })
    });
    json!({
        "id": "one answer",
        "kayentaConfigJson": kayenta["canaryConfig"].to_string(),
        "thresholds": kayenta["scoreThresholds"],
        "pairs": pairs.collect::<Vec<_>>(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_gives_the_pinned_bits() {
    let server = Server::start(&[]).await;
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        check(By::Server, |pinned, request| {
            let answer = runtime.block_on(server.post("/v1/judge", ours(request).to_string()));
            assert_eq!(answer.status.as_u16(), 200, "{}: {}", pinned.case, answer.text());
            answer.json()
        });
    });
}
