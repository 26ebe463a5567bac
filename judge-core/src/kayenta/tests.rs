use super::*;

#[test]
fn what_is_wrong_with_a_request_is_said_in_its_own_words() {
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
    let point = r#"a number, null, or one of "NaN", "Infinity", "-Infinity""#;
    let at = "metricSetPairList[0]";
    let cases = [
        ("null".to_owned(), "null, but allowed is an object".to_owned()),
        ("[{}, {}, []]".to_owned(), "a list, but allowed is an object".to_owned()),
        (pair("null"), format!("{at}: null, but allowed is an object")),
        (pair(r#"["a", "b"]"#), format!("{at}: a list, but allowed is an object")),
        (
            pair(&format!(r#"{{"name": 5, {values}}}"#)),
            format!("{at}.name: 5, but allowed is a string"),
        ),
        (
            pair(&format!(r#"{{"name": "a", "tags": [], {values}}}"#)),
            format!("{at}.tags: a list, but allowed is an object"),
        ),
        (
            pair(&format!(r#"{{"name": "a", "tags": {{"b": [1]}}, {values}}}"#)),
            format!("{at}.tags.b: a list, but allowed is a string"),
        ),
        (
            pair(r#"{"name": "a", "values": [[1], [2]]}"#),
            format!("{at}.values: a list, but allowed is an object"),
        ),
        (control("{}"), format!("{at}.values.control: an object, but allowed is a list of points")),
        (
            control(r#"[1, "nan"]"#),
            format!(r#"{at}.values.control[1]: "nan", but allowed is {point}"#),
        ),
        (control(r"[NaN, true]"), format!("{at}.values.control[1]: true, but allowed is {point}")),
        (
            pair(&format!(r#"{{"name": "a", "name": "b", {values}}}"#)),
            format!("{at}: `name` twice, but allowed is each field once"),
        ),
        (
            pair(&format!(r#"{{"name": "a", {values}, "history": 5}}"#)),
            format!("{at}.history: 5, but allowed is a list"),
        ),
        (
            pair(&format!(r#"{{"name": "a", {values}, "history": [[1], null]}}"#)),
            format!("{at}.history[1]: null, but allowed is a list of points"),
        ),
        (
            pair(&format!(r#"{{"name": "a", {values}, "history": [[1, []]]}}"#)),
            format!("{at}.history[0][1]: a list, but allowed is {point}"),
        ),
        (request("{}"), "metricSetPairList: an object, but allowed is a list".to_owned()),
        (
            format!(r#"{{{config}, "metricSetPairList": []}}"#),
            "scoreThresholds: missing, but allowed is an object with pass and marginal, as \
             Kayenta sends it (those of the config are not read here)"
                .to_owned(),
        ),
    ];
    for (json, expected) in cases {
        let refused = read_request(json.as_bytes()).expect_err(&json);
        let said: Vec<String> = refused.problems().iter().map(ToString::to_string).collect();
        assert_eq!(said, [expected], "{json}");
    }
}

#[test]
fn everything_wrong_with_a_request_is_said_at_once() {
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
    let given = Thresholds { pass: 80.0, marginal: 40.0 };
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
fn problems_of_a_list_of_pairs_have_their_place_in_it() {
    for (json, expected) in [
        ("{}", "an object, but allowed is a list"),
        (r#"[{"name": "m"}]"#, "[0].values: missing, but allowed is an object with the lists"),
        ("[", "not JSON"),
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
