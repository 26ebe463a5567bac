use std::fmt::Write;

use serde_json::Value;

use crate::harness::{PARITY, RUN, TestFolder, config};

#[test]
fn a_million_points() {
    let table = |level: u32| {
        let mut table = "timestamp,m\n".to_owned();
        for time in 0..1_000_000_u32 {
            writeln!(table, "{time},{}", level + time.wrapping_mul(2_654_435_761) % 1000).unwrap();
        }
        table
    };
    let place = TestFolder::with(&[
        ("config.json", &config(&["m"])),
        ("baseline.csv", table(1000).as_bytes()),
        ("canary.csv", table(1000).as_bytes()),
    ]);
    let answer = place.judge(&format!("{RUN} --format json"));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let judgement: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(judgement["metrics"][0]["baseline"]["counts"]["judged"], 1_000_000);
}

#[test]
fn ten_thousand_metrics() {
    let names: Vec<String> = (0..10_000).map(|index| format!("metric-{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut table = format!("timestamp,{}\n", names.join(","));
    for time in 0..5 {
        let values: Vec<String> =
            (0..names.len()).map(|index| (index + time).to_string()).collect();
        writeln!(table, "{time},{}", values.join(",")).unwrap();
    }
    let place = TestFolder::with(&[
        ("config.json", &config(&names)),
        ("baseline.csv", table.as_bytes()),
        ("canary.csv", table.as_bytes()),
    ]);
    let answer = place.judge(&format!("{RUN} --format json"));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let judgement: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(judgement["metrics"].as_array().unwrap().len(), 10_000);
    assert_eq!(place.judge(RUN).stdout.matches("Pass").count(), 10_000);
}

/// A few bytes that would need gigabytes of gaps.
#[test]
fn sparse_times_do_not_fill_the_memory() {
    let mut far = "timestamp,metric,value\n".to_owned();
    for index in 0..2000_i64 {
        writeln!(far, "{index},m{index},1\n{},m{index},2", 9_000_000_000_i64 + index).unwrap();
    }
    far.push_str("5,m0,1\n");
    let place = TestFolder::with(&[
        ("config.json", &config(&["m0", "m1"])),
        ("baseline.csv", far.as_bytes()),
        ("canary.csv", far.as_bytes()),
    ]);
    let answer = place.judge(&format!("{RUN} --format json {PARITY}"));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stderr.contains("look for a wrong timestamp"), "{answer:?}");
}
