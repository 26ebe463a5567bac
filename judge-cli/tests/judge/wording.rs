//! Pins the wording of messages and help in one place. Other tests check only paths, severities and exit codes.
//!
//! `INSTA_UPDATE=always cargo test -p canary-judge-cli --test judge wording` renews the snapshots; read the
//! difference like a user.

use std::fmt::Write;

#[cfg(feature = "retro")]
use crate::harness::config;
use crate::harness::{RUN, TestFolder, slow_canary};

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("wording");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The stderr of the command, below each command line.
fn said(folder: &TestFolder, commands: &[&str]) -> String {
    let mut text = String::new();
    for command in commands {
        let answer = folder.judge(command);
        writeln!(text, "$ judge {command}\n{}[{}]\n", answer.stderr, answer.code).unwrap();
    }
    text
}

#[cfg(feature = "retro")]
#[test]
fn help() {
    let folder = TestFolder::with(&[]);
    let commands = [
        "",
        "run ",
        "watch ",
        "batch ",
        "calibrate ",
        "fetch ",
        "retro ",
        "report ",
        "test ",
        "config check ",
        "config try ",
        "judges ",
        "completions ",
    ];
    let mut text = String::new();
    for command in commands {
        let help = folder.judge(&format!("{command}--help")).stdout;
        writeln!(text, "$ judge {command}--help\n{help}").unwrap();
    }
    snapshot("help", &text);
}

#[test]
fn bad_series() {
    let response = |result: &str| {
        format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{result}]}}}}"#)
    };
    let twice =
        r#"{"metric":{"instance":"a"},"values":[]},{"metric":{"instance":"b"},"values":[]}"#;
    let files: &[(&str, &str)] = &[
        ("empty.csv", " \n"),
        ("repeated.csv", "time,latency\n0,1\n0,2\n"),
        ("untimed.csv", "a,b\n1,2\n"),
        ("text.csv", "timestamp,latency\n1,x\n"),
        ("short.csv", "timestamp,latency\n1\n"),
        ("noon.csv", "timestamp,latency\nnoon,1\n"),
        ("local.csv", "timestamp,latency\n2026-01-31T12:00:00,1\n"),
        ("nano.csv", "timestamp,latency\n1573592097000000000,1\n"),
        ("others.csv", "timestamp,a,b\n1,2,3\n"),
        ("unnamed.csv", "timestamp,latency,\n1,2,3\n"),
        ("same.csv", "timestamp,latency,latency\n1,2,3\n"),
        ("events.csv", "timestamp,metric,value,host\n1,latency,3,a\n"),
        ("list.json", "[1]"),
        ("cut.json", "{\"status\":"),
        ("config-as-series.json", "{\"metrics\":[]}"),
        ("timeout.json", r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#),
        ("vector.json", r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#),
        ("twice.json", &response(twice)),
        ("nameless.json", &response(r#"{"metric":{},"values":[]}"#)),
        ("point.json", &response(r#"{"metric":{},"values":[[0,"much"]]}"#)),
        ("histogram.json", &response(r#"{"metric":{},"histograms":[]}"#)),
        ("folder/errors.txt", ""),
        ("two/latency.csv", "timestamp,a,b\n1,2,3\n"),
    ];
    let folder = slow_canary();
    let mut commands = Vec::new();
    for (path, content) in files {
        folder.write(path, content.as_bytes());
        let path = path.split_once('/').map_or(*path, |(folder, _)| folder);
        commands.push(RUN.replace("canary.csv", path));
    }
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    snapshot("bad_series", &said(&folder, &commands));
}

#[test]
fn bad_usage() {
    let run = |option: &str| format!("{RUN} {option}");
    let commands = [
        "run".to_owned(),
        "run --config missing.json --baseline baseline.csv --canary canary.csv".to_owned(),
        "run --config config.json --baseline - --canary -".to_owned(),
        run("--pass 101"),
        run("--pass 50"),
        run("--judge Nobody"),
        run("--explain nobody"),
        run("--format xml"),
        "test -b baseline.csv -n canary.csv".to_owned(),
        "test -b baseline.csv -n canary.csv --column p99".to_owned(),
        "test -b baseline.csv -n canary.csv --column latency --level 1".to_owned(),
        "calibrate -c config.json --history baseline.csv --minutes 0".to_owned(),
        "calibrate -c config.json --history baseline.csv --minutes 400".to_owned(),
        "calibrate -c config.json --history baseline.csv --pairs 3".to_owned(),
        "calibrate -c config.json --history baseline.csv --power 1".to_owned(),
        "calibrate -c config.json --history baseline.csv --change 0".to_owned(),
        "calibrate -c config.json --history baseline.csv --propose --minutes 1,2".to_owned(),
        "calibrate -c config.json --history baseline.csv minute.csv".to_owned(),
    ];
    let folder = slow_canary();
    folder.write("minute.csv", b"timestamp,latency\n0,1\n60,2\n120,1\n");
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    snapshot("bad_usage", &said(&folder, &commands));
}

#[cfg(feature = "retro")]
#[test]
fn bad_histories() {
    let files: &[(&str, &[u8])] = &[
        ("config.json", &config(&["latency"])),
        ("empty.csv", b""),
        ("packed.csv", b"\x1f\x8b\x08\x00"),
        ("noise.bin", b"x"),
        ("cut.parquet", b"PAR1"),
        ("build.csv", b"build,timestamp,metric,role,value\nv1,0,latency,canary,1\n"),
        ("cpu.csv", b"release,timestamp,role,cpu\nv1,0,canary,1\n"),
        ("no-release.csv", b"release,timestamp,role,latency\n,0,canary,1\n"),
        ("cells.csv", b"release,timestamp,role,latency\nv1,0,canary,much\nv2,,canary,1\nv3,0,cnary,1\nv4,0,canary,1\n"),
        ("good.csv", b"release,timestamp,role,latency\nv1,0,canary,1\nv1,0,baseline,1\n"),
    ];
    let folder = TestFolder::with(files);
    let retro =
        |path: &str, options: &str| format!("retro -c config.json --history {path} {options}");
    let paths = [
        "missing.csv",
        "*.arrow",
        "empty.csv",
        "packed.csv",
        "noise.bin",
        "cut.parquet",
        "build.csv",
        "cpu.csv",
        "no-release.csv",
    ];
    let mut commands: Vec<String> = paths.map(|path| retro(path, "")).to_vec();
    let options = [
        "--interval 0s",
        "--interval 20m --lifetime 10m",
        "--interval 1m --step 2m",
        "--warm-up 10m",
        "--lookback backwards",
        "--column build=release",
        "--role red=blue",
        "-f parquet",
        "-f lines -o out.csv",
        "-o out.xyz",
    ];
    commands.extend(options.map(|options| retro("good.csv", options)));
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    let broken = folder.judge(&retro("cells.csv", "")).stderr;
    snapshot("bad_histories", &format!("{}{broken}", said(&folder, &commands)));
}
