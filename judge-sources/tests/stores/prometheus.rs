//! A real Prometheus, held against `promtool query range`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use judge_sources::{
    Compat, FetchRequest, FetchedMetric, Grid, Notice, Queries, Scope, SideRequest, SourceSettings,
    Sources, StoreKind,
};
use serde_json::{Value, json};

use super::server::{Running, free_port, stdout};

/// 2026-11-20T14:00:00Z, in seconds.
const START: i64 = 1_795_183_200;
const MINUTES: i64 = 120;

/// Two pods a release, a sample each 15 seconds; those of the second pod of the canary stop for twenty minutes.
fn history() -> String {
    let mut text = String::from("# TYPE requests counter\n");
    for (release, pods) in [("stable", ["shop-1", "shop-2"]), ("canary", ["shop-3", "shop-4"])] {
        for (number, pod) in pods.into_iter().enumerate() {
            for sample in 0..MINUTES * 4 {
                let (time, minute) = (START + sample * 15, sample / 4);
                if pod == "shop-4" && (40..60).contains(&minute) {
                    continue;
                }
                let value = sample * (10 + i64::try_from(number).unwrap()) + sample % 7;
                writeln!(text, "requests_total{{job=\"shop\",release=\"{release}\",pod=\"{pod}\"}} {value} {time}").unwrap();
            }
        }
    }
    text.push_str("# TYPE memory gauge\n");
    for sample in 0..MINUTES * 4 {
        // Nothing from minute 30 to 50.
        if !(120..200).contains(&sample) {
            let value = f64::from(u8::try_from(sample % 11).unwrap()) / 3.0;
            writeln!(
                text,
                "memory{{job=\"shop\",release=\"canary\"}} {value} {}",
                START + sample * 15
            )
            .unwrap();
        }
    }
    text + "# EOF\n"
}

struct Prometheus {
    url: String,
    _running: Running,
    _folder: tempfile::TempDir,
}

fn prometheus() -> Prometheus {
    let folder = tempfile::tempdir().unwrap();
    let (history_file, data) = (folder.path().join("history"), folder.path().join("data"));
    fs::write(&history_file, history()).unwrap();
    let blocks = ["tsdb", "create-blocks-from", "openmetrics"];
    stdout(Command::new("promtool").args(blocks).arg(&history_file).arg(&data));
    let config = folder.path().join("prometheus.yml");
    fs::write(&config, "").unwrap();
    let address = format!("127.0.0.1:{}", free_port());
    let flag = |name: &str, path: &Path| format!("--{name}={}", path.display());
    let mut running = Running::start(
        Command::new("prometheus")
            .arg(flag("config.file", &config))
            .arg(flag("storage.tsdb.path", &data))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address={address}")),
    );
    let url = format!("http://{address}");
    running.await_answer(&format!("{url}/-/ready"));
    Prometheus { url, _running: running, _folder: folder }
}

fn queries(templates: &[&str]) -> Queries {
    let metric = |(number, template): (usize, &&str)| {
        let query = json!({"customInlineTemplate": template});
        json!({"name": format!("m{number}"), "groups": ["G"], "query": query})
    };
    let metrics: Vec<Value> = templates.iter().enumerate().map(metric).collect();
    Queries::read(&json!({"metrics": metrics})).unwrap()
}

fn grid(minutes: std::ops::Range<i64>, step_seconds: u64) -> Grid {
    let at = |minute| (START + minute * 60) * 1000;
    Grid::new(at(minutes.start), at(minutes.end), step_seconds * 1000).unwrap()
}

fn fetch(store: &Prometheus, templates: &[&str], grid: Grid, compat: Compat) -> Vec<FetchedMetric> {
    let settings = SourceSettings::at("p", StoreKind::Prometheus, &store.url).unwrap();
    let sources = Sources::new(vec![settings]).unwrap();
    let side = |scope: &str| SideRequest { scope: Scope::new(scope), grid };
    let request = FetchRequest {
        baseline: side("stable"),
        canary: side("canary"),
        compat,
        timeout: Duration::from_mins(1),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fetched = runtime.block_on(sources.fetch(&queries(templates), &request));
    fetched.unwrap_or_else(|failures| panic!("{}", failures[0]))
}

/// What promtool gives for a query: by labels, the values by second.
fn promtool(store: &Prometheus, query: &str, grid: Grid) -> BTreeMap<String, BTreeMap<i64, f64>> {
    let seconds = |name: &str, millis: i64| format!("--{name}={}", millis / 1000);
    let answer = stdout(
        Command::new("promtool")
            .args(["query", "range", "-o", "json"])
            .arg(seconds("start", grid.start_millis()))
            .arg(seconds("end", grid.last_millis()))
            .arg(format!("--step={}s", grid.step_millis() / 1000))
            .args([&store.url, query]),
    );
    let answer: Vec<Value> = serde_json::from_str(&answer).unwrap();
    let series = |one: &Value| {
        let labels: BTreeMap<String, String> =
            serde_json::from_value(one["metric"].clone()).unwrap();
        let labels = labels.into_iter().filter(|(label, _)| label != "__name__");
        let point = |point: &Value| {
            (point[0].as_i64().unwrap(), point[1].as_str().unwrap().parse().unwrap())
        };
        let points = one["values"].as_array().unwrap().iter().map(point).collect();
        (format!("{:?}", labels.collect::<BTreeMap<_, _>>()), points)
    };
    answer.iter().map(series).collect()
}

#[test]
#[ignore = "needs prometheus and promtool; .ci/sources runs it"]
fn series_are_those_of_promtool_with_gaps_at_their_times() {
    let store = prometheus();
    let templates = [
        "PromQL:requests_total{release=\"${scope}\"}",
        "PromQL:sum(rate(requests_total{release=\"${scope}\"}[1m]))",
        "PromQL:memory{release=\"${scope}\"}",
        "PromQL:histogram_quantile(0.5, requests_total{release=\"${scope}\"})",
        "PromQL:sum by (pod) (rate(requests_total{release=\"${scope}\"}[45s])) / 0",
    ];
    for grid in [grid(0..MINUTES, 60), grid(20..70, 15), grid(29..31, 1), grid(39..61, 7)] {
        for metric in fetch(&store, &templates, grid, Compat::None) {
            for side in [&metric.baseline, &metric.canary] {
                let expected = promtool(&store, &side.query, grid);
                assert_eq!(side.series.len(), expected.len(), "{}", side.query);
                for found in &side.series {
                    let values = &expected[&format!("{:?}", found.labels)];
                    assert_eq!(found.series.values.len(), grid.points());
                    for (point, value) in found.series.values.iter().enumerate() {
                        let expected =
                            values.get(&(grid.time(point) / 1000)).copied().unwrap_or(f64::NAN);
                        assert_eq!(
                            value.to_bits() | u64::from(value.is_nan()),
                            expected.to_bits() | u64::from(expected.is_nan()),
                            "{} at {point}",
                            side.query
                        );
                    }
                }
            }
        }
    }
}

#[test]
#[ignore = "needs prometheus and promtool; .ci/sources runs it"]
fn a_window_of_more_points_than_prometheus_gives_is_whole() {
    let store = prometheus();
    let templates = ["PromQL:sum by (pod) (rate(requests_total{release=\"${scope}\"}[45s]))"];
    let seconds = grid(0..MINUTES, 1);
    let halves = Grid::new(seconds.start_millis(), seconds.end_millis(), 500).unwrap();
    assert_eq!(halves.points(), 14_400, "Prometheus gives 11,000");
    // The test above holds whole seconds against promtool.
    let [whole, halves] =
        [seconds, halves].map(|grid| fetch(&store, &templates, grid, Compat::None).remove(0));
    assert_eq!(halves.canary.series.len(), 2);
    for (one, other) in whole.canary.series.iter().zip(&halves.canary.series) {
        assert_eq!(one.labels, other.labels);
        let bits = |value: &f64| value.to_bits();
        let each_second = other.series.values.iter().step_by(2).map(bits);
        assert!(one.series.values.iter().map(bits).eq(each_second), "{:?}", one.labels);
    }
}

#[test]
#[ignore = "needs prometheus and promtool; .ci/sources runs it"]
fn gaps_are_closed_up_for_kayenta_alone() {
    let store = prometheus();
    let grid = grid(0..MINUTES, 60);
    let templates = ["PromQL:memory{release=\"${scope}\"}"];
    let ours = &fetch(&store, &templates, grid, Compat::None)[0];
    let values = &ours.pairs[0].canary.values;
    assert_eq!(values.len(), 120);
    // A sample counts for five minutes.
    let gaps: Vec<usize> = (0..120).filter(|&minute| values[minute].is_nan()).collect();
    assert_eq!(gaps, (35..50).collect::<Vec<_>>());
    assert!(ours.pairs[0].baseline.is_silent());

    let theirs = &fetch(&store, &templates, grid, Compat::Kayenta)[0];
    let closed = &theirs.pairs[0].canary.values;
    // With the end, which is a minute later.
    let last =
        promtool(&store, &theirs.canary.query, theirs.canary.grid).into_values().next().unwrap();
    assert_eq!(closed, &last.into_values().collect::<Vec<_>>());
    assert_eq!(closed.len(), 121 - 15);
    assert_eq!(theirs.pairs[0].baseline.values.len(), 120, "as many gaps as steps");
}

#[test]
#[ignore = "needs prometheus and promtool; .ci/sources runs it"]
fn pairs_meet_although_pods_differ() {
    let store = prometheus();
    let templates = [
        "PromQL:sum by (release) (rate(requests_total{release=\"${scope}\"}[1m]))",
        "PromQL:rate(requests_total{release=\"${scope}\"}[1m])",
    ];
    let fetched = fetch(&store, &templates, grid(2..30, 60), Compat::None);
    assert_eq!(fetched[0].pairs.len(), 1);
    let [Notice::Dropped(dropped)] = fetched[0].notices.as_slice() else {
        panic!("{:?}", fetched[0].notices)
    };
    assert_eq!((dropped.label.as_str(), dropped.baseline.as_deref()), ("release", Some("stable")));
    assert_eq!(fetched[1].pairs.len(), 4);
    assert!(fetched[1].notices.contains(&Notice::FallApart { labels: vec!["pod".to_owned()] }));
}

#[test]
#[ignore = "needs prometheus and promtool; .ci/sources runs it"]
fn a_query_that_finds_nothing_gets_a_hint() {
    let store = prometheus();
    let here = grid(0..MINUTES, 60);
    for (template, window, said) in [
        (
            "PromQL:request_total{release=\"${scope}\"}",
            here,
            "no series is called request_total in that time; did you mean requests_total?",
        ),
        (
            "PromQL:sum(rate(requests_total{release=\"x\"}[1m]))",
            here,
            "no series of requests_total has release=\"x\" in that time; release is canary, stable",
        ),
        (
            "PromQL:requests_total{version=\"1\"}",
            here,
            "no series of requests_total has the label version in that time; they have job, pod, release",
        ),
        (
            "PromQL:requests_total{release=\"stable\",pod=\"shop-4\"}",
            here,
            "each matcher of requests_total{release=\"stable\",pod=\"shop-4\"} has series, but no series has them all",
        ),
        (
            "PromQL:memory",
            grid(6000..6060, 60),
            "the store has no series at all from 2026-11-24T18:00:00Z",
        ),
    ] {
        let fetched = &fetch(&store, &[template], window, Compat::None)[0];
        let hint = fetched.notices.iter().find_map(|notice| match notice {
            Notice::NothingFound { hint, .. } => hint.clone(),
            _ => None,
        });
        let hint = hint.unwrap_or_default();
        assert!(hint.contains(said), "{template}: {hint}");
    }
}
