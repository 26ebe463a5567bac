use judge_core::{Clock, JudgeRequest, Problem, Warning};

use crate::{Dialect, proto};

fn request(json: &str) -> Result<JudgeRequest, Vec<String>> {
    convert(serde_json::from_str(json).unwrap())
}

fn convert(request: proto::JudgeRequest) -> Result<JudgeRequest, Vec<String>> {
    JudgeRequest::try_from(request)
        .map_err(|problems| problems.kept().iter().map(|problem| problem.path.clone()).collect())
}

#[test]
fn every_problem_at_once_with_its_field() {
    let json = r#"{
        "canaryConfig": {"metrics": [
            {"outlierStrategy": "OUTLIER_STRATEGY_REMOVE", "outlierFactor": -1},
            {"name": "b", "effectSize": {"allowedIncrease": "NaN"}}
        ]},
        "thresholds": {"pass": 90},
        "pairs": [
            {"baseline": {"values": [1]}},
            {"name": "b",
             "baseline": {"values": [1, 2], "timestamps": {"millis": [5, 5]}},
             "canary": {"values": [1, 2], "clock": {"start": "2026-01-01T00:00:00Z"}}}
        ]
    }"#;
    let expected = [
        "canaryConfig.metrics[0].name",
        "canaryConfig.metrics[0].outlierFactor",
        "canaryConfig.metrics[0].direction",
        "canaryConfig.metrics[1].effectSize.allowedIncrease",
        "thresholds.marginal",
        "pairs[0].name",
        "pairs[0].canary",
        "pairs[1].baseline.timestamps.millis[1]",
        "pairs[1].canary.clock.step",
    ];
    let mut request: proto::JudgeRequest = serde_json::from_str(json).unwrap();
    if let Some(proto::judge_request::Config::CanaryConfig(config)) = &mut request.config {
        config.metrics[0].direction = 9;
    }
    assert_eq!(convert(request).unwrap_err(), expected);
}

#[test]
fn thresholds_are_the_requests_else_the_configs_else_refused() {
    let cases = [
        (r#""thresholds": {"pass": 90, "marginal": 50}"#, Ok(90.0)),
        (r#""id": "none of its own""#, Ok(80.0)),
    ];
    for (own, expected) in cases {
        let json = format!(
            r#"{{"canaryConfig": {{"thresholds": {{"pass": 80, "marginal": 50}}}}, {own}}}"#
        );
        assert_eq!(request(&json).map(|request| request.thresholds.pass()), expected, "{own}");
    }
    assert_eq!(request(r#"{"canaryConfig": {}}"#).unwrap_err(), ["thresholds"]);
    assert_eq!(request("{}").unwrap_err(), ["config"]);
}

#[test]
fn even_timestamps_are_a_clock_and_uneven_ones_an_order() {
    let cases = [("[0, 1000, 2000]", Some(1000)), ("[0, 1000, 3000]", None)];
    for (times, expected) in cases {
        let json = format!(
            r#"{{"canaryConfig": {{"metrics": [{{"name": "a"}}]}},
                "thresholds": {{"pass": 90, "marginal": 50}},
                "pairs": [{{"name": "a", "canary": {{}},
                    "baseline": {{"values": [1, "NaN", 3], "timestamps": {{"millis": {times}}}}}}}]}}"#
        );
        let pair = request(&json).unwrap().pairs.remove(0);
        assert_eq!(pair.baseline.clock.map(Clock::step_millis), expected);
        assert!(pair.baseline.values[1].is_nan());
    }
}

#[test]
fn a_history_is_read_and_its_errors_have_their_path() {
    let of = |history: &str| {
        request(&format!(
            r#"{{"canaryConfig": {{"metrics": [{{"name": "a"}}]}},
                "thresholds": {{"pass": 90, "marginal": 50}},
                "pairs": [{{"name": "a", "canary": {{}}, "baseline": {{}}, "history": {history}}}]}}"#
        ))
    };
    let pair = of(r#"[{"values": [1, "NaN"]}, {}]"#).unwrap().pairs.remove(0);
    let lengths: Vec<usize> = pair.history.iter().map(|series| series.values.len()).collect();
    assert_eq!(lengths, [2, 0]);
    let times = r#"[{}, {"values": [1], "timestamps": {"millis": []}}]"#;
    assert_eq!(of(times).unwrap_err(), ["pairs[0].history[1].timestamps.millis"]);
}

#[test]
fn fields_are_named_as_the_caller_wrote_them() {
    let cases = [
        ("metricSetPairList[3].name", "pairs[3].name", "pairs[3].name"),
        (
            "canaryConfig.classifier.groupWeights.Latency",
            "canaryConfig.groupWeights.Latency",
            "kayentaConfigJson.classifier.groupWeights.Latency",
        ),
        ("scoreThresholds.pass", "thresholds.pass", "thresholds.pass"),
        ("metricSetPairList[3].history[1]", "pairs[3].history[1]", "pairs[3].history[1]"),
    ];
    for (core, messages, text) in cases {
        let name = |dialect: Dialect| dialect.name(Problem::error(core, "", "")).path;
        assert_eq!(name(Dialect::Kayenta), core);
        assert_eq!(name(Dialect::Messages), messages);
        assert_eq!(name(Dialect::KayentaText), text);
    }
}

#[test]
fn a_sick_baseline_has_a_word_of_its_own() {
    let warning = Warning::SickBaseline { metric: "a".to_owned(), finding: "f".to_owned() };
    let message = proto::Warning::from(warning);
    assert_eq!((message.kind(), &*message.metric), (proto::WarningKind::SickBaseline, "a"));
    assert!(message.message.starts_with("a: f, and an unhealthy baseline"), "{}", message.message);
}
