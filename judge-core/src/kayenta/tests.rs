use super::*;

/// Requests with one thing wrong each, and the path of the problem.
fn wrong_requests() -> Vec<(String, &'static str)> {
    let config = r#""canaryConfig": {"metrics": [], "classifier": {}}"#;
    let request = |pairs: &str| {
        let thresholds = r#""scoreThresholds": {"pass": 90, "marginal": 50}"#;
        format!(r#"{{{config}, {thresholds}, "metricSetPairList": {pairs}}}"#)
    };
    let pair = |inner: &str| request(&format!("[{inner}]"));
    let values = r#""values": {"control": [1], "experiment": [1]}"#;
    let control = |inner: &str| {
        pair(&format!(r#"{{"name": "a", "values": {{"control": {inner}, "experiment": [1]}}}}"#))
    };
    vec![
        ("null".to_owned(), ""),
        ("[{}, {}, []]".to_owned(), ""),
        (pair("null"), "metricSetPairList[0]"),
        (pair(r#"["a", "b"]"#), "metricSetPairList[0]"),
        (pair(&format!(r#"{{"name": 5, {values}}}"#)), "metricSetPairList[0].name"),
        (pair(&format!(r#"{{"name": "a", "tags": [], {values}}}"#)), "metricSetPairList[0].tags"),
        (
            pair(&format!(r#"{{"name": "a", "tags": {{"b": [1]}}, {values}}}"#)),
            "metricSetPairList[0].tags.b",
        ),
        (pair(r#"{"name": "a", "values": [[1], [2]]}"#), "metricSetPairList[0].values"),
        (control("{}"), "metricSetPairList[0].values.control"),
        (control(r#"[1, "nan"]"#), "metricSetPairList[0].values.control[1]"),
        (control(r"[NaN, true]"), "metricSetPairList[0].values.control[1]"),
        (pair(&format!(r#"{{"name": "a", "name": "b", {values}}}"#)), "metricSetPairList[0]"),
        (
            pair(&format!(r#"{{"name": "a", {values}, "history": 5}}"#)),
            "metricSetPairList[0].history",
        ),
        (
            pair(&format!(r#"{{"name": "a", {values}, "history": [[1], null]}}"#)),
            "metricSetPairList[0].history[1]",
        ),
        (
            pair(&format!(r#"{{"name": "a", {values}, "history": [[1, []]]}}"#)),
            "metricSetPairList[0].history[0][1]",
        ),
        (request("{}"), "metricSetPairList"),
        (format!(r#"{{{config}, "metricSetPairList": []}}"#), "scoreThresholds"),
    ]
}

#[test]
fn one_problem_of_a_request_is_an_error_with_its_path() {
    for (json, path) in wrong_requests() {
        let refused = read_request(json.as_bytes()).expect_err(&json);
        let [problem] = refused.problems() else { panic!("{json}: {refused}") };
        assert_eq!((problem.path.as_str(), problem.severity), (path, Severity::Error), "{json}");
    }
}

#[test]
fn wording_of_problems_with_requests() {
    let said = wrong_requests().into_iter().map(|(json, _)| {
        let refused = read_request(json.as_bytes()).expect_err(&json);
        format!("{refused}\n")
    });
    insta::assert_snapshot!(said.collect::<String>());
}

#[test]
fn wording_of_problems_with_configs() {
    let metric = |canary: &str| {
        format!(
            r#"{{"name": "latency", "groups": ["Latency"], "analysisConfigurations": {{"canary": {canary}}}}}"#
        )
    };
    let config = |judge: &str, metrics: &str, weights: &str| {
        format!(
            r#"{{"judge": {judge}, "metrics": [{metrics}], "classifier": {{"groupWeights": {weights},
                "scoreThresholds": {{"pass": 0, "marginal": 175}}}}}}"#
        )
    };
    let evidence = r#"{"name": "EvidenceJudge-v1", "judgeConfigurations": {"confidence": 98,
        "minimumNoise": -1, "tests": ["sign"], "inconclusive": "maybe", "joint": {"size": 2}, "warmUpPoints": 1.5}}"#;
    let canary = r#"{"direction": "up", "nanStrategy": null, "outliers": {"strategy": "remove", "outlierFactor": 0},
        "critical": "yes", "effectSize": {"allowedIncrease": 0.1}, "kind": "proportion", "colour": 1}"#;
    let muted = r#"{"name": "errors", "groups": ["Errors"], "analysisConfigurations": {"canary": {"muted": true}}}"#;
    let down = metric(r#"{"direction": "decrease"}"#);
    let documents = [
        "[".to_owned(),
        r#"{"metrics": [], "classifier": {}}"#.to_owned(),
        config(r#"{"name": "Judge-v9"}"#, &metric("{}"), "{}"),
        config(evidence, &metric(canary), r#"{"Errors": null, "Latency": "much"}"#),
        config("null", &format!("{down}, {down}, {muted}"), r#"{"Latency": 50, "Errors": 40}"#),
        config("null", &metric("{}"), r#"{"Latency": 50, "Errors": 150}"#),
    ];
    let said = documents.iter().map(|document| {
        let lines = check_config(document.as_bytes()).into_iter().map(|problem| {
            let Problem { severity, .. } = problem;
            format!("{severity:?}: {problem}\n")
        });
        lines.collect::<String>() + "\n"
    });
    insta::assert_snapshot!(said.collect::<String>());
}

#[test]
fn a_missing_threshold_of_a_config_has_its_default() {
    let cases = [
        (r"null", None),
        (r"{}", Some((95.0, 75.0))),
        (r#"{"pass": 90}"#, Some((90.0, 75.0))),
        (r#"{"marginal": 60}"#, Some((95.0, 60.0))),
        (r#"{"pass": 60}"#, Some((60.0, 60.0))),
        (r#"{"marginal": 97}"#, Some((97.0, 97.0))),
    ];
    let config = |thresholds: &str| {
        format!(
            r#"{{"metrics": [{{"name": "m", "groups": ["G"]}}],
                "classifier": {{"groupWeights": {{"G": 100}}, "scoreThresholds": {thresholds}}}}}"#
        )
    };
    for (thresholds, expected) in cases {
        let json = config(thresholds);
        let read = read_config(json.as_bytes()).unwrap().thresholds;
        assert_eq!(read.map(|read| (read.pass(), read.marginal())), expected, "{thresholds}");
        assert_eq!(check_config(json.as_bytes()), Vec::new(), "{thresholds}");
    }
    for key in ["pass", "marginal"] {
        let refused = read_config(config(&format!(r#"{{"{key}": null}}"#)).as_bytes()).unwrap_err();
        let said =
            format!("classifier.scoreThresholds.{key}: expected a score from 0 to 100, got null");
        assert_eq!(refused.to_string(), said);
    }
}

#[test]
fn all_errors_of_a_request_are_reported_at_once() {
    let json = br#"{
        "canaryConfig": {"metrics": {}, "classifier": {"groupWeights": {"a": "much"}}},
        "scoreThresholds": {"pass": "high", "marginal": 50},
        "metricSetPairList": [
            {"name": 5, "id": {}, "tags": {"a": [], "b": null},
             "values": {"control": [1, "NaN", true, "two"], "experiment": null}},
            {"name": "x", "values": {"control": [null], "experiment": [Infinity, [], -1e3]},
             "scopes": []},
            7,
            {"name": null}
        ]
    }"#;
    let refused = read_request(json).unwrap_err();
    let found = refused.problems().iter().map(|problem| {
        let Problem { path, value, .. } = problem;
        format!("{}: {value}", path.replace("metricSetPairList", "pairs"))
    });
    let expected = [
        "canaryConfig.metrics: an object",
        "canaryConfig.classifier.groupWeights.a: \"much\"",
        "scoreThresholds.pass: \"high\"",
        "pairs[0].name: 5",
        "pairs[0].id: an object",
        "pairs[0].tags.a: a list",
        "pairs[0].values.control[2]: true",
        "pairs[0].values.control[3]: \"two\"",
        "pairs[0].values.experiment: null",
        "pairs[1].values.experiment[1]: a list",
        "pairs[1].scopes: a list",
        "pairs[2]: 7",
        "pairs[3].name: null",
        "pairs[3].values: missing",
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

const VALUES: &str = r#""values": {"control": [1], "experiment": [2]}"#;

#[test]
fn numbers_and_flags_are_read_as_texts_where_kayenta_does() {
    let tags = r#"{"a": 3, "b": -1, "c": 2.50, "d": true, "e": null, "f": "x"}"#;
    let json = format!(r#"[{{"name": "m", "id": 0, "tags": {tags}, {VALUES}}}]"#);
    let pairs = read_pairs(json.as_bytes()).unwrap();
    assert_eq!(pairs[0].id.as_deref(), Some("0"));
    let read: Vec<Option<&str>> =
        pairs[0].tags.iter().flatten().map(|(_, value)| value.as_deref()).collect();
    assert_eq!(read, [Some("3"), Some("-1"), Some("2.5"), Some("true"), None, Some("x")]);
}

#[test]
fn a_request_that_is_judged_at_given_thresholds_may_lack_its_own() {
    let given = Thresholds::new(80.0, 40.0).unwrap();
    let request = |thresholds: &str| {
        format!(
            r#"{{"canaryConfig": {{"metrics": [], "classifier": {{}}}}, {thresholds}
                "metricSetPairList": [{{"name": "m", {VALUES}}}]}}"#
        )
    };
    for own in ["", r#""scoreThresholds": null,"#, r#""scoreThresholds": {"pass": 5},"#] {
        let read = read_request_judged_at(request(own).as_bytes(), given).unwrap();
        assert_eq!((read.thresholds, read.pairs.len()), (given, 1), "{own}");
    }
    let wrong = request(r#""scoreThresholds": {"pass": "x"},"#);
    assert!(read_request_judged_at(wrong.as_bytes(), given).is_err());
    assert!(read_request(request("").as_bytes()).is_err());
}

#[test]
fn a_document_that_is_too_deep_or_has_too_large_a_number_is_refused_with_the_place() {
    let deep =
        format!(r#"{{"canaryConfig": {{}}, "x": {}{}}}"#, "[".repeat(1000), "]".repeat(1000));
    let said = read_request(deep.as_bytes()).unwrap_err().to_string();
    assert!(
        said.contains("text that is not JSON: recursion limit exceeded at line 1 column"),
        "{said}"
    );
    let large = r#"[{"name": "m", "values": {"control": [1, 1e400], "experiment": []}}]"#;
    let said = read_pairs(large.as_bytes()).unwrap_err().to_string();
    let expected = "[0].values.control[1]: expected a number of at most 1.8e308, got a larger one at line 1 column ";
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn problems_of_a_list_of_pairs_have_their_place_in_it() {
    for (json, expected) in [
        ("{}", "expected a list, got an object"),
        (r#"[{"name": "m"}]"#, "[0].values: missing, expected an object with the lists"),
        ("[", "expected a complete JSON document, got text that is not JSON"),
    ] {
        let said = read_pairs(json.as_bytes()).unwrap_err().to_string();
        assert!(said.starts_with(expected), "{said}");
    }
}

#[test]
fn the_config_in_another_document_is_checked() {
    let bad = r#"{"metrics": {}, "classifier": {}}"#;
    for beside in [r#""executionRequest": {}"#, r#""metricSetPairList": [], "scoreThresholds": {}"#]
    {
        let json = format!(r#"{{"canaryConfig": {bad}, {beside}}}"#);
        let problems = check_config_within(json.as_bytes());
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].path, "canaryConfig.metrics");
    }
    assert_eq!(check_config_within(bad.as_bytes()), check_config(bad.as_bytes()));
    assert_eq!(check_config_within(b"[]"), check_config(b"[]"));
}

#[test]
fn a_history_is_read_and_written() {
    let config = r#"{"metrics": [], "classifier": {}}"#;
    let read = |history: &str| {
        let pair = format!(
            r#"{{"name": "a", {history} "values": {{"control": [1], "experiment": [2]}}}}"#
        );
        let json = format!(
            r#"{{"canaryConfig": {config}, "scoreThresholds": {{"pass": 90, "marginal": 50}},
                "metricSetPairList": [{pair}]}}"#
        );
        read_request(json.as_bytes()).unwrap()
    };
    let document = read_document(config.as_bytes()).unwrap();
    let written = |of: &JudgeRequest| serde_json::to_value(request(&document, of)).unwrap();
    let with = read(r#""history": [[1, null, "NaN"], []],"#);
    let lengths: Vec<usize> = with.pairs[0].history.iter().map(|s| s.values.len()).collect();
    assert_eq!(lengths, [3, 0]);
    let pair = &written(&with)["metricSetPairList"][0];
    assert_eq!(pair["history"], serde_json::json!([[1.0, "NaN", "NaN"], []]));
    for none in ["", r#""history": [],"#, r#""history": null,"#] {
        let without = read(none);
        assert_eq!(without.pairs[0].history, []);
        assert!(written(&without)["metricSetPairList"][0].get("history").is_none());
    }
}
