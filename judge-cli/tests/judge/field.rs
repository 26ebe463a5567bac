//! Tests typical inputs of users and the messages about them. `fixtures/field/README.md` describes each input.

use std::path::Path;

use serde_json::Value;

use crate::harness::{Answer, PARITY, TestFolder};

/// Runs the command. Words that are files in `fixtures/field` become their paths.
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
fn all_forms_of_an_absent_side_have_one_answer() {
    for absent in ["b.csv", "b2.csv"] {
        let run =
            format!("run -c no-data/cfg-must.json -b no-data/{absent} -n no-data/n.csv -f json");
        let answer = judge(&format!("{run} {PARITY}"));
        assert_eq!(
            (answer.code, classes(&answer.stdout)),
            (4, vec!["High".to_owned(), "Pass".to_owned()])
        );
        // The warning says in which way the side is absent; nothing else differs.
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
fn the_reason_and_the_page_show_the_tags_of_a_critical_pair() {
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
fn flags_replace_the_thresholds_that_a_stored_request_lacks() {
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
    assert!(answer.stderr.contains("got marginal 95 and pass 75"), "{answer:?}");
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
fn tables_of_other_tools_are_judged_or_refused_with_a_way_out() {
    let run = |table: &str| {
        judge(&format!("run -c tables/cfg.json -b tables/{table} -n tables/{table} {PARITY}"))
    };
    for table in ["g-sep.csv", "g-word-N_A.csv", "g-word-undefined.csv"] {
        let answer = run(table);
        assert!(answer.stdout.contains("latency_p95     1"), "{table}: {answer:?}");
    }
    for (table, part) in [
        ("g7-local.csv", "or give --time-zone"),
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
    let local = "tables/g7-local.csv";
    let zoned = judge(&format!(
        "run -c tables/cfg.json -b {local} -n {local} {PARITY} --time-zone Europe/Berlin"
    ));
    assert!(zoned.stdout.contains("latency_p95     1"), "{zoned:?}");
    let labelled = run("g9-labels.csv");
    for pod in ["{instance=a:9090, job=shop}", "{instance=b:9100, job=shop}"] {
        assert!(labelled.stdout.contains(&format!("latency_p95 {pod}")), "{labelled:?}");
    }
    let tested = judge("test -b tables/g7-local.csv -n tables/g7-local.csv");
    assert_eq!(tested.code, 0, "judge test needs no times: {tested:?}");
}

/// Tables as written by spreadsheets and other tools, with one config for all.
const LATENCY: &str = r#"{"metrics": [{"name": "latency", "groups": ["G"]}], "classifier": {}}"#;

/// The medians of both sides, if the command judges `table`.
fn judged(table: &str, more: &str) -> Result<(f64, usize), String> {
    let place = TestFolder::with(&[("cfg.json", LATENCY.as_bytes()), ("t.csv", table.as_bytes())]);
    let answer = place.judge(&format!("run -c cfg.json -b t.csv -n t.csv -f json {more}"));
    if answer.stdout.is_empty() {
        return Err(answer.stderr);
    }
    let json: Value = serde_json::from_str(&answer.stdout).unwrap();
    let side = &json["metrics"][0]["baseline"];
    let counts = &side["counts"];
    Ok((
        side["mean"].as_f64().unwrap_or(f64::NAN),
        usize::try_from(counts["gaps"].as_u64().unwrap()).unwrap(),
    ))
}

#[test]
fn tables_with_other_separators_and_decimals_are_read() {
    let rows = |header: &str, row: &dyn Fn(i64) -> String| {
        let rows: Vec<String> = (0..60).map(row).collect();
        format!("{header}\n{}\n", rows.join("\n"))
    };
    let time = |minute: i64| 1_704_067_200 + minute * 60;
    let clock = |minute: i64| format!("01.02.2024 12:{minute:02}");
    let value = |minute: i64| if minute % 2 == 0 { "1,5" } else { "2,5" };
    for (table, zone) in [
        (rows("timestamp;latency", &|m| format!("{};{}", time(m), value(m))), ""),
        (rows("Time\tlatency", &|m| format!("{}\t{}", time(m), value(m))), ""),
        (rows("sep=;\nTime;latency", &|m| format!("{};{}", time(m), value(m))), ""),
        (rows("time|metric|value", &|m| format!("{}|latency|{}", time(m), value(m))), ""),
        (rows("Series;Time;Value", &|m| format!("latency;{};{}", time(m), value(m))), ""),
        (rows("date;latency", &|m| format!("{};{}", clock(m), value(m))), "--time-zone +01:00"),
        (rows("date;latency", &|m| format!("{};{}", clock(m), value(m))), "--time-zone -03:30"),
        (
            rows("@timestamp;latency", &|m| format!("2024-02-01 12:{m:02};{}", value(m))),
            "--time-zone UTC",
        ),
        (rows("_time,latency", &|m| format!("{},{}", time(m), value(m).replace(',', "."))), ""),
    ] {
        let start: String = table.chars().take(60).collect();
        assert_eq!(judged(&table, zone), Ok((2.0, 0)), "{start}");
    }
    let gaps =
        rows("timestamp;latency", &|m| format!("{};{}", time(m), if m == 3 { "-" } else { "1,5" }));
    assert_eq!(judged(&gaps, ""), Ok((1.5, 1)));
    for (row, said) in [
        (
            &(|m| format!("{};{}", time(m), if m == 3 { "1.5" } else { "1,5" }))
                as &dyn Fn(i64) -> String,
            "got \"1.5\"",
        ),
        (&|m| format!("{};12 ms", time(m)), "without the unit"),
        (&|m| format!("02/03/2024 12:{m:02};1"), "year first"),
        (&|m| format!("2024-02-01 12:{m:02};1"), "--time-zone"),
    ] {
        let error = judged(&rows("timestamp;latency", row), "").unwrap_err();
        assert!(error.contains(said), "{said}: {error}");
    }
    let commas = rows("timestamp,latency", &|m| format!("{},\"1,5\"", time(m)));
    assert!(judged(&commas, "").unwrap_err().contains("a point before the decimals"));
}

#[test]
fn series_of_one_prometheus_file_are_pairs_by_tags() {
    let response = |release: &str, add: i64| {
        let series = |action: &str| {
            let points: Vec<String> = (0..40)
                .map(|i| format!("[{},\"{}\"]", 1_704_067_200 + i * 60, i % 5 + add))
                .collect();
            format!(
                r#"{{"metric":{{"action":"{action}","release":"{release}"}},"values":[{}]}}"#,
                points.join(",")
            )
        };
        format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{},{}]}}}}"#,
            series("pay"),
            series("login")
        )
    };
    let place = TestFolder::with(&[
        ("cfg.json", LATENCY.as_bytes()),
        ("b.json", response("old", 1).as_bytes()),
        ("n.json", response("new", 1).as_bytes()),
        ("far.json", response("new", 90).as_bytes()),
    ]);
    let answer = place.judge(&format!("run -c cfg.json -b b.json -n n.json {PARITY}"));
    assert_eq!(answer.code, 0, "{answer:?}");
    for action in ["pay", "login"] {
        assert!(answer.stdout.contains(&format!("latency {{action={action}}}")), "{answer:?}");
    }
    assert!(answer.stderr.contains("paired without the label release"), "{answer:?}");
    assert_eq!(place.judge(&format!("run -c cfg.json -b b.json -n far.json {PARITY}")).code, 4);
}

#[test]
fn queries_are_checked_and_yaml_is_read() {
    let config = |query: &str| {
        format!(
            r#"{{"metrics": [{{"name": "latency", "groups": ["G"], "query": {query}}}],
                "classifier": {{"groupWeights": {{"G": 100}}}}}}"#
        )
    };
    for (query, said) in [
        (
            r#"{"type": "prometheus", "customFilterTemplate": "none"}"#,
            "suspect: metrics[0].query.customFilterTemplate",
        ),
        (
            r#"{"type": "graphite", "metricName": "a.${scope}"}"#,
            "$scope and $location without braces",
        ),
        (r#"{"type": "influxdb", "customInlineTemplate": "DROP x"}"#, "one SELECT"),
        (r#"{"type": "datadog", "metricName": "a"}"#, "its series can come from files alone"),
        (
            r#"{"type": "prometheus", "metricName": "a", "customInlineTemplates": "b"}"#,
            "notice: metrics[0].query.customInlineTemplates",
        ),
    ] {
        let place = TestFolder::with(&[("cfg.json", config(query).as_bytes())]);
        let answer = place.judge("config check cfg.json");
        assert!(answer.code == 0 && answer.stdout.contains(said), "{query}: {answer:?}");
    }
    let yaml = "canaryConfig:\n  metrics:\n    - name: latency\n      groups: [G]\n      query:\n        \
                type: prometheus\n        customInlineTemplate: 'PromQL:up{job=\"${scope}\"}'\n  classifier:\n    \
                groupWeights: {G: 100}\nexecutionRequest: {}\n";
    let place = TestFolder::with(&[
        ("cfg.yaml", yaml.as_bytes()),
        ("bad.yml", b"a: [1"),
        ("twice.yml", b"name: x\nname: y\n"),
        ("latency.yml", b"metrics:\n- {name: latency, groups: [G]}\nclassifier: {}\n"),
        ("t.csv", b"timestamp,latency\n0,1\n60,2\n"),
    ]);
    let answer = place.judge("config check cfg.yaml");
    assert_eq!((answer.code, answer.stdout.as_str()), (0, "cfg.yaml: ok\n"), "{answer:?}");
    let answer = place.judge("config check bad.yml");
    assert!(answer.code == 2 && answer.stdout.contains("cannot be read as YAML"), "{answer:?}");
    let answer = place.judge("config check twice.yml");
    let said = answer.stdout.lines().next().unwrap_or_default();
    assert!(said.contains("line 2") && said.contains("duplicate mapping key"), "{answer:?}");
    assert!(!answer.stdout.contains("Options") && !answer.stdout.contains("\\n"), "{answer:?}");
    let answer = place.judge("run -c latency.yml -b t.csv -n t.csv");
    assert!(answer.stdout.contains("latency"), "{answer:?}");
}
