//! A real Graphite with whisper files, held against its own HTTP answers.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use judge_core::Clock;
use judge_sources::{Compat, Grid, Notice};
use serde_json::{Value, json};

use super::fetch::{fetch, hint, shown};
use super::server::{Running, free_port, stdout};

/// 2026-11-20T14:00:00Z, in seconds.
const START: i64 = 1_795_183_200;

struct Graphite {
    url: String,
    _running: Running,
    _folder: tempfile::TempDir,
}

/// An hour of minutes for two releases with two devices each, and a metric of ten seconds. The canary's first device
/// is silent for ten minutes.
fn graphite() -> Graphite {
    let folder = tempfile::tempdir().unwrap();
    let mut history = String::new();
    for (release, add) in [("stable", 0), ("canary", 5)] {
        for device in 0..2 {
            let value = |minute: i64| match (release, device) {
                ("canary", 0) if (20..30).contains(&minute) => "-".to_owned(),
                _ => format!("{}.25", minute % 7 + add + device),
            };
            let values: Vec<String> = (0..60).map(value).collect();
            let values = values.join(" ");
            writeln!(history, "net.{release}.eth{device} 60 {START} {values}").unwrap();
        }
        let values: Vec<String> = (0..360).map(|point| (point % 11 + add).to_string()).collect();
        let values = values.join(" ");
        writeln!(history, "load.{release} 10 {START} {values}").unwrap();
    }
    fs::write(folder.path().join("history"), history).unwrap();
    let port = free_port();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stores/graphite/serve.py");
    // Debian's Python, which Debian's Graphite is for.
    let mut running = Running::start(
        Command::new("/usr/bin/python3").arg(script).arg(folder.path()).arg(port.to_string()),
    );
    let url = format!("http://127.0.0.1:{port}");
    running.await_answer(&format!("{url}/metrics/find?query=*"));
    Graphite { url, _running: running, _folder: folder }
}

impl Graphite {
    fn source(&self) -> String {
        format!("graphite+{}", self.url)
    }

    /// The datapoints that Graphite itself answers, with -1 for gaps.
    fn datapoints(&self, target: &str, grid: Grid) -> Vec<(i64, f64)> {
        let (from, until) = (grid.start_millis() / 1000 - 1, grid.end_millis() / 1000 - 1);
        let url = format!("{}/render?format=json&from={from}&until={until}", self.url);
        let target = format!("target={target}");
        let answer = stdout(Command::new("curl").args(["-sfG", &url, "--data-urlencode", &target]));
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let points = answer[0]["datapoints"].as_array().unwrap();
        points.iter().map(|p| (p[1].as_i64().unwrap(), p[0].as_f64().unwrap_or(-1.0))).collect()
    }
}

fn query(target: &str) -> Value {
    json!({"type": "graphite", "metricName": target})
}

/// From so many minutes on, up to so many.
fn grid(from: i64, to: i64) -> Grid {
    Grid::new((START + from * 60) * 1000, (START + to * 60) * 1000, 60_000).unwrap()
}

#[test]
#[ignore = "needs graphite-web; .ci/sources runs it"]
fn series_are_those_of_graphite_with_gaps_at_their_times() {
    let store = graphite();
    let targets = ["net.$scope.eth0", "sumSeries(net.$scope.*)", "load.$scope"];
    let queries = targets.map(query);
    for grid in [grid(0, 60), grid(10, 35), grid(25, 28)] {
        let fetched =
            fetch(&store.source(), &queries, ["stable", "canary"], grid, Compat::None).unwrap();
        for (metric, target) in fetched.iter().zip(targets) {
            assert_eq!(metric.pairs.len(), 1, "{target}");
            let pair = &metric.pairs[0];
            assert_eq!(pair.tags, None);
            for (scope, series) in [("stable", &pair.baseline), ("canary", &pair.canary)] {
                let expected = store.datapoints(&target.replace("$scope", scope), grid);
                if series.is_silent() {
                    assert!(expected.iter().all(|(_, value)| *value == -1.0), "{target} {scope}");
                    continue;
                }
                let values: Vec<f64> = expected.iter().map(|(_, value)| *value).collect();
                assert_eq!(shown(&series.values), values, "{target} {scope}");
                let step = expected[1].0 - expected[0].0;
                let step_millis = u64::try_from(step * 1000).unwrap();
                let clock = Clock::new(expected[0].0 * 1000, step_millis).unwrap();
                assert_eq!(series.clock, Some(clock), "{target} {scope}");
            }
        }
    }
}

#[test]
#[ignore = "needs graphite-web; .ci/sources runs it"]
fn targets_are_paired_without_their_scope() {
    let store = graphite();
    let fetched = fetch(
        &store.source(),
        &[query("net.$scope.*")],
        ["stable", "canary"],
        grid(0, 60),
        Compat::None,
    )
    .unwrap();
    let tags = |pair: usize| fetched[0].pairs[pair].tags.clone().unwrap()["target"].clone();
    assert_eq!(fetched[0].pairs.len(), 2);
    assert_eq!(tags(0).as_deref(), Some("net.$scope.eth0"));
    assert_eq!(tags(1).as_deref(), Some("net.$scope.eth1"));
    assert!(fetched[0].notices.is_empty(), "{:?}", fetched[0].notices);
    // Kayenta has no tags for Graphite: the first one counts, and its gaps stay.
    let theirs = fetch(
        &store.source(),
        &[query("net.$scope.*")],
        ["stable", "canary"],
        grid(0, 60),
        Compat::Kayenta,
    )
    .unwrap();
    assert_eq!(theirs[0].pairs.len(), 1);
    assert_eq!(theirs[0].pairs[0].canary.values.iter().filter(|v| v.is_nan()).count(), 11);
}

#[test]
#[ignore = "needs graphite-web; .ci/sources runs it"]
fn a_target_that_finds_nothing_gets_a_hint() {
    let store = graphite();
    for (target, said) in [
        (
            "net.$scope.eth9",
            "nothing is called net.stable.eth9; below net.stable there are eth0, eth1",
        ),
        ("sumSeries(nett.$scope.*)", "nothing is called nett; there are load, net"),
    ] {
        let fetched = fetch(
            &store.source(),
            &[query(target)],
            ["stable", "canary"],
            grid(0, 60),
            Compat::None,
        );
        let fetched = fetched.unwrap();
        assert_eq!(hint(&fetched[0]), said);
        assert!(matches!(fetched[0].notices[0], Notice::NothingFound { .. }));
    }
    let failed = fetch(
        &store.source(),
        &[query("noSuchFunction(net.$scope.*)")],
        ["stable", "canary"],
        grid(0, 60),
        Compat::None,
    );
    let failed = failed.unwrap_err()[0].to_string();
    assert!(failed.contains("HTTP 400"), "{failed}");
}
