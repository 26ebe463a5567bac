//! What changes while a canary runs: its config, and the clock.

use judge_canary::{CanaryRequest, CanaryState, ConfigChoice, Existing};
use judge_core::Verdict;

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
