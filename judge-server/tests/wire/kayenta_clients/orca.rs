//! Spinnaker's Orca: it makes the intervals itself, and drives `/canary`.

use serde_json::{Value, json};

use super::{Kayenta, run, scoped};

async fn started(kayenta: &Kayenta, id: &str, canary: &str) -> String {
    let path = format!(
        "/canary/{id}?application=shop&parentPipelineExecutionId=01J8PARENT&metricsAccountName=prometheus\
         &configurationAccountName=judge-store&storageAccountName=judge-store"
    );
    let mut body = run(canary, &json!(95), &json!(75));
    body["siteLocal"] = json!({"team": "shop", "size": 3});
    let started = kayenta.post(&path, &body).await;
    started["canaryExecutionId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn orca_reads_a_judgement_to_its_last_field() {
    let kayenta = Kayenta::start("").await;
    let id = kayenta.store(&scoped(2)).await;
    let listed = kayenta.get("/canaryConfig").await;
    let names = |entry: &Value| entry["name"] == "shop" && entry["applications"] == json!(["shop"]);
    assert_eq!(listed.as_array().unwrap().iter().filter(|entry| names(entry)).count(), 1);
    for (canary, score, word, reads) in
        [("canary", 100.0, "Pass", "Pass"), ("bad", 0.0, "Fail", "High")]
    {
        let run = started(&kayenta, &id, canary).await;
        let done =
            kayenta.completed(&format!("/canary/{run}?storageAccountName=judge-store")).await;
        for (field, expected) in [
            ("application", json!("shop")),
            ("parentPipelineExecutionId", json!("01J8PARENT")),
            ("pipelineId", json!(run)),
            ("complete", json!(true)),
            // A failing verdict is a judgement that was made.
            ("status", json!("succeeded")),
            ("canaryConfigId", json!(id)),
            ("storageAccountName", json!("judge-store")),
            ("metricsAccountName", json!("prometheus")),
            ("configurationAccountName", json!("judge-store")),
        ] {
            assert_eq!(done[field], expected, "{field}");
        }
        let stages = json!({
            "setupContext": "succeeded", "fetchControl0": "succeeded", "fetchControl1": "succeeded",
            "fetchExperiment0": "succeeded", "fetchExperiment1": "succeeded", "mixMetrics": "succeeded",
            "judge": "succeeded",
        });
        assert_eq!(done["stageStatus"], stages);
        for time in ["buildTime", "startTime", "endTime"] {
            assert!(done[format!("{time}Millis")].is_i64(), "{time}");
            assert!(done[format!("{time}Iso")].as_str().unwrap().ends_with('Z'), "{time}");
        }
        assert_eq!(done["result"]["canaryDuration"], "PT1H");
        let judged = &done["result"]["judgeResult"];
        assert_eq!(judged["judgeName"], "NetflixACAJudge-v1.0");
        assert_eq!(judged["score"]["score"], json!(score));
        assert_eq!(judged["score"]["classification"], word);
        assert!(judged["score"]["classificationReason"].is_string());
        for metric in judged["results"].as_array().unwrap() {
            assert_eq!(metric["controlMetadata"]["stats"]["count"], 60);
            assert_eq!(metric["classification"], reads);
        }
        assert_eq!(judged["groupScores"][0]["name"], "G");
        assert!(done.get("exception").is_none());
        assert_eq!(done["canaryExecutionRequest"]["siteLocal"], json!({"team": "shop", "size": 3}));
    }
    let accounts = kayenta.get("/credentials").await;
    assert_eq!(
        (&accounts[0]["name"], &accounts[0]["type"]),
        (&json!("prometheus"), &json!("prometheus"))
    );
    assert_eq!(accounts[0]["supportedTypes"], json!(["METRICS_STORE"]));
}

#[tokio::test]
async fn orca_cancels_and_reads_why_a_run_failed() {
    let kayenta = Kayenta::start("").await;
    let id = kayenta.store(&scoped(1)).await;
    kayenta.source.set_away(true);
    let run = started(&kayenta, &id, "canary").await;
    let running = kayenta.get(&format!("/canary/{run}")).await;
    assert_eq!((&running["complete"], &running["status"]), (&json!(false), &json!("running")));
    assert!(running.get("result").is_none() && running.get("endTimeIso").is_none());
    let cancelled = kayenta.call("PUT", &format!("/pipelines/{run}/cancel"), "\"\"").await;
    assert_eq!(cancelled.status.as_u16(), 202);
    let cancelled = kayenta.get(&format!("/canary/{run}")).await;
    assert_eq!((&cancelled["complete"], &cancelled["status"]), (&json!(true), &json!("canceled")));
    assert!(cancelled.get("result").is_none());
    let again = kayenta.call("PUT", &format!("/pipelines/{run}/cancel"), "\"\"").await;
    assert_eq!(again.status.as_u16(), 202);
    let (status, _) = kayenta.refused("PUT", "/pipelines/none/cancel", &Value::Null).await;
    assert_eq!(status, 404);
    // One whose source stays away.
    let run = started(&kayenta, &id, "canary").await;
    let failed = kayenta.completed(&format!("/canary/{run}")).await;
    assert_eq!(failed["status"], "terminal");
    let exception = &failed["exception"];
    assert!(exception["exceptionType"].is_string() && exception["operation"].is_string());
    let errors = exception["details"]["errors"].as_array().unwrap();
    assert!(errors[0].as_str().unwrap().contains("503"), "{errors:?}");
    assert_eq!(failed["stageStatus"]["fetchControl0"], "terminal");
}
