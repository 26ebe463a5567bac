//! Reading what only `EvidenceJudge-v1` reads.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::config::evidence::{
    AcrossMetrics, EvidenceConfig, InconclusivePolicy, JointOutcome, MetricKind, Tests,
};
use crate::kayenta::{check_config, read_config};
use crate::stats::ConfidenceLevel;
use crate::test_kind::TestKind;

fn config(judge: &str, canary: &str) -> Vec<u8> {
    format!(
        r#"{{"judge": {judge}, "classifier": {{}}, "metrics": [{{"name": "errors", "groups": ["All"],
            "analysisConfigurations": {{"canary": {canary}}}}}]}}"#
    )
    .into_bytes()
}

#[test]
fn every_key_is_read() {
    let judge = r#"{"name": "EvidenceJudge-v1", "judgeConfigurations": {"confidence": 0.99,
        "minimumChange": 0.05, "minimumNoise": 0.5, "minimumAbsolute": 2,
        "tests": ["location", "tail"], "inconclusive": "marginal", "acrossMetrics": "holm",
        "joint": {"size": 0.8, "outcome": "warn"}, "warmUpPoints": 3, "traffic": "calls"}}"#;
    let canary = r#"{"confidence": 0.9, "minimumChange": 0, "minimumNoise": 1, "minimumAbsolute": 4,
        "tests": ["events"], "kind": "proportion", "of": "requests", "warmUpPoints": 0,
        "traffic": "requests"}"#;
    let read = read_config(&config(judge, canary)).unwrap();
    assert!(read.noticed.is_empty(), "{:?}", read.noticed);
    let evidence = &read.evidence;
    assert_eq!(evidence.confidence, ConfidenceLevel::new(0.99).unwrap());
    assert_eq!(evidence.minimum_change.relative.get(), 0.05);
    assert_eq!(evidence.minimum_change.noise.get(), 0.5);
    assert_eq!(evidence.minimum_change.absolute.get(), 2.0);
    assert_eq!(evidence.tests, Tests::only([TestKind::Location, TestKind::Tail]));
    assert_eq!(evidence.inconclusive, InconclusivePolicy::Marginal);
    assert_eq!(evidence.across_metrics, AcrossMetrics::Holm);
    assert_eq!((evidence.joint.enabled, evidence.joint.size.get()), (true, 0.8));
    assert_eq!(evidence.joint.outcome, JointOutcome::Warn);
    assert_eq!(evidence.warm_up, 3);
    assert_eq!(evidence.traffic.as_deref(), Some("calls"));
    let metric = &read.metrics[0].evidence;
    assert_eq!(metric.confidence, Some(ConfidenceLevel::new(0.9).unwrap()));
    let minimum = metric.minimum_change(evidence);
    assert_eq!(
        (minimum.relative.get(), minimum.noise.get(), minimum.absolute.get()),
        (0.0, 1.0, 4.0)
    );
    assert_eq!(metric.tests, Some(Tests::only([TestKind::Events])));
    assert_eq!(metric.kind, MetricKind::Proportion { of: "requests".to_owned() });
    assert_eq!(metric.warm_up, Some(0));
    assert_eq!(metric.traffic.as_deref(), Some("requests"));
}

#[test]
fn without_additions_the_defaults_hold() {
    let read = read_config(&config("{}", "{}")).unwrap();
    assert_eq!(read.evidence, EvidenceConfig::default());
}

#[test]
fn a_judge_that_reads_none_of_it_is_not_bothered() {
    let judge =
        r#"{"name": "NetflixACAJudge-v1.0", "judgeConfigurations": {"confidence": "high"}}"#;
    assert!(read_config(&config(judge, "{}")).is_ok());
}

#[test]
fn wrong_values_are_errors_with_their_path() {
    let canary = "metrics[0].analysisConfigurations.canary";
    for (key, value, path) in [
        ("confidence", "98", "confidence"),
        ("minimumChange", "-0.1", "minimumChange"),
        ("tests", r#"["sign"]"#, "tests[0]"),
        ("kind", r#""ratio""#, "kind"),
        ("kind", r#""proportion""#, "of"),
        ("warmUpPoints", "1.5", "warmUpPoints"),
    ] {
        let problems = check_config(&config("{}", &format!(r#"{{"{key}": {value}}}"#)));
        assert!(
            problems.iter().any(|problem| problem.path == format!("{canary}.{path}")),
            "{key}: {problems:?}"
        );
    }
}
