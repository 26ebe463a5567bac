//! Argo Rollouts' `kayenta` provider: a config by name, a run, polls for the score.

use serde_json::{Value, json};

use super::{Kayenta, scoped};

/// What the provider makes of a poll: the value it keeps, or an error.
pub(crate) fn measured(poll: &Value, pass: i64, marginal: i64) -> String {
    let Some(complete) = poll["complete"].as_bool() else { return "Error".into() };
    if !complete {
        return "Running".into();
    }
    let score = &poll["result"]["judgeResult"]["score"]["score"];
    let Some(score) = score.as_f64() else { return "Error".into() };
    #[allow(clippy::cast_possible_truncation, reason = "as Go's int() of a score")]
    let value = score.trunc() as i64;
    let phase = match value {
        value if value >= pass => "Successful",
        value if value >= marginal => "Inconclusive",
        _ => "Failed",
    };
    format!("{phase} {value}")
}

async fn started(kayenta: &Kayenta, base: &str, canary: &str) -> String {
    // The storage account stands where the configuration account should.
    let listed = kayenta
        .get(&format!("{base}/canaryConfig?application=shop&configurationAccountName=gcs"))
        .await;
    let found = listed.as_array().unwrap().iter().find(|entry| entry["name"] == "shop").unwrap();
    assert!(found["updatedTimestamp"].is_i64());
    assert!(found["updatedTimestampIso"].as_str().unwrap().ends_with('Z'));
    assert_eq!(found["applications"], json!(["shop"]));
    let id = found["id"].as_str().unwrap();
    let side = |scope: &str| {
        json!({
            "scope": scope, "location": "us-west-2", "step": 60,
            "start": "2026-01-01T11:00:00+01:00", "end": "2026-01-01T12:00:00+01:00",
        })
    };
    let body = json!({
        "scopes": {"default": {"controlScope": side("stable"), "experimentScope": side(canary)}},
        "thresholds": {"pass": 90, "marginal": 75},
    });
    let path = format!(
        "{base}/canary/{id}?application=shop&metricsAccountName=prometheus&configurationAccountName=s3&storageAccountName=gcs"
    );
    let run = kayenta.post(&path, &body).await;
    let run = run["canaryExecutionId"].as_str().unwrap().to_owned();
    assert_eq!(run.len(), 26);
    run
}

#[tokio::test]
async fn argo_rollouts_reads_the_score_of_a_run() {
    let kayenta = Kayenta::start("").await;
    for name in ["other", "shop", "third"] {
        let mut config = scoped(2);
        config["name"] = json!(name);
        kayenta.store(&config).await;
    }
    for (canary, phase) in [("canary", "Successful 100"), ("bad", "Failed 0")] {
        let run = started(&kayenta, "", canary).await;
        let poll = kayenta.completed(&format!("/canary/{run}")).await;
        assert_eq!(measured(&poll, 90, 75), phase);
    }
}

#[tokio::test]
async fn a_run_of_argo_rollouts_ends_whatever_happens() {
    let kayenta = Kayenta::start("").await;
    let mut unknown = scoped(1);
    unknown["name"] = json!("shop");
    kayenta.store(&unknown).await;
    kayenta.source.set_away(true);
    let run = started(&kayenta, "", "canary").await;
    assert_eq!(measured(&kayenta.get(&format!("/canary/{run}")).await, 90, 75), "Running");
    assert_eq!(kayenta.call("DELETE", &format!("/canary/{run}"), "").await.status.as_u16(), 200);
    let poll = kayenta.get(&format!("/canary/{run}")).await;
    assert_eq!((&poll["status"], measured(&poll, 90, 75).as_str()), (&json!("canceled"), "Error"));
    let (status, message) =
        kayenta.refused("GET", "/canary/01DS50WVHAWSTAQACJKB1VKDQB", &Value::Null).await;
    assert_eq!(status, 404, "{message}");
}

#[tokio::test]
async fn a_run_whose_window_ends_in_the_future_is_judged_at_once() {
    let kayenta = Kayenta::start("").await;
    let id = kayenta.store(&scoped(1)).await;
    let mut body = super::run("canary", &json!(90), &json!(75));
    for side in ["controlScope", "experimentScope"] {
        let side = &mut body["scopes"]["default"][side];
        (side["start"], side["end"]) =
            (json!("2100-01-01T10:00:00Z"), json!("2100-01-01T11:00:00Z"));
    }
    let run = kayenta.post(&format!("/canary/{id}"), &body).await;
    let poll =
        kayenta.completed(&format!("/canary/{}", run["canaryExecutionId"].as_str().unwrap())).await;
    assert_eq!(measured(&poll, 90, 75), "Successful 100");
}

#[tokio::test]
async fn a_token_may_be_in_the_base_path() {
    let kayenta = Kayenta::start("path-token-of-16-bytes argo judge,read,write\n").await;
    let (status, _) = kayenta.refused("GET", "/canaryConfig", &Value::Null).await;
    assert_eq!(status, 401);
    let (status, message) =
        kayenta.refused("GET", "/t/wrong-token-of-16-bytes/canaryConfig", &Value::Null).await;
    assert!(status == 401 && !message.contains("wrong-token"), "{message}");
    let base = "/t/path-token-of-16-bytes";
    for port in [kayenta.server.http, kayenta.server.kayenta.unwrap()] {
        for path in ["/", "/canaryConfig", "/nothing"] {
            let request = http::Request::get(format!("http://{port}{base}{path}"));
            let answer = crate::harness::send(request.body("".into()).unwrap()).await;
            assert_eq!(answer.headers["referrer-policy"], "no-referrer", "{path}");
        }
    }
    kayenta.post(&format!("{base}/canaryConfig"), &scoped(1)).await;
    let run = started(&kayenta, base, "canary").await;
    let poll = kayenta.completed(&format!("{base}/canary/{run}")).await;
    assert_eq!(measured(&poll, 90, 75), "Successful 100");
    let (status, message) = kayenta.refused("GET", &format!("{base}/nothing"), &Value::Null).await;
    assert_eq!((status, message.as_str()), (404, "nothing at /nothing of Kayenta's API"));
}
