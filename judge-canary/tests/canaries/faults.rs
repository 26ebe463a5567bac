//! Stores that are away for a while.

use std::sync::Arc;
use std::time::Duration;

use judge_canary::{
    Canaries, CanaryError, CanaryState, KeepError, Runner, RunnerOptions, SqlStore, StorePlace,
    SystemClock,
};
use sqlx::Connection;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::life::{Service, request, stage};
use crate::source::Prometheus;
use crate::store::postgres_place;
use crate::wire::Wire;

fn is_away(error: &CanaryError) -> bool {
    matches!(error, CanaryError::Keep(KeepError::Away(_)))
}

/// Canaries in a file of SQLite, and a connection of the test's own to this file.
async fn on_file(folder: &TempDir, prometheus: &Prometheus) -> (Canaries, sqlx::AnyConnection) {
    let path = folder.path().join("judge.db");
    let store = SqlStore::open(&StorePlace::Sqlite(path.clone())).await.unwrap();
    let canaries = Canaries::new(Arc::new(store), prometheus.sources(), Arc::new(SystemClock));
    let url = format!("sqlite:{}", path.display());
    (canaries, sqlx::AnyConnection::connect(&url).await.unwrap())
}

#[tokio::test]
async fn a_locked_file_is_an_error_and_work_goes_on_later() {
    let (folder, prometheus) = (TempDir::new().unwrap(), Prometheus::start().await);
    let (canaries, mut other) = on_file(&folder, &prometheus).await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let refused = canaries.start(request("canary", stage()), "test").await.unwrap_err();
    assert!(is_away(&refused), "{refused}");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    let id = canaries.start(request("canary", stage()), "test").await.unwrap().canary.summary.id;
    let page = canaries.list(&judge_canary::CanaryFilter::default()).await.unwrap();
    assert_eq!(page.canaries.len(), 1);
    assert_eq!(page.canaries[0].id, id);
}

/// On a full disk SQLite undoes a whole transaction by itself, as this trigger does. No connection may take it for open.
#[tokio::test]
async fn a_transaction_that_sqlite_rolls_back_is_an_error_and_work_goes_on_later() {
    let (folder, prometheus) = (TempDir::new().unwrap(), Prometheus::start().await);
    let (canaries, mut other) = on_file(&folder, &prometheus).await;
    let trigger =
        "CREATE TRIGGER no BEFORE INSERT ON canaries BEGIN SELECT RAISE(ROLLBACK, 'no room'); END";
    sqlx::query(trigger).execute(&mut other).await.unwrap();
    // More often than there are connections.
    for _ in 0..6 {
        let refused = canaries.start(request("canary", stage()), "test").await.unwrap_err();
        assert!(refused.to_string().contains("no room"), "{refused}");
    }
    sqlx::query("DROP TRIGGER no").execute(&mut other).await.unwrap();
    for _ in 0..6 {
        canaries.start(request("canary", stage()), "test").await.unwrap();
    }
    let page = canaries.list(&judge_canary::CanaryFilter::default()).await.unwrap();
    assert_eq!(page.canaries.len(), 6);
}

/// A canary that was not given back is claimed again when its lease ends, also while another keeps this replica busy.
#[tokio::test]
async fn a_canary_that_was_not_given_back_goes_on() {
    let service = Service::start().await;
    let url = format!("sqlite:{}", service.folder.path().join("judge.db").display());
    let mut other = sqlx::AnyConnection::connect(&url).await.unwrap();
    // This column counts up when a canary is given back, and only then.
    let trigger = "CREATE TRIGGER no BEFORE UPDATE OF attempts ON canaries WHEN NEW.attempts > 0 \
                   BEGIN SELECT RAISE(ABORT, 'no'); END";
    sqlx::query(trigger).execute(&mut other).await.unwrap();
    service.prometheus.set_away(true);
    service.begin(request("silent", stage())).await;
    let id = service.begin(request("canary", stage())).await;
    service.clock.advance(14 * 60_000);
    // Five attempts at each query that is refused; three are not answered.
    let attempts = 9 * 5 + 3;
    let again = async {
        while service.prometheus.asked() < attempts {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        while service.prometheus.asked() == attempts {
            service.clock.advance(10_000);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(25), again).await.expect("its lease ends");
    sqlx::query("DROP TRIGGER no").execute(&mut other).await.unwrap();
    service.prometheus.set_away(false);
    service.clock.advance(30 * 60_000);
    assert_eq!(service.over(&id).await.looks, 3);
}

/// Canaries in PostgreSQL, over a wire.
async fn on_wire(prometheus: &Prometheus) -> (Canaries, Wire) {
    let StorePlace::Postgres(url) = postgres_place().await else { panic!("a URL") };
    let (head, rest) = url.rsplit_once(':').unwrap();
    let (port, database) = rest.split_once('/').unwrap();
    let wire = Wire::to(port.parse().unwrap()).await;
    let place = StorePlace::Postgres(format!("{head}:{}/{database}", wire.port));
    let store = SqlStore::open(&place).await.unwrap();
    (Canaries::new(Arc::new(store), prometheus.sources(), Arc::new(SystemClock)), wire)
}

/// A runner, and what ends it.
fn runs(canaries: &Canaries) -> (JoinHandle<()>, CancellationToken) {
    let ending = CancellationToken::new();
    let options = RunnerOptions { lease_millis: 3000, ..RunnerOptions::default() };
    (tokio::spawn(Runner::new(canaries, options).run(ending.clone())), ending)
}

/// Starts canaries of three looks each.
async fn begin(canaries: &Canaries, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let started = canaries.start(request("canary", stage()), "test").await.unwrap();
        ids.push(started.canary.summary.id);
    }
    ids
}

/// Each of them finishes within a minute, and each look is there once.
async fn finish(canaries: &Canaries, ids: &[String]) {
    let finished = async {
        for id in ids {
            loop {
                // Connections that are gone are found so one by one.
                if let Ok(canary) = canaries.get(id).await
                    && canary.summary.state == CanaryState::Finished
                {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let looks = canaries.looks(id, 0).await.unwrap();
            let numbers: Vec<usize> = looks.iter().map(|look| look.window.number).collect();
            assert_eq!(numbers, [1, 2, 3]);
        }
    };
    tokio::time::timeout(Duration::from_mins(1), finished).await.expect("a minute is enough");
}

#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn canaries_go_on_when_postgresql_is_back() {
    let prometheus = Prometheus::start().await;
    let (canaries, wire) = on_wire(&prometheus).await;
    let (running, ending) = runs(&canaries);
    let ids = begin(&canaries, 5).await;
    wire.cut(true);
    let refused = canaries.start(request("canary", stage()), "test").await.unwrap_err();
    assert!(is_away(&refused), "{refused}");
    wire.cut(false);
    finish(&canaries, &ids).await;
    ending.cancel();
    running.await.unwrap();
}

/// A machine that is gone closes no connection. The sessions that were cut off hold their locks at first: the database behind the
/// wire is the same.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn canaries_go_on_when_postgresql_is_replaced() {
    let prometheus = Prometheus::start().await;
    let (canaries, wire) = on_wire(&prometheus).await;
    let ids = begin(&canaries, 60).await;
    let (running, ending) = runs(&canaries);
    // Now looks are written.
    while prometheus.asked() < 60 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    wire.replace();
    finish(&canaries, &ids).await;
    ending.cancel();
    running.await.unwrap();
}
