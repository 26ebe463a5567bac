use std::fmt::Write;

use serde_json::{Value, json};

use crate::harness::{PARITY, RUN, TestFolder, config, points, slow_canary, wide};

fn judgement(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn prometheus(series: &[(Value, Vec<(i64, f64)>)]) -> Vec<u8> {
    let result: Vec<Value> = series
        .iter()
        .map(|(labels, points)| {
            let values: Vec<Value> =
                points.iter().map(|(time, value)| json!([time, value.to_string()])).collect();
            json!({ "metric": labels, "values": values })
        })
        .collect();
    let response =
        json!({ "status": "success", "data": { "resultType": "matrix", "result": result } });
    serde_json::to_vec(&response).unwrap()
}

#[test]
fn exit_code_is_the_verdict() {
    for (thresholds, code, verdict) in [
        ("", 4, "FAIL"),
        ("--pass 60 --marginal 50", 3, "MARGINAL"),
        ("--pass 50 --marginal 10", 0, "PASS"),
    ] {
        let answer = slow_canary().judge(&format!("{RUN} {thresholds}"));
        assert_eq!(answer.code, code, "{answer:?}");
        assert!(answer.stdout.starts_with(&format!("{verdict}  score 50 ")), "{answer:?}");
        assert_eq!(answer.stderr, "");
    }
}

#[test]
fn a_verdict_may_exit_with_zero_and_its_line_is_written_where_a_pod_ends() {
    let place = slow_canary();
    place.write("log", b"");
    for (more, code) in [
        ("", 4),
        ("--exit-zero-on pass,fail", 0),
        ("--exit-zero-on marginal", 4),
        ("--pass 60 --marginal 50 --exit-zero-on pass,marginal", 0),
    ] {
        let answer = place.judge(&format!("{RUN} {more} --termination-log log"));
        assert_eq!(answer.code, code, "{more}: {answer:?}");
        let line = std::fs::read_to_string(place.path().join("log")).unwrap();
        let verdict = answer.stdout.split(' ').next().unwrap();
        assert!(line.starts_with(&format!("{verdict}  score 50: latency High, ")), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
    place.judge(&format!("{RUN} --termination-log none"));
    assert!(!place.path().join("none").exists());
}

#[test]
fn every_form_of_series_gives_the_same_judgement() {
    let place = slow_canary();
    for (side, level) in [("baseline", 100.0), ("canary", 200.0)] {
        let mut long = "timestamp,metric,value\r\n".to_owned();
        let mut iso = "\u{feff}time,errors,latency,\"other, ignored\"\r\n".to_owned();
        for (time, latency, errors) in points(level) {
            write!(long, "{time},errors,{errors}\r\n{time}000,\"latency\",{latency}\r\n").unwrap();
            write!(iso, "1970-01-01T00:00:{:02}Z,{errors},\"{latency}\",\r\n", time % 1000 / 15)
                .unwrap();
        }
        let latency: Vec<_> = points(level).map(|(time, latency, _)| (time, latency)).collect();
        let errors: Vec<_> = points(level).map(|(time, _, errors)| (time, errors)).collect();
        let named = |name: &str| json!({ "__name__": name, "job": "api" });
        place.write(&format!("long/{side}"), long.as_bytes());
        place.write(&format!("iso/{side}"), iso.as_bytes());
        place.write(
            &format!("named/{side}"),
            &prometheus(&[(named("errors"), errors.clone()), (named("latency"), latency.clone())]),
        );
        place.write(&format!("files/{side}/latency.json"), &prometheus(&[(json!({}), latency)]));
        place.write(&format!("files/{side}/errors.json"), &prometheus(&[(named("other"), errors)]));
        place.write(&format!("files/{side}/README.md"), b"not a series");
    }
    let expected = place.judge(&format!("{RUN} --format json"));
    assert_eq!(expected.code, 4);
    for form in ["long", "named", "files"] {
        let answer = place.judge(&format!(
            "run -c config.json -b {form}/baseline -n {form}/canary --format json"
        ));
        assert_eq!(answer.stdout, expected.stdout, "{form}: {}", answer.stderr);
        assert_eq!((answer.code, answer.stderr.as_str()), (4, ""), "{form}");
    }
    let answer = place.judge("run -c config.json -b iso/baseline -n iso/canary --format json");
    assert_eq!(answer.stdout, expected.stdout);
    assert!(answer.stderr.contains("ignored, not in the config: other, ignored"), "{answer:?}");
}

#[test]
fn a_lone_series_is_the_lone_metric() {
    let place = TestFolder::with(&[
        ("config.json", &config(&["latency"])),
        ("baseline.json", &prometheus(&[(json!({}), vec![(0, 1.0), (15, 2.0), (30, 3.0)])])),
        ("canary.csv", b"timestamp,value\n0,1\n15,3\n30,2\n"),
    ]);
    let answer = place.judge(&format!(
        "run -c config.json -b baseline.json -n canary.csv --format json {PARITY}"
    ));
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    assert_eq!(judgement(&answer.stdout)["metrics"][0]["canary"]["counts"]["judged"], 3);
}

#[test]
fn a_lone_series_of_another_name_is_warned_of() {
    let named = json!({ "__name__": "memory" });
    let place = TestFolder::with(&[
        ("config.json", &config(&["latency"])),
        ("baseline.json", &prometheus(&[(named, vec![(0, 1.0), (15, 2.0), (30, 3.0)])])),
        ("canary.csv", b"timestamp,memory\n0,1\n15,3\n30,2\n"),
    ]);
    let said = |file: &str| {
        format!(
            "warning: {file}: the series \"memory\" is taken as latency, the only metric of the config\n"
        )
    };
    let answer =
        place.judge(&format!("run -c config.json -b baseline.json -n canary.csv {PARITY}"));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(
        answer.stderr.starts_with(&(said("baseline.json") + &said("canary.csv"))),
        "{answer:?}"
    );
    for command in [
        format!(
            "run -c config.json -b baseline.json -n baseline.json --history canary.csv {PARITY}"
        ),
        "calibrate -c config.json --history canary.csv --minutes 1".to_owned(),
    ] {
        let answer = place.judge(&command);
        assert!(answer.stderr.contains(&said("canary.csv")), "{answer:?}");
    }
}

#[test]
fn thresholds_come_from_the_options_then_the_config() {
    let place = slow_canary();
    let mut document: Value = serde_json::from_slice(&config(&["latency", "errors"])).unwrap();
    document["classifier"] = json!({ "scoreThresholds": { "pass": 50, "marginal": 25 } });
    place.write("config.json", document.to_string().as_bytes());
    assert_eq!(place.judge(RUN).code, 0);
    assert_eq!(place.judge(&format!("{RUN} --pass 51")).code, 3);
    assert_eq!(place.judge(&format!("{RUN} --pass 60 --marginal 55")).code, 4);
}

#[test]
fn a_request_has_thresholds_of_its_own() {
    let place = TestFolder::with(&[]);
    let request = json!({
        "canaryConfig": serde_json::from_slice::<Value>(&config(&["m"])).unwrap(),
        "scoreThresholds": { "pass": 90, "marginal": 50 },
        "metricSetPairList": [{
            "name": "m", "id": "1", "tags": {},
            "values": { "control": [1, 2, 3, 4, 5, 6], "experiment": [1, 2, 3, 4, 5, null] },
        }],
    })
    .to_string();
    place.write("request.json", request.as_bytes());
    let answer = place.judge("run request.json --format json");
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(judgement(&answer.stdout)["thresholds"]["pass"], 90.0);
    assert_eq!(judgement(&answer.stdout)["metrics"][0]["canary"]["counts"]["gaps"], 1);
    assert_eq!(place.judge_with("run -", request.as_bytes()).code, 0);
    let answer = place.judge("run request.json --format json --pass 80 --marginal 70");
    assert_eq!(judgement(&answer.stdout)["thresholds"]["marginal"], 70.0);
}

#[test]
fn a_missing_row_is_a_gap() {
    let place = slow_canary();
    let mut lines: Vec<String> = wide(100.0).lines().map(str::to_owned).collect();
    lines.remove(5);
    lines[8] = lines[8].split(',').next().unwrap().to_owned() + ",,NaN";
    place.write("baseline.csv", lines.join("\n").as_bytes());
    let answer = place.judge(&format!("{RUN} --format json"));
    let counts = &judgement(&answer.stdout)["metrics"][1]["baseline"]["counts"];
    assert_eq!((&counts["submitted"], &counts["gaps"]), (&json!(20), &json!(2)), "{answer:?}");
}

#[test]
fn sides_of_different_lengths_are_judged() {
    let place = slow_canary();
    let short: Vec<String> = wide(100.0).lines().take(11).map(str::to_owned).collect();
    place.write("baseline.csv", short.join("\n").as_bytes());
    let answer = place.judge(&format!("{RUN} --format json"));
    let metric = &judgement(&answer.stdout)["metrics"][0];
    assert_eq!(metric["baseline"]["counts"]["judged"], 10);
    assert_eq!(metric["canary"]["counts"]["judged"], 20);
}

#[test]
fn metrics_without_series_have_no_data() {
    let place = slow_canary();
    place.write("config.json", &config(&["latency", "absent", "errors"]));
    let answer = place.judge(&format!("{RUN} --format json"));
    let metrics = &judgement(&answer.stdout)["metrics"];
    assert_eq!(metrics[1]["name"], "absent");
    assert_eq!(metrics[1]["classification"], "NoData");
    assert_eq!(metrics[2]["classification"], "Pass");
}

#[test]
fn an_empty_result_is_no_data() {
    let place = TestFolder::with(&[
        ("config.json", &config(&["latency"])),
        ("empty.json", &prometheus(&[])),
        ("header.csv", b"timestamp,latency\n"),
    ]);
    for (baseline, canary) in [("empty.json", "header.csv"), ("header.csv", "empty.json")] {
        let answer =
            place.judge(&format!("run -c config.json -b {baseline} -n {canary} --format json"));
        assert_eq!(answer.code, 4, "{answer:?}");
        assert_eq!(judgement(&answer.stdout)["metrics"][0]["classification"], "NoData");
        assert!(answer.stderr.contains("empty.json: an empty result"), "{answer:?}");
    }
}

#[test]
fn one_point_a_side_is_not_testable_and_says_so() {
    let place = TestFolder::with(&[
        ("config.json", &config(&["m"])),
        ("baseline.csv", b"timestamp,m\n0,1\n"),
        ("canary.csv", b"timestamp,m\n0,2\n"),
    ]);
    let answer = place.judge(&format!("{RUN} --format json {PARITY}"));
    assert_eq!(judgement(&answer.stdout)["metrics"][0]["classification"], "Error", "{answer:?}");
    assert!(answer.stderr.contains("warning: m: too few"), "{answer:?}");
    let answer = place.judge(&format!("{RUN} --format json"));
    let metric = &judgement(&answer.stdout)["metrics"][0];
    assert_eq!((answer.code, &metric["classification"]), (4, &json!("Inconclusive")), "{answer:?}");
}

#[test]
fn irregular_times_are_warned_of() {
    let place = slow_canary();
    let table = "timestamp,latency,errors\n0,1,1\n15,2,2\n31,3,3\n";
    place.write("baseline.csv", table.as_bytes());
    let answer = place.judge(RUN);
    assert!(answer.stderr.contains("not a regular 15 s apart"), "{answer:?}");
}

#[test]
fn one_input_may_come_from_stdin() {
    let place = slow_canary();
    let expected = place.judge(RUN).stdout;
    for (arguments, stdin) in [
        (RUN.replace("config.json", "-"), config(&["latency", "errors"])),
        (RUN.replace("baseline.csv", "-"), wide(100.0).into_bytes()),
        (RUN.replace("canary.csv", "-"), wide(200.0).into_bytes()),
    ] {
        assert_eq!(place.judge_with(&arguments, &stdin).stdout, expected, "{arguments}");
    }
}

#[test]
fn a_history_says_what_is_normal_and_is_kept_with_the_judgement() {
    let place = slow_canary();
    place.write("canary.csv", wide(108.0).as_bytes());
    let judge = "--judge EvidenceJudge-v1";
    let fails = place.judge(&format!("{RUN} {judge}"));
    assert_eq!(fails.code, 4, "{fails:?}");
    for (day, level) in [("mon", 90.0), ("tue", 112.0), ("wed", 95.0), ("thu", 105.0)] {
        place.write(&format!("{day}.csv"), wide(level).as_bytes());
    }
    let history = "--history mon.csv tue.csv --history wed.csv thu.csv";
    let passes = place.judge(&format!("{RUN} {judge} {history}"));
    assert_eq!((passes.code, passes.stderr.as_str()), (0, ""), "{passes:?}");
    assert!(passes.stdout.contains("healthy windows make -"), "{}", passes.stdout);
    // The saved judgement contains the history, and judging it again gives the same result.
    let full = place.judge(&format!("{RUN} {judge} {history} --format full"));
    let document = judgement(&full.stdout);
    let kept = &document["request"]["metricSetPairList"][0]["history"];
    assert_eq!(kept.as_array().map(Vec::len), Some(4));
    let again =
        place.judge_with(&format!("run - {judge}"), document["request"].to_string().as_bytes());
    assert_eq!(again.stdout, passes.stdout);
    // Too few windows, and a window that lacks one of the metrics.
    let few = place.judge(&format!("{RUN} {judge} --history mon.csv tue.csv ./mon.csv"));
    assert!(few.stderr.contains("./mon.csv: given twice, which is one window"), "{few:?}");
    assert_eq!(few.code, 4);
    let said = "metricSetPairList[0].history: 2 of 2 series of \"latency\" can be used";
    assert!(few.stderr.contains(said), "{few:?}");
    place.write("thu.csv", b"timestamp,errors\n0,1\n15,2\n");
    let absent = place.judge(&format!("{RUN} {judge} {history}"));
    let said = "thu.csv: the history has no series of latency";
    assert!(absent.stderr.contains(said), "{absent:?}");
}
