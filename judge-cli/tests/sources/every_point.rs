//! Runs `judge watch --every-point` on points that a real Prometheus scrapes meanwhile.

use std::process::{Child, Stdio};

use judge_core::monitor::Monitor;
use judge_core::{Side, Thresholds, kayenta};
use serde_json::{Value, json};

use crate::now;
use crate::shop::{Answer, Shop};

/// How long we monitor canaries, in steps of a second: an alarm needs at least seven points.
const LIFETIME: i64 = 25;

/// Monitors `canary` from `start` on, and writes to its own file.
fn monitored(shop: &Shop, canary: &str, start: i64) -> Child {
    let (start, lifetime) = (start.to_string(), format!("{LIFETIME}s"));
    shop.command_about(&["watch", "--config", "canary.json", "--every-point"], "stable", canary)
        .args(["--judge", "EvidenceJudge-v1", "--lifetime", &lifetime, "--settle", "2s"])
        .args(["--start", &start, "--output", &format!("{canary}.json")])
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Monitors the points in Prometheus from `start` to `end` with the library.
fn by_the_library(shop: &Shop, canary: &str, start: i64, end: i64) -> Monitor {
    let (begin, until) = (start.to_string(), end.to_string());
    let window = ["--start", &begin, "--end", &until, "--format", "full"];
    let Answer { stdout, stderr, .. } = Answer::run(
        shop.command_about(&["run", "--config", "canary.json"], "stable", canary).args(window),
    );
    let full: Value =
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    let pair = &full["request"]["metricSetPairList"][0];
    let config = kayenta::read_config(&shop.read("canary.json")).unwrap();
    let mut monitor = Monitor::new(config, Thresholds::DEFAULT).unwrap();
    let points = |side: &str| pair["values"][side].as_array().unwrap().clone();
    let sides = [(Side::Baseline, points("control")), (Side::Canary, points("experiment"))];
    for step in 0..end - start {
        for (side, points) in &sides {
            let point = usize::try_from(step).ok().and_then(|step| points[step].as_f64());
            if let Some(value) = point {
                monitor.add("latency", *side, step, value).unwrap();
            }
        }
        monitor.complete_through(step);
    }
    monitor
}

#[test]
#[ignore = "needs prometheus; .ci/sources runs it"]
fn a_canary_is_monitored_while_prometheus_scrapes_it_and_is_started_again() {
    let mut shop = Shop::open();
    let start = now() + 1;
    let running = ["slow", "same"].map(|canary| (canary, monitored(&shop, canary, start)));
    shop.start_again();
    for (canary, mut child) in running {
        let code = child.wait().unwrap().code();
        let looks: Value = serde_json::from_slice(&shop.read(&format!("{canary}.json"))).unwrap();
        let count = looks["looks"].as_array().unwrap().len();
        let seen = i64::try_from(count).unwrap();
        let library = by_the_library(&shop, canary, start, start + seen);
        let expected = if canary == "slow" {
            assert_eq!((code, &looks["ended"]), (Some(4), &json!("stopped")), "{looks}");
            assert_eq!(looks["becauseOf"], json!(["latency"]), "{looks}");
            assert!(seen < LIFETIME, "it is stopped before the end: {looks}");
            library.report()
        } else {
            assert_eq!((code, &looks["ended"]), (Some(0), &json!("lifetime")), "{looks}");
            assert_eq!((&looks["verdict"], seen), (&json!("Pass"), LIFETIME), "{looks}");
            library.report_at_end()
        };
        assert_eq!(looks["monitor"], serde_json::to_value(expected).unwrap(), "{canary}");
    }
}
