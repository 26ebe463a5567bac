use crate::harness::{PARITY, RUN, TestFolder, config, slow_canary, wide};

/// Each case replaces one file of a valid run. Nothing may be judged, and the message must name the file and contain
/// the part.
#[test]
fn bad_files_are_refused_with_file_and_place() {
    let prometheus = |result: &str| {
        format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{result}]}}}}"#)
    };
    let twice =
        r#"{"metric":{"instance":"a"},"values":[]},{"metric":{"instance":"b"},"values":[]}"#;
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("config.json", b"".into(), "the input is empty"),
        ("config.json", b"not json".into(), "not JSON"),
        ("config.json", b"{\"metrics\": [".into(), "not JSON: EOF"),
        ("config.json", b"{\"metrics\": 5}".into(), "metrics: expected a list, got 5"),
        ("config.json", b"[]".into(), "expected an object, got a list"),
        (
            "config.json",
            b"{\"metrics\": [{\"name\": 7}]}".into(),
            "metrics[0].name: expected a string, got 7",
        ),
        (
            "config.json",
            b"apiVersion: apps/v1\nkind: Deployment\n---\nkind: Service\n".into(),
            "expected a canary config, got a Kubernetes Deployment; a canary config is",
        ),
        (
            "config.json",
            b"groups:\n  - {name: a, rules: [{alert: b, expr: up}]}\n".into(),
            "got a file of Prometheus rules; ",
        ),
        ("config.json", b"metrics: []\n---\nmetrics: []\n".into(), "text that is not JSON"),
        (
            "config.json",
            b"timestamp,latency\n0,1\n".into(),
            "got a table; series are given as --baseline and --canary",
        ),
        (
            "config.json",
            b"\x1f\x8b\x08".into(),
            "compressed by gzip; unpack it first, as in `zcat ",
        ),
        ("config.json", b"{\"name\": \"x\",}".into(), "config.json: expected a complete JSON"),
        ("baseline.csv", b"\x1f\x8b\x08".into(), "compressed by gzip"),
        ("baseline.csv", b"\x28\xb5\x2f\xfd".into(), "compressed by zstd"),
        ("baseline.csv", b"PK\x03\x04".into(), "a zip archive, such as a workbook; save a sheet"),
        ("baseline.csv", b"PAR1".into(), "a Parquet file; judge retro --history reads it"),
        ("baseline.csv", b" \n".into(), "the input is empty"),
        ("baseline.csv", b"\xff\xfet\0".into(), "UTF-16"),
        (
            "baseline.csv",
            b"time,latency\n0,1\n0,2\n".into(),
            "line 3: metric \"latency\": the time",
        ),
        (
            "canary.csv",
            b"a,b\n1,2\n".into(),
            "a column \"timestamp\", got the columns \"a\", \"b\"",
        ),
        ("canary.csv", b"timestamp,metric\n1,2\n".into(), "a column \"value\""),
        ("canary.csv", b"timestamp,latency\n1,x\n".into(), "line 2: column \"latency\": "),
        ("canary.csv", b"timestamp,latency\n1\n".into(), "line 2: expected 2 fields"),
        ("canary.csv", b"timestamp,latency\n1,\xff\n".into(), "line 2: not UTF-8"),
        ("canary.csv", b"timestamp,a,b\n1,2,3\n".into(), "a, b; the config has errors, latency"),
        ("canary.csv", b"[1]".into(), "a JSON list"),
        ("canary.csv", b"{\"status\":".into(), "EOF"),
        ("canary.csv", b"{\"metrics\":[]}".into(), "give it as --config"),
        ("canary.csv", b"{\"canaryConfig\":{}}".into(), "judge run FILE"),
        (
            "canary.csv",
            br#"{"status":"error","errorType":"timeout","error":"query timed out"}"#.into(),
            "timeout: query timed out",
        ),
        ("canary.csv", prometheus(twice).into(), "the series {instance=\"a\"} names no metric"),
        ("canary.csv", prometheus(r#"{"metric":{},"values":[]}"#).into(), "such as errors.json"),
        (
            "canary.csv",
            prometheus(r#"{"metric":{},"values":[[0,true]]}"#).into(),
            "data.result[0].values[0]",
        ),
    ];
    for (file, content, part) in cases {
        let place = slow_canary();
        place.write(file, &content);
        let answer = place.judge(RUN);
        let content = String::from_utf8_lossy(&content);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{content}: {answer:?}");
        assert!(answer.stderr.starts_with(&format!("error: {file}: ")), "{content}: {answer:?}");
        assert!(answer.stderr.contains(part), "{content}: {answer:?}");
    }
}

#[test]
fn errors_are_reported_once() {
    let place = slow_canary();
    for (table, part) in [
        ("timestamp,latency\nnever,1\n", "expected a timestamp"),
        ("timestamp,latency\n0,1\n0,2\n", "is already in line 2"),
    ] {
        place.write("canary.csv", table.as_bytes());
        let answer = place.judge(RUN);
        assert_eq!(answer.stderr.matches(part).count(), 1, "{answer:?}");
    }
    let values = r#"{"metric":{"__name__":"latency"},"values":[[0,"1"],[0,"2"]]}"#;
    let response =
        format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{values}]}}}}"#);
    place.write("canary.json", response.as_bytes());
    let answer = place.judge(&RUN.replace("canary.csv", "canary.json"));
    assert_eq!(answer.stderr.matches("is already in point 0").count(), 1, "{answer:?}");
}

#[test]
fn bad_requests_are_refused_with_their_field() {
    let good = r#"{"canaryConfig":{"metrics":[{"name":"m","groups":["g"]}],"classifier":{"groupWeights":{}}},
        "scoreThresholds":{"pass":95,"marginal":75},
        "metricSetPairList":[{"name":"m","id":"1","tags":{},
            "values":{"control":[1,2],"experiment":[3,4]}}]}"#;
    let place = TestFolder::with(&[]);
    assert_eq!(place.judge_with("run -", good.as_bytes()).code, 4);
    for (from, to, part) in [
        ("[1,2]", "[1,\"x\"]", "values.control[1]"),
        ("[1,2]", "5", "values.control"),
        ("\"control\":[1,2],", "", "control"),
        ("\"tags\":{}", "\"history\":[[1],[2,[]]]", "metricSetPairList[0].history[1][1]"),
        ("\"scoreThresholds\"", "\"other\"", "scoreThresholds"),
        ("\"canaryConfig\"", "\"other\"", "canaryConfig"),
        ("[1,2]", "[1,1e400]", "values.control[1]: expected a number of at most 1.8e308"),
        ("\"name\":\"m\",\"id\"", "\"name\":\"n\",\"id\"", "metricSetPairList[0].name"),
        ("]}}]}", "", "not JSON"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        let answer = place.judge_with("run -", bad.as_bytes());
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{bad}: {answer:?}");
        assert!(answer.stderr.contains(part), "{bad}: {answer:?}");
    }
}

#[test]
fn bad_usage_is_refused_with_a_way_out() {
    for (arguments, part) in [
        ("run", "<REQUEST|--config <FILE>>"),
        ("run --config config.json", "--baseline"),
        ("run --config config.json --baseline baseline.csv", "--canary"),
        ("run request.json --config config.json", "cannot be used with"),
        ("run --config missing.json --baseline baseline.csv --canary canary.csv", "missing.json"),
        ("run --config config.json --baseline - --canary -", "standard input"),
        (
            "run --config config.json --baseline baseline.csv --canary - --history canary.csv -",
            "standard input",
        ),
        (
            "run --config config.json --baseline baseline.csv --canary canary.csv --history gone",
            "gone",
        ),
        ("run request.json --history baseline.csv", "cannot be used with"),
        (
            "run --config config.json --pairs pairs.json --history baseline.csv",
            "cannot be used with",
        ),
        ("run --config config.json --baseline empty --canary canary.csv", "error: empty: "),
        (
            "run --config empty --baseline canary.csv --canary canary.csv",
            "expected a file, got a dir",
        ),
        ("nonsense", "unrecognized subcommand"),
        ("judges --format xml", "table, json"),
    ] {
        let place = slow_canary();
        std::fs::create_dir(place.path().join("empty")).unwrap();
        let answer = place.judge(arguments);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{arguments}: {answer:?}");
        assert!(answer.stderr.contains(part), "{arguments}: {answer:?}");
    }
    for (option, part) in [
        ("--pass 101", "a score from 0 to 100"),
        ("--pass NaN", "a score from 0 to 100"),
        ("--marginal x", "a score from 0 to 100"),
        ("--pass -5", "expected a score from 0 to 100"),
        ("--pass 50", "got marginal 75 and pass 50"),
        ("--judge Nobody", "EvidenceJudge-v1, NetflixACAJudge-v1.0"),
        ("--format xml", "table, json, full, kayenta"),
    ] {
        let answer = slow_canary().judge(&format!("{RUN} {option}"));
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{option}: {answer:?}");
        assert!(answer.stderr.contains(part), "{option}: {answer:?}");
    }
}

#[test]
fn options_of_sources_need_a_source() {
    let place = slow_canary();
    for option in [
        "--last 5m",
        "--start 0",
        "--end 60",
        "--step 1m",
        "--baseline-scope a",
        "--canary-scope a",
        "--location a",
        "--param a=b",
        "--baseline-offset 1d",
        "--compat kayenta",
        "--timeout 1m",
    ] {
        let answer = place.judge(&format!("{RUN} {option}"));
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{option}: {answer:?}");
        assert!(answer.stderr.contains("--prometheus <URL>"), "{option}: {answer:?}");
    }
}

#[test]
fn a_judgement_is_not_a_request() {
    let place = slow_canary();
    place.judge(&format!("{RUN} --format full -o full.json"));
    place.judge(&format!("{RUN} --format json -o plain.json"));
    for file in ["full.json", "plain.json"] {
        let answer = place.judge(&format!("run {file}"));
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{answer:?}");
        assert!(answer.stderr.contains("got a judgement; `judge report` makes"), "{answer:?}");
    }
}

#[test]
fn a_directory_has_one_series_a_metric() {
    let place = TestFolder::with(&[
        ("config.json", &config(&["latency"])),
        ("canary.csv", wide(1.0).as_bytes()),
        ("two/latency.csv", wide(1.0).as_bytes()),
        ("same/latency.csv", b"timestamp,v\n0,1\n"),
        ("same/latency.json", b"timestamp,v\n0,1\n"),
        ("other/errors.csv", b"timestamp,v\n0,1\n"),
    ]);
    for (directory, part) in [
        ("two", "got 2: "),
        ("same", "both same/latency.csv and same/latency.json"),
        ("other", "errors; the config has latency"),
    ] {
        let answer = place.judge(&format!("run -c config.json -b {directory} -n canary.csv"));
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{directory}: {answer:?}");
        assert!(answer.stderr.contains(part), "{directory}: {answer:?}");
    }
}

#[test]
fn parity_fails_without_metrics_and_warns_of_duplicates_and_the_default_refuses() {
    let place = slow_canary();
    place.write(
        "config.json",
        b"{\"name\":\"c\",\"metrics\":[],\"classifier\":{\"groupWeights\":{}}}",
    );
    let parity = format!("{RUN} {PARITY}");
    let answer = place.judge(&parity);
    assert_eq!(answer.code, 4, "{answer:?}");
    assert!(answer.stderr.contains("there is nothing to judge"), "{answer:?}");
    let refused = place.judge(RUN);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");

    place.write("config.json", &config(&["latency", "latency"]));
    let refused = place.judge(RUN);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
    assert!(refused.stderr.contains("metrics[1].name: expected a unique name"), "{refused:?}");
    let answer = place.judge(&parity);
    assert!(answer.stderr.contains("metrics[1].name: expected a unique name"), "{answer:?}");
    assert_eq!(answer.stdout.matches("\n  latency ").count(), 1, "{answer:?}");
}
