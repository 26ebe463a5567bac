//! kayentactl: an analysis over a lifetime, polled until it is complete.

use serde_json::{Value, json};

use super::{Kayenta, scoped};

/// What it sends, with its nulls, texts and zeros.
pub(crate) fn body(canary: &str) -> Value {
    let mut config = scoped(1);
    let fields = config.as_object_mut().unwrap();
    fields.remove("applications");
    fields.extend([
        ("canaryConfig".to_owned(), Value::Null),
        ("id".to_owned(), json!("")),
        ("createdTimestamp".to_owned(), json!(0)),
    ]);
    fields["classifier"] = json!({"groupWeights": null});
    json!({
        "canaryConfig": config,
        "executionRequest": {
            "scopes": [{
                "scopeName": "default", "controlScope": "stable", "controlLocation": "", "controlOffsetInMinutes": 60,
                "experimentScope": canary, "experimentLocation": "", "step": 0,
                "startTimeIso": "2026-01-01T10:00:00Z", "endTimeIso": "2026-01-01T12:00:00Z",
                "extendedScopeParams": null,
            }],
            "lifetimeDurationMins": 5, "beginAfterMins": 0, "analysisIntervalMins": 60,
            "thresholds": {"marginal": "50", "pass": "90"},
        },
    })
}

const PATH: &str = "/standalone_canary_analysis";

pub(crate) async fn started(kayenta: &Kayenta, body: &Value) -> String {
    let started = kayenta.post(&format!("{PATH}?metricsAccountName=prometheus"), body).await;
    started["canaryAnalysisExecutionId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn kayentactl_reads_an_analysis_that_passes_and_one_that_is_stopped() {
    let kayenta = Kayenta::start("").await;
    for (canary, status, scores, message) in [
        (
            "canary",
            "SUCCEEDED",
            vec![100.0, 100.0],
            "Final canary score 100.0 met or exceeded the pass score threshold.",
        ),
        (
            "bad",
            "TERMINAL",
            vec![0.0],
            "Final canary score 0.0 is not above the marginal score threshold.",
        ),
    ] {
        let id = started(&kayenta, &body(canary)).await;
        assert_eq!(id.len(), 26);
        let done = kayenta.completed(&format!("{PATH}/{id}")).await;
        assert_eq!(done["executionStatus"], status);
        assert_eq!(done["status"], status.to_lowercase());
        assert_eq!((&done["application"], &done["user"]), (&json!("ad-hoc"), &json!("anonymous")));
        assert!(done.get("canaryConfigId").is_none() && done.get("exception").is_none());
        let mut stages = vec![json!(["setupAndExecuteCanariesStage", status])];
        for (at, score) in scores.iter().enumerate() {
            let ended = if *score > 50.0 { "SUCCEEDED" } else { "TERMINAL" };
            stages.push(json!(["runCanary", ended]));
            assert_eq!(done["stageStatus"][at + 1]["name"], format!("Run Canary #{}", at + 1));
        }
        stages.push(json!(["generateCanaryAnalysisResultStage", "SUCCEEDED"]));
        let listed = done["stageStatus"].as_array().unwrap().iter();
        assert_eq!(
            listed.map(|stage| json!([stage["type"], stage["status"]])).collect::<Vec<_>>(),
            stages
        );
        let result = &done["canaryAnalysisExecutionResult"];
        assert_eq!(result["canaryScores"], json!(scores));
        assert_eq!(result["canaryScoreMessage"], message);
        assert_eq!(result["didPassThresholds"], json!(canary == "canary"));
        assert_eq!(result["hasWarnings"], json!(false));
        let first = &result["canaryExecutionResults"][0];
        assert_eq!(first["executionStatus"], "SUCCEEDED");
        assert_eq!(first["result"]["canaryDuration"], "PT1H");
        // The baseline's times: an hour earlier.
        assert_eq!(first["judgementStartTimeIso"], "2026-01-01T09:00:00Z");
        assert_eq!(first["judgementEndTimeIso"], "2026-01-01T10:00:00Z");
        assert_eq!(first["result"]["judgeResult"]["results"][0]["groups"], json!(["G"]));
        let look =
            kayenta.get(&format!("/canary/{}", first["executionId"].as_str().unwrap())).await;
        assert_eq!((&look["complete"], &look["status"]), (&json!(true), &json!("succeeded")));
        let pairs = first["metricSetPairListId"].as_str().unwrap();
        assert_eq!(
            kayenta.get(&format!("/metricSetPairList/{pairs}")).await.as_array().unwrap().len(),
            1
        );
    }
}

#[tokio::test]
async fn an_analysis_waits_is_cancelled_fails_or_is_refused() {
    let kayenta = Kayenta::start("").await;
    let mut live = body("canary");
    let scope = live["executionRequest"]["scopes"][0].as_object_mut().unwrap();
    scope.retain(|name, _| !name.ends_with("Iso"));
    let id = started(&kayenta, &live).await;
    let path = format!("{PATH}/{id}");
    let running = kayenta.get(&path).await;
    assert_eq!(
        (&running["complete"], &running["executionStatus"]),
        (&json!(false), &json!("RUNNING"))
    );
    let names = |document: &Value| {
        let stages = document["stageStatus"].as_array().unwrap().iter();
        stages
            .skip(1)
            .map(|stage| format!("{} {}", stage["name"], stage["status"]))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let waiting = "\"Interval Wait #1\" \"RUNNING\", \"Run Canary #1\" \"NOT_STARTED\"";
    assert_eq!(names(&running), waiting);
    assert_eq!(
        kayenta.call("PUT", &format!("/pipelines/{id}/cancel"), "\"\"").await.status.as_u16(),
        202
    );
    let cancelled = kayenta.get(&path).await;
    assert_eq!((&cancelled["complete"], &cancelled["status"]), (&json!(true), &json!("canceled")));
    assert!(names(&cancelled).starts_with("\"Interval Wait #1\" \"CANCELED\""));
    kayenta.source.set_away(true);
    let id = started(&kayenta, &body("canary")).await;
    let failed = kayenta.completed(&format!("{PATH}/{id}")).await;
    assert_eq!(failed["status"], "terminal");
    assert!(failed["exception"]["details"]["errors"][0].as_str().unwrap().contains("503"));
    assert_eq!(failed["canaryAnalysisExecutionResult"]["canaryScores"], json!([0.0]));
    let mut empty = body("canary");
    empty["executionRequest"]["scopes"] = json!([]);
    let (status, message) = kayenta.refused("POST", PATH, &empty).await;
    assert_eq!(status, 400);
    assert_eq!(message, "Canary StageExecution configuration must contain at least one scope.");
    assert_eq!(kayenta.refused("GET", &format!("{PATH}/none"), &Value::Null).await.0, 404);
}
