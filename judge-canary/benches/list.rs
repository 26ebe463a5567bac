//! What calls take beside many canaries that have ended: pages of the list, without a search and with searches that find much,
//! little, nothing; starts of canaries, which look back at the releases of their application; the start of a server.
//! `cargo bench -p canary-judge-canary --bench list -- [--canaries 100000] [--times 51]`
//! On SQLite; with `JUDGE_POSTGRES`, the URL of a server where databases may be made, on PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the config is that of the tests"
)]

#[path = "../tests/canaries/source.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod source;

mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use judge_canary::{
    Canaries, CanaryFilter, CanaryRequest, CanaryState, ConfigChoice, PlanSpec, Retention,
    RunClock, Runner, RunnerOptions, ScopePair, SqlStore, StageTimes, StorePlace, SystemClock,
};
use judge_sources::Sources;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// Copies of the first canary: of 100 applications, and one that alone has a caller of its own, the oldest.
const COPIES: &str = "WITH RECURSIVE copy (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM copy WHERE n < $1) \
    INSERT INTO canaries (id, start_key, origin, application, config_id, config_version, config_name, caller, state, \
    verdict, score, reason, planned, looks, created_millis, ended_millis, next_millis, attempts, since_millis, \
    lease_owner, lease_millis, bytes, document) \
    SELECT '7000000000000000' || SUBSTR(CAST(n + 1000000000 AS TEXT), 2), 'id ' || n, origin, 'shop-' || (n % 100), \
    config_id, config_version, 'latency and errors of shop-' || (n % 100), \
    CASE n WHEN 2 THEN 'rare' ELSE 'deployer' END, 'finished', 'pass', 100, 'look 1 of 1: Pass, 100 of 100', planned, \
    looks, created_millis, created_millis + n, next_millis, attempts, since_millis, lease_owner, lease_millis, bytes, \
    document FROM copy CROSS JOIN (SELECT * FROM canaries LIMIT 1) AS first";

/// The look of the first canary, for the copies of one application.
const LOOKS: &str = "INSERT INTO looks (canary_id, number, began_millis, ended_millis, score, verdict, metric_set_id, document) \
    SELECT canaries.id, number, began_millis, first.ended_millis, first.score, first.verdict, metric_set_id, first.document \
    FROM canaries CROSS JOIN (SELECT * FROM looks LIMIT 1) AS first WHERE application = 'shop-42'";

fn argument(name: &str, default: i64) -> i64 {
    let given = std::env::args().skip_while(|argument| argument != name).nth(1);
    given.map_or(default, |given| given.parse().expect("a number"))
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure());
}

/// A canary of 20 metrics over an hour that is over, one look.
fn request(application: &str, config_name: &str) -> CanaryRequest {
    let mut config = source::config(20);
    config["name"] = config_name.into();
    let now = SystemClock.now_millis();
    let times =
        StageTimes { start_millis: Some(now - 3_600_000), ..StageTimes::lasting(3_600_000) };
    CanaryRequest {
        key: None,
        origin: "canary".to_owned(),
        application: application.to_owned(),
        config: ConfigChoice::Inline(config),
        thresholds: None,
        plan: PlanSpec {
            settle_millis: 0,
            ..PlanSpec::stage(ScopePair::new("stable", "canary"), times)
        },
        metadata: BTreeMap::new(),
        api: Value::Null,
    }
}

/// A store of so many canaries of 20 metrics.
async fn fill(place: &StorePlace, sources: Arc<Sources>, count: i64) {
    let canaries = Canaries::new(
        Arc::new(SqlStore::open(place).await.unwrap()),
        sources,
        Arc::new(SystemClock),
    );
    let ending = CancellationToken::new();
    let running =
        tokio::spawn(Runner::new(&canaries, RunnerOptions::default()).run(ending.clone()));
    let id = canaries.start(request("shop", "shop"), "bench").await.unwrap().canary.summary.id;
    while !canaries.get(&id).await.unwrap().summary.is_over() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ending.cancel();
    running.await.unwrap();
    drop(canaries);
    let url = match place {
        StorePlace::Sqlite(file) => format!("sqlite://{}", file.display()),
        StorePlace::Postgres(url) => url.clone(),
    };
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    sqlx::query(COPIES).bind(count).execute(&pool).await.unwrap();
    sqlx::query(LOOKS).execute(&pool).await.unwrap();
    if matches!(place, StorePlace::Postgres(_)) {
        // As a database that has run for a minute has done by itself.
        sqlx::query("VACUUM ANALYZE").execute(&pool).await.unwrap();
    }
    pool.close().await;
}

/// Prints the median and the longest of what `call` takes.
async fn time(what: &str, times: i64, mut call: impl AsyncFnMut()) {
    let mut taken = Vec::new();
    for _ in 0..times {
        let start = Instant::now();
        call().await;
        taken.push(start.elapsed());
    }
    taken.sort_unstable();
    let (median, last) = (taken[taken.len() / 2], taken[taken.len() - 1]);
    let mut out = std::io::stdout();
    writeln!(out, "{what}: median {median:.1?}, longest {last:.1?}").unwrap();
}

async fn measure() {
    let (count, times) = (argument("--canaries", 100_000), argument("--times", 51));
    let folder = tempfile::TempDir::new().unwrap();
    let place = common::place(folder.path()).await;
    let sources = source::Prometheus::start().await.sources();
    fill(&place, Arc::clone(&sources), count).await;
    time("the store is opened", 5, async || drop(SqlStore::open(&place).await.unwrap())).await;
    let store = Arc::new(SqlStore::open(&place).await.unwrap());
    let (any, finished) = (Vec::new, || vec![CanaryState::Finished]);
    for (what, states, application, search, found) in [
        ("no search", any(), None, None, 100),
        ("the finished of one application", finished(), Some("shop-42"), None, 100),
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
        time(what, times, async || {
            assert_eq!(store.list(&filter).await.unwrap().canaries.len(), found, "{what}");
        })
        .await;
    }
    time("when the next look is due", times, async || {
        store.next_due().await.unwrap();
    })
    .await;
    let retention =
        Retention { ended_before_millis: Some(1), bytes: Some(u64::MAX), ..Retention::default() };
    time("nothing is old or too much", times, async || {
        store.retain(retention).await.unwrap();
    })
    .await;
    let canaries = Canaries::new(store, sources, Arc::new(SystemClock));
    for (what, application, config, first_key) in [
        ("a start without an application", "", "shop", None),
        ("a start of a new application", "shop-new", "shop", None),
        (
            "a start with 20 releases to look back at",
            "shop-42",
            "latency and errors of shop-42",
            None,
        ),
        (
            "the same start again, by its key",
            "shop-42",
            "latency and errors of shop-42",
            Some("key"),
        ),
    ] {
        time(what, times, async || {
            let request =
                CanaryRequest { key: first_key.map(str::to_owned), ..request(application, config) };
            canaries.start(request, "bench").await.unwrap();
        })
        .await;
    }
}
