//! Every end that a canary may have, as each client of Kayenta reads it: passed, marginal, failed, cancelled, its source
//! down, its query refused, its config wrong.

use serde_json::{Value, json};

use super::argo::measured;
use super::bodies::{body, differences};
use super::{Kayenta, kayentactl, scoped, side};

/// A config of four metrics; of one that no source takes for the end of a refused query.
fn config(end: &str) -> Value {
    let mut config = scoped(if matches!(end, "source-down" | "query-refused") { 1 } else { 4 });
    if end == "query-refused" {
        refuse(&mut config);
    }
    config
}

fn refuse(config: &mut Value) {
    for metric in config["metrics"].as_array_mut().unwrap() {
        metric["query"]["customInlineTemplate"] = json!("PromQL:no_query{app=\"${scope}\"}");
    }
}

fn scope(end: &str) -> &'static str {
    match end {
        "marginal" => "weak",
        "fail" => "bad",
        _ => "canary",
    }
}

/// Starts a run as Orca does, and gives its id.
async fn start(kayenta: &Kayenta, end: &str) -> String {
    let id = kayenta.store(&config(end)).await;
    let path = format!(
        "/canary/{id}?application=shop&parentPipelineExecutionId=01J8PARENT&metricsAccountName=prometheus\
         &configurationAccountName=store&storageAccountName=store"
    );
    let sides = |name: &str| {
        let mut side = side(name);
        side["location"] = json!("eu");
        side
    };
    let body = json!({
        "scopes": {"default": {"controlScope": sides("stable"), "experimentScope": sides(scope(end))}},
        "thresholds": {"pass": 95, "marginal": 75}, "siteLocal": {"team": "shop", "size": 3},
    });
    let run = kayenta.post(&path, &body).await["canaryExecutionId"].as_str().unwrap().to_owned();
    // The next one has the same name.
    kayenta.call("DELETE", &format!("/canaryConfig/{id}"), "").await;
    run
}

/// Starts an analysis as kayentactl does, over two hours that are over; the one to be cancelled in real time.
async fn start_analysis(kayenta: &Kayenta, end: &str, marginal: &str) -> String {
    let mut body = kayentactl::body(scope(end));
    let mut config = scoped(4);
    if end == "query-refused" {
        refuse(&mut config);
    }
    body["canaryConfig"]["metrics"] = config["metrics"].clone();
    body["executionRequest"]["thresholds"]["marginal"] = json!(marginal);
    if end == "cancelled" {
        let scope = body["executionRequest"]["scopes"][0].as_object_mut().unwrap();
        scope.retain(|name, _| !name.ends_with("Iso"));
    }
    kayentactl::started(kayenta, &body).await
}

/// Deck's report: each metric with its class, and its points, found by their id.
async fn deck(kayenta: &Kayenta, run: &Value) -> String {
    assert!(run["config"].is_object() && run["canaryConfigId"].is_string());
    let start = &run["canaryExecutionRequest"]["scopes"]["default"]["controlScope"]["start"];
    if run["status"] != "succeeded" {
        let exception = &run["exception"];
        return format!("{} {}", run["status"].as_str().unwrap(), exception["exceptionType"]);
    }
    let list = run["metricSetPairListId"].as_str().unwrap();
    let pairs = kayenta.get(&format!("/metricSetPairList/{list}?accountName=store")).await;
    let judged = &run["result"]["judgeResult"];
    let mut seen = format!("{}:", judged["score"]["score"]);
    for metric in judged["results"].as_array().unwrap() {
        let pair = pairs.as_array().unwrap().iter().find(|pair| pair["id"] == metric["id"]);
        let pair = pair.expect("the points of a result have its id");
        assert_eq!(pair["scopes"]["control"]["startTimeIso"], *start);
        for side in ["control", "experiment"] {
            assert_eq!(pair["values"][side].as_array().unwrap().len(), 60);
            assert!(pair["attributes"][side]["query"].as_str().unwrap().starts_with('m'));
        }
        seen = format!("{seen} {}", metric["classification"].as_str().unwrap());
    }
    seen
}

/// Orca's stage, from the statuses and fields that it needs.
fn orca(run: &Value, marginal: i64, pass: i64) -> String {
    assert!(run["application"].is_string() && run["complete"] == json!(true));
    match run["status"].as_str().unwrap().to_uppercase().as_str() {
        "SUCCEEDED" => {}
        "CANCELED" => return "TERMINAL: Canary execution was canceled.".to_owned(),
        "TERMINAL" => {
            let why = &run["exception"]["details"]["errors"][0];
            return format!("TERMINAL: {}", why.as_str().unwrap());
        }
        other => panic!("Orca reads {other} as something else than an end"),
    }
    let judged = &run["result"]["judgeResult"];
    for metric in judged["results"].as_array().unwrap() {
        assert!(metric["controlMetadata"]["stats"]["count"].is_i64());
    }
    for name in ["classification", "classificationReason"] {
        assert!(judged["score"][name].is_string(), "{name}");
    }
    assert!(run["result"]["canaryDuration"].as_str().unwrap().starts_with("PT"));
    #[allow(clippy::cast_possible_truncation, reason = "as Orca reads an Int")]
    let score = judged["score"]["score"].as_f64().unwrap() as i64;
    if score <= marginal {
        "TERMINAL: Canary score is not above the marginal score threshold.".to_owned()
    } else if score < pass {
        format!("TERMINAL: Final canary score {score} is below the pass score threshold.")
    } else {
        format!("SUCCEEDED: {score}")
    }
}

/// The run of an end, once it has ended.
async fn run(kayenta: &Kayenta, end: &str) -> Value {
    kayenta.source.set_away(matches!(end, "cancelled" | "source-down"));
    let id = start(kayenta, end).await;
    if end == "cancelled" {
        let path = format!("/pipelines/{id}/cancel");
        assert_eq!(kayenta.call("PUT", &path, "\"\"").await.status.as_u16(), 202);
    }
    let done = kayenta.completed(&format!("/canary/{id}")).await;
    kayenta.source.set_away(false);
    done
}

#[tokio::test]
async fn every_end_of_a_run_is_as_kayenta_writes_it_and_its_clients_read_it() {
    let kayenta = Kayenta::start("").await;
    let not_above = "TERMINAL: Canary score is not above the marginal score threshold.";
    for (end, argo, stage, report) in [
        ("pass", "Successful 100", "SUCCEEDED: 100", "100.0: Pass Pass Pass Pass"),
        // At equality, Orca stops what Kayenta calls marginal, and Argo Rollouts pauses.
        ("marginal", "Inconclusive 75", not_above, "75.0: High Pass Pass Pass"),
        ("fail", "Failed 0", not_above, "0.0: High High High High"),
        ("cancelled", "Error", "TERMINAL: Canary execution was canceled.", "canceled null"),
        ("source-down", "Error", "503", "terminal \"RetrofitError\""),
        ("query-refused", "Error", "unexpected end of input", "terminal \"RetrofitError\""),
    ] {
        let done = run(&kayenta, end).await;
        let expected = body(&format!("run-{end}"));
        assert_eq!(differences(&expected, &done), Vec::<String>::new(), "{end}: {done:#}");
        assert_eq!(measured(&done, 95, 75), argo, "{end}");
        let orca = orca(&done, 75, 95);
        assert!(orca.starts_with("TERMINAL: ") || !stage.contains("TERMINAL"), "{end}: {orca}");
        assert!(orca.contains(stage), "{end}: {orca}");
        assert_eq!(deck(&kayenta, &done).await, report, "{end}");
        let listed = kayenta.get("/canary/executions?application=shop&limit=1").await;
        assert_eq!(listed[0], done, "{end}");
    }
    // Above the marginal threshold and below the other, Orca says so.
    let mut done = run(&kayenta, "marginal").await;
    assert_eq!(
        orca(&done, 74, 95),
        "TERMINAL: Final canary score 75 is below the pass score threshold."
    );
    done["result"]["judgeResult"]["score"]["score"] = json!(94.9);
    assert_eq!(
        (measured(&done, 95, 75).as_str(), orca(&done, 75, 94).as_str()),
        ("Inconclusive 94", "SUCCEEDED: 94")
    );
}

#[tokio::test]
async fn every_end_of_an_analysis_is_as_kayenta_writes_it_and_kayentactl_reads_it() {
    let kayenta = Kayenta::start("").await;
    for (end, exit, message) in [
        ("pass", 0, "Final canary score 100.0 met or exceeded the pass score threshold."),
        // It has not passed, and yet kayentactl ends with 0: it reads the status alone.
        ("marginal", 0, "Final canary score 75.0 is below the pass score threshold."),
        ("fail", 1, "Final canary score 0.0 is not above the marginal score threshold."),
        ("cancelled", 1, "There were no successful canary judgements to aggregate"),
        ("source-down", 1, "Final canary score 0.0 is not above the marginal score threshold."),
        ("query-refused", 1, "Final canary score 0.0 is not above the marginal score threshold."),
    ] {
        kayenta.source.set_away(matches!(end, "cancelled" | "source-down"));
        let id = start_analysis(&kayenta, end, "50").await;
        let path = format!("/standalone_canary_analysis/{id}");
        if end == "cancelled" {
            let cancel = format!("/pipelines/{id}/cancel");
            assert_eq!(kayenta.call("PUT", &cancel, "").await.status.as_u16(), 202);
        }
        let done = kayenta.completed(&path).await;
        let expected = body(&format!("analysis-{end}"));
        assert_eq!(differences(&expected, &done), Vec::<String>::new(), "{end}: {done:#}");
        let result = &done["canaryAnalysisExecutionResult"];
        assert_eq!(u8::from(done["status"] != "succeeded"), exit, "{end}");
        assert_eq!(result["canaryScoreMessage"], message, "{end}");
    }
    // A score at the marginal threshold ends an analysis, which Kayenta's own verdict calls marginal.
    kayenta.source.set_away(false);
    let id = start_analysis(&kayenta, "marginal", "75").await;
    let done = kayenta.completed(&format!("/standalone_canary_analysis/{id}")).await;
    assert_eq!(
        (&done["status"], done["stageStatus"].as_array().unwrap().len()),
        (&json!("terminal"), 3)
    );
    let judged = &done["canaryAnalysisExecutionResult"]["canaryExecutionResults"][0]["result"]["judgeResult"];
    assert_eq!(judged["score"]["classification"], "Marginal");
}

#[tokio::test]
async fn a_config_that_is_wrong_is_refused_before_anything_runs() {
    let kayenta = Kayenta::start("").await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut config = scoped(2);
        change(&mut config);
        config
    };
    for (config, said) in [
        (
            with(&|config| config["metrics"] = json!([])),
            "The canary config must specify at least one metric.",
        ),
        (
            with(&|config| config["metrics"][1]["scopeName"] = json!("other")),
            "Canary metrics require scopes which were not provided in the execution request: [other]",
        ),
        (
            with(&|config| config["metrics"][1]["scopeName"] = Value::Null),
            "Canary scope for metric named 'm1' is null.",
        ),
        (with(&|config| config["judge"]["name"] = json!("NoJudge")), "NoJudge"),
        (
            with(&|config| {
                config["metrics"][0]["query"]["customInlineTemplate"] =
                    json!("PromQL:m{a=\"${unknown}\"}");
            }),
            "unknown",
        ),
        (with(&|config| config["metrics"][0]["query"]["type"] = json!("nostore")), "nostore"),
    ] {
        // Stored as a draft: Argo Rollouts and Orca name it, and read the status, which is an error to both.
        let id = kayenta.store(&config).await;
        let run = super::run("canary", &json!(95), &json!(75));
        let (status, message) =
            kayenta.refused("POST", &format!("/canary/{id}?application=shop"), &run).await;
        assert_eq!(status, 400, "{message}");
        assert!(message.contains(said), "{message}");
        // With the request: Deck and kayentactl show the message.
        let body = json!({"canaryConfig": config, "executionRequest": run});
        assert_eq!(kayenta.refused("POST", "/canary", &body).await, (400, message.clone()));
        let mut analysis = kayentactl::body("canary");
        analysis["canaryConfig"] = config;
        let path = "/standalone_canary_analysis";
        assert_eq!(kayenta.refused("POST", path, &analysis).await, (400, message));
        assert_eq!(
            kayenta.call("DELETE", &format!("/canaryConfig/{id}"), "").await.status.as_u16(),
            204
        );
    }
    assert_eq!(kayenta.get("/canary/executions?application=shop").await, json!([]));
    assert_eq!(kayenta.source.asked(), 0);
}

#[tokio::test]
async fn looks_at_an_analysis_are_listed_as_runs_are() {
    let kayenta = Kayenta::start("").await;
    let analysis = start_analysis(&kayenta, "pass", "50").await;
    kayenta.completed(&format!("/standalone_canary_analysis/{analysis}")).await;
    let ids = async |query: &str| {
        let listed = kayenta.get(&format!("/canary/executions{query}")).await;
        let ids = listed.as_array().unwrap().iter().map(|run| run["pipelineId"].as_str().unwrap());
        ids.map(|id| id.replace(&analysis[..23], "A")).collect::<Vec<_>>().join(" ")
    };
    for (query, found) in [
        ("", "A002 A001"),
        ("?limit=1", "A002"),
        ("?limit=1&page=2", "A001"),
        ("?limit=1&page=3", ""),
        ("?statuses=SUCCEEDED", "A002 A001"),
        ("?statuses=TERMINAL,CANCELED,RUNNING", ""),
        ("?application=other", ""),
    ] {
        assert_eq!(ids(query).await, found, "{query}");
    }
    let look = |number: &str| format!("{}{number}", &analysis[..23]);
    for (id, status) in [(look("001"), 202), (look("003"), 404), (look("00X"), 404)] {
        let path = format!("/pipelines/{id}/cancel");
        assert_eq!(kayenta.call("PUT", &path, "").await.status.as_u16(), status, "{path}");
    }
    let path = format!("/standalone_canary_analysis/{analysis}");
    assert_eq!(kayenta.get(&path).await["status"], "succeeded");
    // A run has no looks, whose id is its own.
    let run = start(&kayenta, "pass").await;
    kayenta.completed(&format!("/canary/{run}")).await;
    for path in [format!("/canary/{}001", &run[..23]), format!("/canary/{analysis}.1")] {
        assert_eq!(kayenta.refused("GET", &path, &Value::Null).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_look_that_is_cancelled_ends_its_analysis_as_terminal() {
    let kayenta = Kayenta::start("").await;
    // Its source does not answer.
    kayenta.source.set_held(true);
    let analysis = start_analysis(&kayenta, "pass", "50").await;
    let id = format!("{}001", &analysis[..23]);
    let look = format!("/canary/{id}");
    let running = kayenta.get(&look).await;
    assert_eq!((&running["status"], &running["complete"]), (&json!("running"), &json!(false)));
    let start = &running["canaryExecutionRequest"]["scopes"]["default"]["experimentScope"]["start"];
    assert_eq!(start, "2026-01-01T10:00:00Z");
    let second = format!("/canary/{}002", &analysis[..23]);
    assert_eq!(kayenta.refused("GET", &second, &Value::Null).await.0, 404);
    let listed =
        async |status: &str| kayenta.get(&format!("/canary/executions?statuses={status}")).await;
    assert_eq!(listed("RUNNING").await[0]["pipelineId"], id);
    assert_eq!(kayenta.call("DELETE", &look, "").await.status.as_u16(), 200);
    let cancelled = kayenta.get(&look).await;
    assert_eq!((&cancelled["status"], &cancelled["complete"]), (&json!("canceled"), &json!(true)));
    assert!(cancelled.get("result").is_none() && cancelled.get("exception").is_none());
    assert_eq!(listed("CANCELED").await, json!([cancelled]));
    assert_eq!(listed("TERMINAL").await, json!([]));
    let whole = kayenta.get(&format!("/standalone_canary_analysis/{analysis}")).await;
    assert_eq!(
        differences(&body("analysis-look-cancelled"), &whole),
        Vec::<String>::new(),
        "{whole:#}"
    );
    // Whoever is asked again, and the look that comes back late, change nothing.
    let again = kayenta.call("PUT", &format!("/pipelines/{id}/cancel"), "").await;
    assert_eq!(again.status.as_u16(), 202);
    kayenta.source.set_held(false);
    assert_eq!(kayenta.get(&look).await, cancelled);
    let audit = kayenta.server.get(&format!("/v1/audit?subject={analysis}")).await.json();
    let entries = audit["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(
        (&entries[0]["action"], &entries[0]["detail"]["look"]),
        (&json!("canary.cancel"), &json!("1"))
    );
    let canary = kayenta.server.get(&format!("/v1/canaries/{analysis}")).await.json();
    assert_eq!(canary["canary"]["state"], "CANARY_STATE_FAILED");
    let reason = canary["canary"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("look 1 of 2 failed: cancelled by "), "{reason}");
}

#[tokio::test]
async fn an_analysis_that_is_cancelled_during_a_look_counts_it() {
    let kayenta = Kayenta::start("").await;
    kayenta.source.set_held(true);
    let analysis = start_analysis(&kayenta, "pass", "50").await;
    let cancel = format!("/pipelines/{analysis}/cancel");
    assert_eq!(kayenta.call("PUT", &cancel, "").await.status.as_u16(), 202);
    let id = format!("{}001", &analysis[..23]);
    let look = kayenta.get(&format!("/canary/{id}")).await;
    assert_eq!((&look["status"], &look["complete"]), (&json!("canceled"), &json!(true)));
    let whole = kayenta.get(&format!("/standalone_canary_analysis/{analysis}")).await;
    assert_eq!((&whole["status"], &whole["complete"]), (&json!("canceled"), &json!(true)));
    assert_eq!(
        whole["stageStatus"][1],
        json!({"type": "runCanary", "name": "Run Canary #1", "status": "CANCELED", "executionId": id})
    );
    let result = &whole["canaryAnalysisExecutionResult"];
    assert_eq!(
        (&result["canaryScores"], &result["didPassThresholds"]),
        (&json!([0.0]), &json!(false))
    );
    let one = &result["canaryExecutionResults"][0];
    assert_eq!((&one["executionId"], &one["executionStatus"]), (&json!(id), &json!("CANCELED")));
    assert_eq!(one["judgementStartTimeIso"], "2026-01-01T09:00:00Z");
}
