//! What `ValidateConfig` says of a config is what `Judge` does with it.

use judge_contract::proto;
use serde_json::{Value, json};
use tonic::Code;

use crate::harness::{Server, fields};

/// One config, typed and as a Kayenta document, whether it is usable by `EvidenceJudge-v1` and by
/// `NetflixACAJudge-v1.0`, and the fields of what is found in the first, for both.
struct Case {
    typed: Value,
    kayenta: Value,
    usable: (bool, bool),
    found: (&'static [&'static str], &'static [&'static str]),
}

fn cases() -> Vec<Case> {
    let metrics = |count: usize| -> Vec<Value> {
        let metric = |number| json!({"name": format!("m{number}"), "groups": ["all"]});
        (0..count).map(metric).collect()
    };
    let long = "x".repeat(1025);
    vec![
        Case {
            typed: json!({"metrics": metrics(3), "groupWeights": {"all": 100}}),
            kayenta: json!({"metrics": metrics(3), "classifier": {"groupWeights": {"all": 100}}}),
            usable: (true, true),
            found: (&[], &[]),
        },
        Case {
            typed: json!({"metrics": metrics(2), "groupWeights": {"all": 50, "other": 20}}),
            kayenta: json!({"metrics": metrics(2),
                            "classifier": {"groupWeights": {"all": 50, "other": 20}}}),
            usable: (false, true),
            found: (
                &["canaryConfig.groupWeights.other"],
                &["kayentaConfigJson.classifier.groupWeights.other"],
            ),
        },
        Case {
            typed: json!({"metrics": metrics(1), "thresholds": {"pass": 0, "marginal": 0}}),
            kayenta: json!({"metrics": metrics(1),
                            "classifier": {"scoreThresholds": {"pass": 0, "marginal": 0}}}),
            usable: (false, true),
            found: (
                &["canaryConfig.thresholds.pass"],
                &["kayentaConfigJson.classifier.scoreThresholds.pass"],
            ),
        },
        Case {
            typed: json!({"metrics": metrics(4)}),
            kayenta: json!({"metrics": metrics(4), "classifier": {}}),
            usable: (false, false),
            found: (&["canaryConfig.metrics"], &["kayentaConfigJson.metrics"]),
        },
        Case {
            typed: json!({"metrics": [{"name": long, "groups": ["all"]}]}),
            kayenta: json!({"metrics": [{"name": long, "groups": ["all"]}], "classifier": {}}),
            usable: (false, false),
            found: (&["canaryConfig.metrics[0].name"], &["kayentaConfigJson.metrics[0].name"]),
        },
        Case {
            typed: json!({"metrics": [{"name": "errors", "groups": ["all"],
                "evidence": {"kind": "METRIC_KIND_PROPORTION", "of": "requests"}}]}),
            kayenta: json!({"metrics": [{"name": "errors", "groups": ["all"],
                "analysisConfigurations": {"canary": {"kind": "proportion", "of": "requests"}}}],
                "classifier": {}}),
            usable: (false, true),
            found: (
                &["canaryConfig.metrics[0].evidence.of"],
                &["kayentaConfigJson.metrics[0].analysisConfigurations.canary.of"],
            ),
        },
    ]
}

/// The same config with a judge of its own.
fn naming(judge: &str, typed: &Value, kayenta: &Value) -> [(&'static str, Value); 2] {
    let (mut typed, mut kayenta) = (typed.clone(), kayenta.clone());
    typed["judge"] = json!(judge);
    kayenta["judge"] = json!({"name": judge});
    as_fields(typed, &kayenta)
}

fn as_fields(typed: Value, kayenta: &Value) -> [(&'static str, Value); 2] {
    [("canaryConfig", typed), ("kayentaConfigJson", json!(kayenta.to_string()))]
}

/// What both sides say of a config, once they agree with each other and with `Judge`.
async fn validated(server: &Server, field: &str, config: &Value) -> proto::ValidateConfigResponse {
    let document = json!({field: config});
    let answer = server.post("/v1/config:validate", document.to_string()).await;
    let over_http: proto::ValidateConfigResponse = serde_json::from_slice(&answer.body).unwrap();
    let mut client = server.client().await;
    let message: proto::ValidateConfigRequest = serde_json::from_value(document).unwrap();
    let over_grpc = client.validate_config(message).await.unwrap().into_inner();
    assert_eq!(over_http, over_grpc);

    let parsed: Value = match config.as_str() {
        Some(text) => serde_json::from_str(text).unwrap(),
        None => config.clone(),
    };
    let pair = |metric: &Value| json!({"name": metric["name"], "baseline": {}, "canary": {}});
    // A request need not have series of every metric.
    let pairs: Vec<Value> =
        parsed["metrics"].as_array().unwrap().iter().take(3).map(pair).collect();
    let request = json!({
        field: config, "thresholds": {"pass": 90, "marginal": 50}, "pairs": pairs,
    });
    let message: proto::JudgeRequest = serde_json::from_value(request).unwrap();
    match client.judge(message).await {
        Ok(_) => assert!(over_grpc.usable, "{parsed}"),
        Err(status) => {
            assert_eq!(status.code(), Code::InvalidArgument);
            assert!(!over_grpc.usable, "{parsed}");
            let found: Vec<&str> =
                over_grpc.problems.iter().map(|problem| problem.path.as_str()).collect();
            // An unknown judge is refused alone.
            assert!(fields(&status).iter().all(|field| found.contains(&field.as_str())));
        }
    }
    over_grpc
}

#[tokio::test]
async fn usable_is_what_can_be_judged() {
    let server = Server::start(&["--max-metrics=3"]).await;
    for case in cases() {
        let expected = [case.found.0, case.found.1];
        // The first is the default.
        let by_evidence = as_fields(case.typed.clone(), &case.kayenta).into_iter().chain(naming(
            "EvidenceJudge-v1",
            &case.typed,
            &case.kayenta,
        ));
        for ((field, config), expected) in by_evidence.zip(expected.into_iter().cycle()) {
            let answer = validated(&server, field, &config).await;
            assert_eq!(answer.usable, case.usable.0, "{config}");
            let found: Vec<&str> =
                answer.problems.iter().map(|problem| problem.path.as_str()).collect();
            assert_eq!(found, expected, "{config}");
        }
        for (field, config) in naming("NetflixACAJudge-v1.0", &case.typed, &case.kayenta) {
            let answer = validated(&server, field, &config).await;
            assert_eq!(answer.usable, case.usable.1, "{config}");
        }
        for (field, config) in naming("Nobody-v1", &case.typed, &case.kayenta) {
            let answer = validated(&server, field, &config).await;
            assert!(!answer.usable, "{config}");
        }
    }
}

#[tokio::test]
async fn an_unknown_judge_and_a_key_that_no_judge_reads() {
    let server = Server::start(&[]).await;
    let metrics = json!([{"name": "a", "groups": ["all"]}]);
    let (typed, kayenta) =
        (json!({"metrics": metrics}), json!({"metrics": metrics, "classifier": {}}));
    let paths = ["canaryConfig.judge", "kayentaConfigJson.judge.name"];
    for ((field, config), path) in naming("Nobody-v1", &typed, &kayenta).into_iter().zip(paths) {
        let problems = validated(&server, field, &config).await.problems;
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].path, path);
        assert_eq!(problems[0].severity(), proto::Severity::Error);
    }
    let canary = json!({"canary": {"nobodyReadsThis": 1}});
    let config = json!({"classifier": {}, "metrics": [
        {"name": "a", "groups": ["all"], "analysisConfigurations": canary}]});
    let config = json!(config.to_string());
    let answer = validated(&server, "kayentaConfigJson", &config).await;
    assert!(answer.usable);
    assert_eq!(answer.problems.len(), 1);
    assert_eq!(answer.problems[0].severity(), proto::Severity::Notice);
}

#[tokio::test]
async fn an_unreadable_config_has_what_is_suspect_too() {
    let server = Server::start(&[]).await;
    let config = json!({"classifier": {}, "judge": {"name": "NetflixACAJudge-v1.0"},
        "metrics": [{"name": 5, "groups": [],
        "analysisConfigurations": {"canary": {"direction": "sideways"}}}]});
    let config = proto::validate_config_request::Config::KayentaConfigJson(config.to_string());
    let request = proto::ValidateConfigRequest { config: Some(config) };
    let answer = server.client().await.validate_config(request).await.unwrap().into_inner();
    assert!(!answer.usable);
    let severities: Vec<proto::Severity> =
        answer.problems.iter().map(proto::Problem::severity).collect();
    assert_eq!(severities, [proto::Severity::Error, proto::Severity::Suspect]);
}

#[tokio::test]
async fn a_config_whose_groups_no_answer_has_room_for_is_not_usable() {
    let server = Server::start(&["--max-message-size=64KiB"]).await;
    let group = "g".repeat(1000);
    for (groups, usable) in [(20, true), (40, false)] {
        let metric =
            |name: &str, groups: usize| json!({"name": name, "groups": vec![&group; groups]});
        let metrics = json!([metric("a", groups), metric("b", 1)]);
        let typed = json!({"metrics": metrics, "judge": "NetflixACAJudge-v1.0"});
        let kayenta = json!({"metrics": metrics, "classifier": {},
            "judge": {"name": "NetflixACAJudge-v1.0"}});
        for (field, config) in as_fields(typed, &kayenta) {
            let answer = validated(&server, field, &config).await;
            assert_eq!(answer.usable, usable, "{groups}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_metric_that_no_pair_can_name_is_not_usable() {
    let server = Server::start(&[]).await;
    let metrics = json!([{"name": "a", "groups": ["all"]}, {"name": "", "groups": []}]);
    let typed = json!({"metrics": metrics});
    let kayenta = json!({"metrics": metrics, "classifier": {}});
    for (field, config) in as_fields(typed, &kayenta) {
        let request = json!({field: config, "thresholds": {"pass": 90, "marginal": 50},
            "judge": "NetflixACAJudge-v1.0", "pairs": [{"name": "a", "baseline": {}, "canary": {}}]});
        let request: proto::JudgeRequest = serde_json::from_value(request).unwrap();
        let refused = server.client().await.judge(request).await.unwrap_err();
        assert_eq!(fields(&refused), [format!("{field}.metrics[1].name")]);
        let answer = server.post("/v1/config:validate", json!({field: config}).to_string()).await;
        let answer: proto::ValidateConfigResponse = serde_json::from_slice(&answer.body).unwrap();
        assert!(!answer.usable, "{answer:?}");
        assert_eq!(answer.problems[0].path, format!("{field}.metrics[1].name"));
    }
}
