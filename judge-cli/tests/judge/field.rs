//! Inputs that people have, and what they are told of them. `fixtures/field/README.md` says what each is.

use std::path::Path;

use serde_json::Value;

use crate::harness::{Answer, PARITY, TestFolder};

/// Runs the command, with paths in `fixtures/field` for words that are files there.
pub(crate) fn judge(arguments: &str) -> Answer {
    let field = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/field");
    let word = |word: &str| {
        let path = field.join(word);
        if path.is_file() { path.display().to_string() } else { word.to_owned() }
    };
    let words: Vec<String> = arguments.split_whitespace().map(word).collect();
    TestFolder::with(&[]).judge(&words.join(" "))
}

/// The classes of the metrics, in order.
fn classes(judgement: &str) -> Vec<String> {
    let judgement: Value = serde_json::from_str(judgement).unwrap();
    let metrics = judgement["metrics"].as_array().unwrap();
    metrics.iter().map(|metric| metric["classification"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_empty_canary_passes_kayentas_judge_with_a_warning() {
    let run = "run -c no-data/cfg-all-replace.json -b no-data/n.csv -n no-data/e.json";
    let answer = judge(&format!("{run} {PARITY}"));
    assert_eq!(answer.code, 0, "as in Kayenta: {answer:?}");
    for metric in ["http_5xx", "latency"] {
        let warning = format!(
            "warning: {metric}: the canary has no data at all, and passes because nanStrategy replace \
             judges each gap as 0; check its query, or set nanStrategy"
        );
        assert!(answer.stderr.contains(&warning), "{metric}: {answer:?}");
    }
    assert_eq!(answer.stdout.matches("the canary has no data, judged as 0: ").count(), 2);
    let json = judge(&format!("{run} {PARITY} -f json")).stdout;
    let warnings = &serde_json::from_str::<Value>(&json).unwrap()["warnings"];
    let expected = serde_json::json!({
        "kind": "silentSide", "metric": "http_5xx", "side": "canary", "outcome": "judgedAsZeros"});
    assert_eq!(warnings[0], expected);
}

#[test]
fn a_metric_without_a_series_is_named_with_the_nearest_name() {
    let run = |baseline: &str, canary: &str| {
        let sides = format!("-b no-data/{baseline} -n no-data/{canary}");
        judge(&format!("run -c no-data/cfg-must.json {sides} {PARITY}")).stderr
    };
    for (baseline, canary, part) in [
        (
            "n.csv",
            "n-typo.csv",
            "the canary has no series of http_5xx, a metric of the config; did you mean http_5XX?",
        ),
        (
            "n.csv",
            "n-nocol.csv",
            "the canary has no series of http_5xx, a metric of the config; it has latency",
        ),
        (
            "n-nocol.csv",
            "n.csv",
            "the baseline has no series of http_5xx, a metric of the config; it has latency",
        ),
    ] {
        let said = run(baseline, canary);
        assert!(said.contains(part), "{baseline} {canary}: {said}");
    }
    let said = run("b.csv", "n.csv");
    assert!(!said.contains("no series"), "empty cells are a series: {said}");
}

#[test]
fn however_a_side_is_absent_the_answer_is_the_same() {
    for absent in ["b.csv", "b2.csv"] {
        let run =
            format!("run -c no-data/cfg-must.json -b no-data/{absent} -n no-data/n.csv -f json");
        let answer = judge(&format!("{run} {PARITY}"));
        assert_eq!(
            (answer.code, classes(&answer.stdout)),
            (4, vec!["High".to_owned(), "Pass".to_owned()])
        );
        // How the absent side came has been said; nothing else differs.
        let json: Value = serde_json::from_str(&answer.stdout).unwrap();
        assert_eq!(json["metrics"][0]["baseline"]["counts"]["gaps"], 30, "{absent}");
    }
    let own = |absent: &str| {
        let run =
            format!("run -c no-data/cfg-must.json -b no-data/{absent} -n no-data/n.csv -f json");
        classes(&judge(&run).stdout)
    };
    assert_eq!(own("b.csv"), own("b2.csv"));
}

#[cfg(feature = "retro")]
#[test]
fn a_history_without_rows_of_a_side_is_judged_as_one_with_empty_cells() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/field/no-data/err.csv");
    let rows = std::fs::read_to_string(path).unwrap();
    let cells = |line: &str| line.replace(",canary,3", ",baseline,") + "\n";
    let empty: String = rows.lines().filter(|line| line.contains("errors,")).map(cells).collect();
    let place = TestFolder::with(&[("empty.csv", (rows + &empty).as_bytes())]);
    let empty = place.path().join("empty.csv").display().to_string();
    for history in ["no-data/err.csv", &empty] {
        let answer = judge(&format!("retro --history {history} --config no-data/cfg-err.json"));
        let line = answer.stdout.lines().nth(1).unwrap();
        assert!(line.starts_with("v1       FAIL"), "{history}: {answer:?}");
        assert!(line.ends_with("errors"), "{history}: {answer:?}");
    }
}

#[test]
fn sides_that_are_the_same_data_are_warned_of() {
    let answer = judge("run same-sides/request.json");
    assert_eq!(answer.code, 0, "{answer:?}");
    let warning = "warning: both sides are the same data, bit for bit, in every metric";
    assert!(answer.stderr.starts_with(warning), "{answer:?}");
}

#[test]
fn tags_say_which_pair_a_row_is_of() {
    let answer = judge("run tags/by-action.json");
    let rows: Vec<&str> = answer
        .stdout
        .lines()
        .filter_map(|line| line.trim_start().split_once('}'))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        rows,
        ["error_rate {action=pay", "error_rate {action=login", "error_rate {action=cart"]
    );
    let answer = judge("run tags/by-action.json --explain error_rate");
    assert!(answer.stdout.contains("\nerror_rate {action=pay}  High\n"), "{answer:?}");
}

#[test]
fn the_tags_of_a_critical_pair_stand_in_the_printed_reason_and_on_the_page() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/field/tags/by-action.json");
    let request = std::fs::read_to_string(path).unwrap();
    let critical = request.replace(r#""direction": "increase""#, r#""critical": true"#);
    let place = TestFolder::with(&[("request.json", critical.as_bytes())]);
    let answer = place.judge("run request.json --report page.html");
    let kayentas = "Canary Failed: The metric error_rate was classified as High (Critical)";
    assert_eq!(answer.stdout.lines().nth(1).unwrap(), format!("{kayentas}: {{action=pay}}"));
    let json: Value =
        serde_json::from_str(&place.judge("run request.json -f json").stdout).unwrap();
    assert_eq!(json["reason"], kayentas, "for programs it stays Kayenta's");
    let page = std::fs::read_to_string(place.path().join("page.html")).unwrap();
    for part in [
        "<h3><bdi>error_rate {action=pay}</bdi></h3>",
        "<a href=\"#metric-2\"><bdi>error_rate {action=pay}</bdi></a>",
        "(Critical): {action=pay}</bdi>",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn a_metric_in_two_half_empty_pairs_says_which_tag_split_it() {
    let answer = judge("run tags/split-by-controller.json");
    let warning = "warning: error_rate: one pair has only baseline points, another only canary points; \
                   their tags differ in `controller`";
    assert!(answer.stderr.starts_with(warning), "{answer:?}");
}

#[test]
fn a_group_of_muted_metrics_costs_nothing_and_is_noticed() {
    let answer = judge("run weights/muted-group.json");
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stdout.starts_with("PASS  score 100 "), "{answer:?}");
    assert!(answer.stdout.contains("Errors  score 100, weight 100%"), "{answer:?}");
    let noticed = "classifier.groupWeights.Traffic: 50; every metric of the group is muted";
    assert!(answer.stderr.contains(noticed), "{answer:?}");
    let answer = judge(&format!("run weights/muted-group.json {PARITY}"));
    assert!(answer.stdout.starts_with("FAIL  score 50 "), "as in Kayenta: {answer:?}");
    assert!(answer.stderr.contains(noticed), "{answer:?}");
}

#[test]
fn flags_stand_in_for_the_thresholds_that_a_stored_request_lacks() {
    let answer = judge("run stored/no-thresholds.json --pass 95 --marginal 75");
    assert_eq!((answer.code, answer.stderr.as_str()), (4, ""), "{answer:?}");
    assert!(
        answer.stdout.starts_with("FAIL  score 0 (pass from 95, marginal from 75)"),
        "{answer:?}"
    );
    for flags in ["", "--pass 95", "--marginal 75"] {
        let answer = judge(&format!("run stored/no-thresholds.json {flags}"));
        assert_eq!(answer.code, 2, "{flags}: {answer:?}");
        assert!(answer.stderr.contains("scoreThresholds: missing"), "{flags}: {answer:?}");
    }
    let answer = judge("run stored/no-thresholds.json --pass 75 --marginal 95");
    assert!(answer.stderr.contains("marginal 95 is above pass 75"), "{answer:?}");
}

#[test]
fn a_stored_list_of_pairs_is_judged_by_the_config_beside_it() {
    let run = "run -c stored/config.json --pairs stored/metricSetPairList.json";
    let answer = judge(run);
    assert_eq!((answer.code, answer.stderr.as_str()), (4, ""), "{answer:?}");
    let request = judge("run stored/no-thresholds.json --pass 95 --marginal 75");
    assert_eq!(answer.stdout, request.stdout);
    let full = judge(&format!("{run} -f full")).stdout;
    let full: Value = serde_json::from_str(&full).unwrap();
    let again = TestFolder::with(&[("request.json", full["request"].to_string().as_bytes())]);
    assert_eq!(again.judge("run request.json").stdout, answer.stdout);
    for (arguments, part) in [
        ("run --pairs stored/metricSetPairList.json", "--config <FILE>"),
        ("run -c stored/config.json", "--pairs <FILE>"),
        (&format!("{run} -b no-data/n.csv -n no-data/n.csv"), "cannot be used with"),
        ("run -c stored/config.json -b no-data/n.csv", "--canary <PATH>"),
        ("run -c stored/config.json -n no-data/n.csv", "--baseline <PATH>"),
        ("run -c stored/config.json --pairs stored/config.json", "expected a list, got an object"),
        ("run -c - --pairs -", "standard input"),
    ] {
        let answer = judge(arguments);
        assert_eq!(answer.code, 2, "{arguments}: {answer:?}");
        assert!(answer.stderr.contains(part), "{arguments}: {answer:?}");
    }
}

#[test]
fn the_config_in_a_request_is_checked() {
    let answer = judge("config check stored/no-thresholds.json");
    assert!(answer.code == 0 && answer.stdout.ends_with("no-thresholds.json: ok\n"), "{answer:?}");
    let answer = judge("config check weights/muted-group.json");
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(
        answer.stdout.contains("notice: canaryConfig.classifier.groupWeights.Traffic: 50; every")
    );
    let config = r#"{"metrics": [{"name": "latency", "groups": ["G"], "analysisConfigurations":
        {"canary": {"direction": "decrease"}}}], "classifier": {"groupWeights": {"G": 100}}}"#;
    let wrapped =
        format!(r#"{{"canaryConfig": {config}, "executionRequest": {{"scopes": {{}}}}}}"#);
    let place = TestFolder::with(&[("execution.json", wrapped.as_bytes())]);
    let answer = place.judge("config check execution.json");
    let noticed = "execution.json: notice: canaryConfig.metrics[0].analysisConfigurations.canary.direction: \
                   \"decrease\"; latency fails when it decreases; `direction` is the harmful direction";
    assert!(answer.code == 0 && answer.stdout.starts_with(noticed), "{answer:?}");
}

#[test]
fn tables_of_other_tools_are_judged_or_refused_with_the_way_out() {
    let run = |table: &str| {
        judge(&format!("run -c tables/cfg.json -b tables/{table} -n tables/{table} {PARITY}"))
    };
    for table in ["g-sep.csv", "g-word-N_A.csv", "g-word-undefined.csv"] {
        let answer = run(table);
        assert!(answer.stdout.contains("latency_p95     1"), "{table}: {answer:?}");
    }
    for (table, part) in [
        ("g9-labels.csv", "got 2: "),
        ("g7-local.csv", "add Z for UTC"),
        ("event-per-line.csv", "if each line is one event"),
        ("comma-SeriesTimeValue.csv", "packets_out; the config has"),
        ("old-semicolon.csv", "packets_out(device=eth0"),
        ("load-test-with-text-columns.csv", "Name, User Count"),
    ] {
        let answer = run(table);
        assert_eq!(answer.code, 2, "{table}: {answer:?}");
        assert!(answer.stderr.contains(part), "{table}: {answer:?}");
    }
    let config = r#"{"metrics": [{"name": "packets_out", "groups": ["G"]}], "classifier": {}}"#;
    let place = TestFolder::with(&[("packets.json", config.as_bytes())]);
    for table in ["comma-SeriesTimeValue.csv", "old-semicolon.csv"] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/field/tables").join(table);
        let table = path.display();
        let answer = place.judge(&format!("run -c packets.json -b {table} -n {table}"));
        assert_eq!(answer.code, 0, "{answer:?}");
    }
    let tested = judge("test -b tables/g7-local.csv -n tables/g7-local.csv");
    assert_eq!(tested.code, 0, "judge test needs no times: {tested:?}");
}
