//! Unusual configs and histories: the messages, and the judgements in spite of them.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::harness::{PARITY, config, points};
use crate::retro::{RETRO, history, place};

#[test]
fn a_config_that_its_judge_refuses_is_refused_before_the_history_is_read() {
    let place = place(3);
    place.write("odd.json", &config(&["latency", "latency"]));
    for command in ["retro --history", "calibrate --releases", "calibrate --history"] {
        let answer = place.judge(&format!("{command} missing.csv --config odd.json"));
        assert_eq!(answer.code, 2, "{command}: {answer:?}");
        assert!(answer.stderr.contains("odd.json: canaryConfig.metrics[1].name"), "{answer:?}");
        assert!(!answer.stderr.contains("missing.csv"), "{answer:?}");
        assert_eq!(answer.stdout, "");
    }
}

#[test]
fn a_suspect_config_is_warned_of_once() {
    let place = place(5);
    place.write("odd.json", &config(&["errors", "errors"]));
    let run = format!("retro --config odd.json --history history.csv {PARITY}");
    for command in [
        run.as_str(),
        &format!("calibrate -c odd.json --releases history.csv --minutes 1 --pairs 10 {PARITY}"),
    ] {
        let answer = place.judge(command);
        assert_eq!(answer.code, 0, "{answer:?}");
        assert_eq!(answer.stderr.matches("canaryConfig.metrics[1].name").count(), 1, "{answer:?}");
        assert!(!answer.stdout.contains("with warnings"), "{answer:?}");
    }
}

#[test]
fn releases_whose_judgements_warn_are_counted() {
    let place = place(3);
    let rows = history(3).replacen("r0,canary,1700000000,100,", "r0,canary,1700000000,inf,", 1);
    place.write("history.csv", rows.as_bytes());
    let answer = place.judge(&format!("{RETRO} {PARITY}"));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stdout.contains("stopped; 1 with warnings, see --format json\n"), "{answer:?}");
    let json = place.judge(&format!("{RETRO} {PARITY} -f json")).stdout;
    assert!(json.lines().next().unwrap().contains("infiniteValues"), "{json}");
}

#[test]
fn damaged_files_are_reported_and_the_rest_is_judged() {
    let place = place(3);
    place.write("history/good.csv", history(3).as_bytes());
    place.write("history/empty.csv", b"");
    place.write("history/cut.parquet", b"PAR1 and no more");
    let answer = place.judge("retro -c config.json --history history");
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.stderr.contains("history/empty.csv: "), "{answer:?}");
    assert!(answer.stderr.contains("history/cut.parquet: "));
    assert!(answer.stdout.contains("\n3 releases: 2 passed, "), "{answer:?}");
    assert!(answer.stdout.ends_with("; 2 files could not be read\n"), "{answer:?}");
    let alone = place.judge("retro -c config.json --history history/empty.csv");
    assert_eq!((alone.code, alone.stdout.as_str()), (2, ""), "{alone:?}");
}

#[test]
fn a_query_that_found_nothing_has_no_rows() {
    let place = place(2);
    place.write("history/good.csv", history(2).as_bytes());
    let nothing = br#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
    place.write("history/errors.json", nothing);
    let answer = place.judge("retro -c config.json --history history");
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{answer:?}");
    let alone = place.judge("retro -c config.json --history history/errors.json");
    assert!(alone.stderr.contains("the history has no release"), "{alone:?}");
}

#[test]
fn a_prometheus_response_without_names_is_the_metric_of_its_file() {
    let place = place(1);
    for (role, level) in [("baseline", 100.0), ("canary", 200.0)] {
        let values: Vec<_> =
            points(level).map(|(time, latency, _)| json!([time, latency.to_string()])).collect();
        let result = json!([{"metric": {}, "values": values}]);
        let response =
            json!({"status": "success", "data": {"resultType": "matrix", "result": result}});
        let text = response.to_string();
        place.write(&format!("files/release=r0/role={role}/latency.json"), text.as_bytes());
        place.write(
            &format!("folders/release=r0/role={role}/metric=latency/x.json"),
            text.as_bytes(),
        );
    }
    for history in ["files", "folders"] {
        let answer =
            place.judge(&format!("retro -c config.json --history {history} {PARITY} -f json"));
        let release: Value = serde_json::from_str(answer.stdout.lines().next().unwrap()).unwrap();
        let metrics = release["judgements"][0]["judgement"]["metrics"].as_array().unwrap();
        let latency = metrics.iter().find(|metric| metric["name"] == "latency").unwrap();
        assert_eq!(latency["classification"], "High", "{history}: {answer:?}");
    }
}

/// The reader panics on this file, and nobody sees the panic.
#[test]
fn a_file_that_no_reader_expects_is_one_error() {
    let place = place(1);
    place.write("damaged.arrow", include_bytes!("damaged.arrow"));
    let answer = place.judge("retro -c config.json --history damaged.arrow");
    assert_eq!(answer.code, 2, "{answer:?}");
    let said = "error: damaged.arrow: damaged or cut-off Arrow IPC file: the reader gave up";
    assert!(answer.stderr.starts_with(said) && answer.stderr.lines().count() == 1, "{answer:?}");
}

#[test]
fn half_floats_are_read() {
    let place = place(1);
    place.write("half.parquet", include_bytes!("half-floats.parquet"));
    let answer = place.judge("retro -c config.json --history half.parquet");
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{answer:?}");
    assert!(answer.stdout.contains("\n2 releases: 1 passed, "), "{answer:?}");
}

#[test]
fn of_many_metrics_that_the_config_lacks_some_are_named() {
    let place = place(1);
    let mut rows = "release,role,timestamp,metric,value\n".to_owned();
    for role in ["baseline", "canary"] {
        for (time, latency, errors) in points(100.0) {
            let _ = writeln!(rows, "r0,{role},{time},latency,{latency}");
            let _ = writeln!(rows, "r0,{role},{time},errors,{errors}");
            let _ = writeln!(rows, "r0,{role},{time},other-{time},{errors}");
        }
    }
    place.write("history.csv", rows.as_bytes());
    let answer = place.judge(RETRO);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stderr.starts_with("warning: ignored, not in the config: other-1700000000, "));
    assert!(answer.stderr.ends_with(", ...\n"), "{answer:?}");
}

#[test]
fn a_baseline_outside_of_the_window_is_reported_with_its_times() {
    let place = place(1);
    let earlier = |hours: i64| {
        let mut rows = "release,role,timestamp,latency,errors\n".to_owned();
        for (role, shift) in [("baseline", hours * 3600), ("canary", 0)] {
            for (time, latency, errors) in points(100.0) {
                let _ = writeln!(rows, "r0,{role},{},{latency},{errors}", time - shift);
            }
        }
        rows
    };
    place.write("history.csv", earlier(1).as_bytes());
    let answer = place.judge(RETRO);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(
        answer.stderr,
        "warning: release \"r0\": in interval 1 the canary is judged from 2023-11-14T22:13:20Z to \
         2023-11-14T22:18:20Z, but the baseline of \"latency\", \"errors\" has points from \
         2023-11-14T21:13:20Z to 2023-11-14T21:18:05Z alone; if it was recorded before the canary, \
         give the time between them as the baseline offset, such as \"1h\"\n"
    );
    assert!(answer.stdout.contains("1 with warnings"), "{answer:?}");
    place.write("history.csv", earlier(0).as_bytes());
    let answer = place.judge(&format!("{RETRO} --baseline-offset 1h"));
    let way_out =
        "alone; they were recorded while the canary ran, so leave out the baseline offset\n";
    assert!(answer.stderr.ends_with(way_out), "{answer:?}");
    place.write("history.csv", earlier(1).as_bytes());
    let json = place.judge(&format!("{RETRO} -f json")).stdout;
    let line: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(line["noBaseline"].as_str().unwrap().starts_with("in interval 1 the canary"), "{json}");
    let with_offset = place.judge(&format!("{RETRO} --baseline-offset 1h"));
    assert_eq!(with_offset.stderr, "");
    assert!(with_offset.stdout.contains("PASS"), "{with_offset:?}");
    let wrong = place.judge(&format!("{RETRO} --baseline-offset 2h")).stderr;
    let baseline = "against a baseline from 2023-11-14T20:13:20Z to 2023-11-14T20:18:20Z, but";
    assert!(wrong.contains(baseline), "{wrong}");

    place.write("history.csv", earlier(-1).as_bytes());
    let later = place.judge(RETRO).stderr;
    assert!(later.contains("has points from 2023-11-14T23:13:20Z to"), "{later}");
    assert!(later.ends_with("canary runs, and look for a wrong time zone\n"), "{later}");
}
