//! A page of the list of many canaries, on SQLite: without a search, and with searches that find much, little, nothing.
//! `cargo bench -p canary-judge-canary --bench list -- [--canaries 100000] [--times 51]`

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the config is that of the tests"
)]

#[path = "../tests/canaries/source.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod source;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use judge_canary::{
    Canaries, CanaryFilter, CanaryRequest, CanaryState, CanaryStore, ConfigChoice, PlanSpec,
    ScopePair, SqlStore, StageTimes, StorePlace, SystemClock,
};
use serde_json::Value;

/// Copies of the first canary: of 100 applications, and one that alone has a caller of its own, the oldest.
const COPIES: &str = "WITH RECURSIVE copy (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM copy WHERE n < $1) \
    INSERT INTO canaries (id, start_key, origin, application, config_id, config_version, config_name, caller, state, \
    verdict, score, reason, planned, looks, created_millis, ended_millis, next_millis, attempts, since_millis, \
    lease_owner, lease_millis, bytes, document) \
    SELECT printf('7%025d', n), 'id ' || n, origin, 'shop-' || (n % 100), config_id, config_version, \
    'latency and errors of shop-' || (n % 100), CASE n WHEN 2 THEN 'rare' ELSE 'deployer' END, 'finished', 'pass', 100, \
    'look 60 of 60: Pass, 100 of 100', planned, 60, created_millis, created_millis + n, next_millis, attempts, \
    since_millis, lease_owner, lease_millis, bytes, document FROM copy, (SELECT * FROM canaries LIMIT 1)";

fn argument(name: &str, default: i64) -> i64 {
    let given = std::env::args().skip_while(|argument| argument != name).nth(1);
    given.map_or(default, |given| given.parse().expect("a number"))
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure());
}

/// A store of so many canaries of 20 metrics.
async fn filled(file: &Path, count: i64) -> SqlStore {
    let place = StorePlace::Sqlite(file.to_owned());
    let sources = source::Prometheus::start().await.sources();
    let store = Arc::new(SqlStore::open(&place).await.unwrap());
    let canaries = Canaries::new(store, sources, Arc::new(SystemClock));
    let request = CanaryRequest {
        key: None,
        origin: "canary".to_owned(),
        application: "shop".to_owned(),
        config: ConfigChoice::Inline(source::config(20)),
        thresholds: None,
        plan: PlanSpec::stage(ScopePair::new("stable", "canary"), StageTimes::lasting(3_600_000)),
        metadata: BTreeMap::new(),
        api: Value::Null,
    };
    canaries.start(request, "bench").await.unwrap();
    drop(canaries);
    let pool = sqlx::AnyPool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::query(COPIES).bind(count).execute(&pool).await.unwrap();
    pool.close().await;
    SqlStore::open(&place).await.unwrap()
}

async fn measure() {
    let (count, times) = (argument("--canaries", 100_000), argument("--times", 51));
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("judge.db");
    let store = filled(&file, count).await;
    let mut out = std::io::stdout();
    let mib = std::fs::metadata(&file).unwrap().len() / 1024 / 1024;
    writeln!(out, "{count} canaries, {mib} MiB").unwrap();
    let (any, finished) = (Vec::new, || vec![CanaryState::Finished]);
    for (what, states, application, search, found) in [
        ("no search", any(), None, None, 100),
        ("a search that finds all", any(), None, Some("latency"), 100),
        ("a search that finds one of 100", any(), None, Some("shop-42"), 100),
        ("a search that finds the oldest alone", any(), None, Some("rare"), 1),
        ("a search that finds none", any(), None, Some("nowhere"), 0),
        ("the same among the finished", finished(), None, Some("nowhere"), 0),
        ("the same in one application", any(), Some("shop-42"), Some("nowhere"), 0),
    ] {
        let filter = CanaryFilter {
            states,
            application: application.map(str::to_owned),
            search: search.map(str::to_owned),
            limit: 100,
            ..CanaryFilter::default()
        };
        let mut taken = Vec::new();
        for _ in 0..times {
            let start = Instant::now();
            let page = store.list(&filter).await.unwrap();
            taken.push(start.elapsed());
            assert_eq!(page.canaries.len(), found, "{what}");
        }
        taken.sort_unstable();
        let (median, last) = (taken[taken.len() / 2], taken[taken.len() - 1]);
        writeln!(out, "{what}: median {median:.1?}, longest {last:.1?}").unwrap();
    }
}
