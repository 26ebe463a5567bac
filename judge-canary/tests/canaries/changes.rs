//! What changes while a canary runs: its config, and the clock.

use std::sync::Arc;

use judge_canary::{Canaries, CanaryRequest, CanaryState, ConfigChoice, Existing};
use judge_core::Verdict;
use sqlx::Connection;

use crate::life::{Service, request, stage};
use crate::source::config;

const MINUTE: i64 = 60_000;

/// From the start of a service to the first look at a canary.
const FIRST: i64 = 13 * MINUTE + 15_000;

#[tokio::test]
async fn a_canary_is_judged_by_the_config_that_it_was_started_with() {
    let service = Service::start().await;
    let put = async |metrics: usize, existing: Existing| {
        let put = service.canaries.put_config(Some("shop"), config(metrics), existing, "ann");
        put.await.unwrap().version
    };
    assert_eq!(put(3, Existing::MustNot).await, 1);
    let choice = || ConfigChoice::Stored { id: "shop".to_owned(), version: None };
    let by_id = || CanaryRequest { config: choice(), ..request("canary", stage()) };
    let id = service.begin(by_id()).await;
    service.clock.advance(FIRST);
    service.until(&id, |canary| canary.looks == 1).await;
    assert_eq!(put(1, Existing::Must).await, 2);
    service.clock.advance(10 * MINUTE);
    service.until(&id, |canary| canary.looks == 2).await;
    service.canaries.delete_config("shop", "ann").await.unwrap();
    let service = service.restarted().await;
    service.clock.advance(10 * MINUTE);
    let last = service.over(&id).await;
    assert_eq!((last.verdict, last.config_version), (Some(Verdict::Pass), 1));
    let looks = service.canaries.looks(&id, 0).await.unwrap();
    let metrics = looks.iter().map(|look| look.judgement().unwrap().metrics.len());
    assert_eq!(metrics.collect::<Vec<_>>(), [3, 3, 3]);
    assert!(service.canaries.start(by_id(), "ann").await.unwrap_err().is_not_found());
}

/// The clock stands before the time of the next claim and the end of the leases, and does not move.
#[tokio::test]
async fn a_clock_that_is_set_back_stops_no_look() {
    let service = Service::start().await;
    let id = service.begin(request("canary", stage())).await;
    service.clock.advance(FIRST);
    service.until(&id, |canary| canary.looks == 1).await;
    service.clock.advance(-100 * MINUTE);
    // Another replica starts it: nothing but the store tells the runner.
    let canaries = &service.canaries;
    let store = Arc::clone(canaries.store());
    let other = Canaries::new(store, service.prometheus.sources(), service.clock.clone());
    let mut past = stage();
    past.start_millis = past.start_millis.map(|start| start - 1000 * MINUTE);
    let started = other.start(request("canary", past), "test").await.unwrap();
    assert_eq!(service.over(&started.canary.summary.id).await.looks, 3);
}

#[tokio::test]
async fn a_canary_without_a_look_left_fails() {
    let service = Service::start().await;
    let id = service.begin(request("canary", stage())).await;
    let url = format!("sqlite:{}", service.folder.path().join("judge.db").display());
    let mut other = sqlx::AnyConnection::connect(&url).await.unwrap();
    sqlx::query("UPDATE canaries SET looks = 3").execute(&mut other).await.unwrap();
    service.clock.advance(100 * MINUTE);
    let canary = service.over(&id).await;
    assert_eq!(canary.state, CanaryState::Failed);
    assert_eq!(canary.reason, "its plan has 3 looks, so there is no look 4");
}

#[tokio::test]
async fn a_clock_that_is_set_makes_no_look_twice_and_leaves_none_out() {
    let service = Service::start().await;
    let id = service.begin(request("canary", stage())).await;
    service.clock.advance(FIRST);
    service.until(&id, |canary| canary.looks == 1).await;
    let asked = service.prometheus.asked();
    service.clock.advance(-100 * MINUTE);
    service.clock.advance(109 * MINUTE);
    assert_eq!(service.prometheus.asked(), asked, "the second look is not due");
    service.clock.advance(-100 * MINUTE);
    let other = service.begin(request("other", stage())).await;
    assert_ne!(other, id);
    service.clock.advance(101 * MINUTE);
    service.until(&id, |canary| canary.looks == 2).await;
    service.clock.advance(10_000 * MINUTE);
    for id in [&id, &other] {
        let last = service.over(id).await;
        assert_eq!((last.state, last.looks), (CanaryState::Finished, 3));
        let numbers = service.canaries.looks(id, 0).await.unwrap().into_iter();
        assert_eq!(numbers.map(|look| look.window.number).collect::<Vec<_>>(), [1, 2, 3]);
    }
}
