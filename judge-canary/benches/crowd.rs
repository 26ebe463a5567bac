//! Many canaries whose looks are due at one moment, or spread over the interval: how late looks begin and end.
//! `cargo bench -p canary-judge-canary --bench crowd -- [--canaries 1000] [--metrics 20] [--minutes 3] [--spread] [--looks 1024]`
//! On SQLite; with `JUDGE_POSTGRES`, the URL of a server where databases may be made, on PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the stand-in for a Prometheus is that of the tests"
)]

#[path = "../tests/canaries/source.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod source;

mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use judge_canary::{
    Canaries, CanaryRequest, ConfigChoice, PlanSpec, RunClock, Runner, RunnerOptions, ScopePair,
    SqlStore, StageTimes, SystemClock,
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

const MINUTE: u64 = 60_000;

/// Time before the first interval in which all are started.
const STARTING: i64 = 20_000;

fn argument(name: &str, default: u64) -> u64 {
    let given = std::env::args().skip_while(|argument| argument != name).nth(1);
    given.map_or(default, |given| given.parse().expect("a number"))
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure());
}

/// Resident memory of this process, which has the stand-in too, in MiB.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}

async fn measure() {
    let (count, metrics, minutes) =
        (argument("--canaries", 1000), argument("--metrics", 20), argument("--minutes", 3));
    let spread = std::env::args().any(|argument| argument == "--spread");
    let (prometheus, folder) =
        (source::Prometheus::start().await, tempfile::TempDir::new().unwrap());
    let place = common::place(folder.path()).await;
    let store = SqlStore::open(&place).await.unwrap();
    let canaries = Canaries::new(Arc::new(store), prometheus.sources(), Arc::new(SystemClock));
    let ending = CancellationToken::new();
    let options = RunnerOptions::default();
    let looks = usize::try_from(argument("--looks", options.looks as u64)).unwrap();
    let options = RunnerOptions { looks, ..options };
    let running = tokio::spawn(Runner::new(&canaries, options).run(ending.clone()));
    let start = canaries.now_millis() + STARTING;
    let config = source::config(usize::try_from(metrics).unwrap());
    let mut ids = Vec::new();
    for number in 0..count {
        let offset = if spread { MINUTE * number / count } else { 0 };
        let times = StageTimes {
            start_millis: Some(start.saturating_add_unsigned(offset)),
            interval_millis: Some(MINUTE),
            ..StageTimes::lasting(minutes * MINUTE)
        };
        let plan = PlanSpec {
            settle_millis: 0,
            ..PlanSpec::stage(ScopePair::new("stable", format!("c{number}")), times)
        };
        let request = CanaryRequest {
            key: None,
            origin: "canary".to_owned(),
            application: "shop".to_owned(),
            config: ConfigChoice::Inline(config.clone()),
            thresholds: None,
            plan,
            metadata: BTreeMap::new(),
            api: Value::Null,
        };
        ids.push(canaries.start(request, "bench").await.unwrap().canary.summary.id);
    }
    let end = start.saturating_add_unsigned(minutes * MINUTE + if spread { MINUTE } else { 0 });
    SystemClock.wait_until(end + 30_000).await;
    let (mut began, mut ended) = (Vec::new(), Vec::new());
    for id in &ids {
        for look in canaries.looks(id, 0).await.unwrap() {
            assert!(look.judgement().is_some(), "{:?}", look.result);
            began.push(look.began_millis - look.window.due_millis);
            ended.push(look.ended_millis - look.window.due_millis);
        }
    }
    let expected = usize::try_from(count * minutes).unwrap();
    let mut out = std::io::stdout();
    let mut figures = |what: &str, mut late: Vec<i64>| {
        late.sort_unstable();
        let at = |share: usize| late[(late.len() - 1) * share / 100];
        writeln!(
            out,
            "{what}: {} of {expected} looks, after their time: median {} ms, 99 % {} ms, last {} ms",
            late.len(), at(50), at(99), at(100)
        )
        .unwrap();
    };
    figures("began", began);
    figures("ended", ended);
    writeln!(out, "at most {} MiB, with the stand-in's", resident_mib()).unwrap();
    ending.cancel();
    running.await.unwrap();
}
