//! A real InfluxDB 1.x, held against its own HTTP answers.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use judge_sources::{Compat, Grid};
use serde_json::{Value, json};

use super::fetch::{fetch, hint, shown};
use super::server::{Running, free_port, stdout};

/// 2026-11-20T14:00:00Z, in seconds.
const START: i64 = 1_795_183_200;

struct InfluxDb {
    url: String,
    _running: Running,
    _folder: tempfile::TempDir,
}

/// An hour of ten seconds for two releases on two hosts each. The canary's are silent from minute 20 to 30.
fn history() -> String {
    let mut lines = String::new();
    for (release, add) in [("stable", 0), ("canary", 5)] {
        for host in 0..2 {
            for point in 0..360 {
                if release == "canary" && (120..180).contains(&point) {
                    continue;
                }
                let time = START + point * 10;
                let value = point % 7 + add + host;
                writeln!(
                    lines,
                    "cpu,release={release},host={release}-{host} usage={value}.5,load={value}i,note=\"x\" {time}"
                )
                .unwrap();
            }
        }
    }
    lines
}

fn influxdb() -> InfluxDb {
    let folder = tempfile::tempdir().unwrap();
    let (port, rpc) = (free_port(), free_port());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let config = format!(
        "reporting-disabled = true\nbind-address = \"127.0.0.1:{rpc}\"\n[meta]\ndir = {:?}\n\
         [data]\ndir = {:?}\nwal-dir = {:?}\n[http]\nbind-address = \"127.0.0.1:{port}\"\n\
         [monitor]\nstore-enabled = false\n",
        path("meta"),
        path("data"),
        path("wal")
    );
    fs::write(path("influxdb.conf"), config).unwrap();
    fs::write(path("history"), history()).unwrap();
    let mut running = Running::start(
        Command::new("influxd")
            .args(["run", "-config", &path("influxdb.conf")])
            .env("HOME", folder.path()),
    );
    let url = format!("http://127.0.0.1:{port}");
    running.await_answer(&format!("{url}/ping"));
    let create = format!("{url}/query?q=CREATE%20DATABASE%20shop");
    stdout(Command::new("curl").args(["-sf", "-XPOST", &create]));
    let write = format!("{url}/write?db=shop&precision=s");
    let lines = format!("@{}", path("history"));
    stdout(Command::new("curl").args(["-sf", "-XPOST", &write, "--data-binary", &lines]));
    InfluxDb { url, _running: running, _folder: folder }
}

impl InfluxDb {
    fn source(&self) -> String {
        format!("influxdb+{}?db=shop", self.url)
    }

    /// The rows that InfluxDB itself answers: time in milliseconds and first value, -1 for gaps.
    fn rows(&self, query: &str) -> Vec<(i64, f64)> {
        let url = format!("{}/query?db=shop&epoch=ms", self.url);
        let query = format!("q={query}");
        let answer = stdout(Command::new("curl").args(["-sfG", &url, "--data-urlencode", &query]));
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let rows = answer["results"][0]["series"][0]["values"].as_array().unwrap();
        rows.iter().map(|r| (r[0].as_i64().unwrap(), r[1].as_f64().unwrap_or(-1.0))).collect()
    }
}

fn template(text: &str) -> Value {
    json!({"type": "influxdb", "customInlineTemplate": text})
}

fn grid(from: i64, to: i64) -> Grid {
    Grid::new((START + from * 60) * 1000, (START + to * 60) * 1000, 60_000).unwrap()
}

const SCOPES: [&str; 2] = ["host:stable-0", "host:canary-0"];
const GROUPED: &str =
    "SELECT mean(usage) FROM cpu WHERE ${timeFilter} AND ${scope} GROUP BY time(${step})";

#[test]
#[ignore = "needs influxd; .ci/sources runs it"]
fn series_are_those_of_influxdb_with_gaps_at_their_times() {
    let store = influxdb();
    let queries = [
        json!({"type": "influxdb", "metricName": "cpu", "fields": ["usage"]}),
        template(GROUPED),
        template(&GROUPED.replace("GROUP BY time(${step})", "GROUP BY time(${step}) fill(none)")),
    ];
    for grid in [grid(0, 60), grid(10, 35)] {
        let fetched = fetch(&store.source(), &queries, SCOPES, grid, Compat::None).unwrap();
        for metric in &fetched {
            let pair = &metric.pairs[0];
            assert_eq!((metric.pairs.len(), &pair.tags), (1, &None), "{:?}", metric.notices);
            for (side, series) in
                [(&metric.baseline, &pair.baseline), (&metric.canary, &pair.canary)]
            {
                let clock = series.clock.unwrap();
                let (start_millis, step_millis) = (clock.start_millis(), clock.step_millis());
                assert_eq!(start_millis, grid.start_millis(), "{}", side.query);
                let expected = store.rows(&side.query);
                let mut values = vec![-1.0; series.values.len()];
                for (time, value) in expected {
                    let point = time.abs_diff(start_millis) / step_millis;
                    values[usize::try_from(point).unwrap()] = value;
                }
                assert_eq!(shown(&series.values), values, "{}", side.query);
                assert_eq!(
                    series.values.len() as u64 * step_millis,
                    grid.points() as u64 * grid.step_millis()
                );
            }
        }
        assert_eq!(fetched[0].pairs[0].canary.clock.unwrap().step_millis(), 10_000);
        let filled = [1, 2].map(|query: usize| shown(&fetched[query].pairs[0].canary.values));
        assert_eq!(filled[0], filled[1]);
    }
}

#[test]
#[ignore = "needs influxd; .ci/sources runs it"]
fn groups_are_pairs_and_fields_too() {
    let store = influxdb();
    let by_host =
        "SELECT mean(usage) FROM cpu WHERE ${timeFilter} AND ${scope} GROUP BY time(${step}), host";
    let all = json!({"type": "influxdb", "metricName": "cpu"});
    let queries = [template(by_host), all.clone()];
    let scopes = ["release:stable", "release:canary"];
    let fetched = fetch(&store.source(), &queries, scopes, grid(0, 10), Compat::None).unwrap();
    assert_eq!(fetched[0].baseline.series.len(), 2);
    // Two hosts have points at one time: they are taken in order, and a notice says so. Text is left out.
    let said: Vec<String> = fetched[1].notices.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|said| said.contains("no regular times")), "{said:?}");
    assert!(said.iter().any(|said| said.contains("column note is left out")), "{said:?}");
    assert_eq!(fetched[1].pairs.len(), 2);

    let theirs = fetch(&store.source(), &[all], SCOPES, grid(15, 35), Compat::Kayenta).unwrap();
    let pair = &theirs[0].pairs[0];
    assert_eq!(pair.tags.clone().unwrap()["field"].as_deref(), Some("load"));
    // Gaps are closed up.
    assert_eq!(pair.canary.values.iter().filter(|value| !value.is_nan()).count(), 60);
}

#[test]
#[ignore = "needs influxd; .ci/sources runs it"]
fn a_query_that_finds_nothing_gets_a_hint() {
    let store = influxdb();
    let named = |measurement: &str| json!({"type": "influxdb", "metricName": measurement, "fields": ["usage"]});
    for (query, scope, said) in [
        (named("cpuu"), "host:a", "no measurement of shop is called cpuu; did you mean cpu?"),
        (named("cpu"), "pod:a", "cpu has no tag pod; it has host, release"),
        (
            named("cpu"),
            "release:new",
            "no series of cpu has release='new'; release is canary, stable",
        ),
    ] {
        let fetched =
            fetch(&store.source(), &[query], [scope, scope], grid(0, 60), Compat::None).unwrap();
        assert_eq!(hint(&fetched[0]), said);
    }
    let other = format!("influxdb+{}?db=other", store.url);
    let failed = fetch(&other, &[named("cpu")], SCOPES, grid(0, 60), Compat::None).unwrap_err();
    let said = "database not found: other; give the database as ?db=NAME in the source's URL";
    assert!(failed[0].to_string().contains(said), "{}", failed[0]);
}
