//! Metrics that are 0 nearly always: how often they are not, and how large they are then.

use crate::judgement::{Classification, Verdict};

use super::{increase, judge_one, metric, noise};

/// Error ratios: a share `often` of the points is not 0, and about `size`.
fn ratios(n: usize, often: f64, size: f64, seed: u64) -> Vec<f64> {
    let threshold = crate::stats::distribution::normal::upper_quantile(often);
    let sizes = noise(n, seed + 50_000).into_iter().map(|z| size * (0.5 * z).exp());
    let errs = noise(n, seed).into_iter().map(|z| z > threshold);
    errs.zip(sizes).map(|(errs, size)| if errs { size } else { 0.0 }).collect()
}

fn stopped(seeds: u64, sides: impl Fn(u64) -> (Vec<f64>, Vec<f64>)) -> usize {
    let is_stopped = |seed: &u64| {
        let (baseline, canary) = sides(*seed);
        metric(&baseline, &canary).classification == Classification::High
    };
    (0..seeds).filter(is_stopped).count()
}

#[test]
fn as_many_errors_of_a_much_larger_size_are_found() {
    for (n, at_least) in [(30, 36), (60, 39), (120, 40)] {
        let sides =
            |size| move |seed| (ratios(n, 0.3, 0.001, seed), ratios(n, 0.3, size, seed + 10_000));
        let (worse, healthy) = (stopped(40, sides(0.1)), stopped(400, sides(0.001)));
        assert!(worse >= at_least && healthy <= 8, "{n}: {worse}, {healthy}");
    }
}

#[test]
fn sizes_within_the_allowance_pass() {
    let mut config = increase("errors");
    config.effect_size = config.effect_size.with_allowed_increase(10.0).unwrap();
    let stopped = |size| {
        let judge = |seed: u64| {
            let (baseline, canary) =
                (ratios(60, 0.3, 0.001, seed), ratios(60, 0.3, size, seed + 10_000));
            judge_one(config.clone(), &baseline, &canary)
        };
        (0..40).filter(|seed| judge(*seed).verdict != Verdict::Pass).count()
    };
    let (within, beyond) = (stopped(0.008), stopped(1.0));
    assert!(within <= 1 && beyond >= 39, "{within}, {beyond}");
}

#[test]
fn an_outage_behind_rare_errors_is_found() {
    let found = stopped(40, |seed| {
        let mut canary = ratios(60, 0.3, 0.001, seed + 10_000);
        canary[48..].fill(0.9);
        (ratios(60, 0.3, 0.001, seed), canary)
    });
    assert!(found >= 39, "{found}");
}

#[test]
fn a_burst_of_events_does_not_hide_the_others() {
    let mut canary = [0.0; 60];
    for index in [3, 8, 15, 22, 24, 31, 38, 42, 50, 57] {
        canary[index] = 1.0;
    }
    let events = metric(&[0.0; 60], &canary);
    assert_eq!(events.classification, Classification::High);
    assert!(events.findings[0].sentence.starts_with("10 events against 0"));
    canary[57] = 300.0;
    let burst = metric(&[0.0; 60], &canary);
    assert_eq!(burst.classification, Classification::High);
    assert!(burst.findings[0].sentence.starts_with("10 points with events against 0"));
    // A burst alone is no stream of events.
    let mut lone = [0.0; 60];
    lone[57] = 300.0;
    assert_eq!(metric(&[0.0; 60], &lone).classification, Classification::Pass);
}

#[test]
fn a_constant_size_is_no_number_of_events() {
    let swap = metric(&[0.0; 60], &[3.2e9; 60]);
    let sentence = &swap.findings[0].sentence;
    assert!(sentence.starts_with("60 points with events against 0"), "{sentence}");
}

/// Sizes of about `size` at the times that `has_event` names, 0 at all others.
fn sizes(n: usize, has_event: impl Fn(usize) -> bool, size: f64, seed: u64) -> Vec<f64> {
    let sizes = noise(n, seed).into_iter().map(|z| size * (0.2 * z).exp());
    sizes.enumerate().map(|(at, size)| if has_event(at) { size } else { 0.0 }).collect()
}

#[test]
fn larger_events_at_the_same_times_are_found_however_large_they_are() {
    let every_fifth = |at: usize| at % 5 == 2;
    let stopped = |n, times| {
        stopped(40, |seed| {
            let canary = sizes(n, every_fifth, 100.0 * times, seed + 10_000);
            (sizes(n, every_fifth, 100.0, seed), canary)
        })
    };
    for times in [4.0, 20.0, 100.0, 10_000.0] {
        let found = stopped(60, times);
        assert!(found >= 38, "{times}: {found}");
    }
    let healthy = stopped(60, 1.0);
    assert!(healthy <= 1, "{healthy}");
}

#[test]
fn the_sizes_of_a_batch_job_are_compared_where_they_are_not_0() {
    let job = |at: usize| at.is_multiple_of(2);
    let (baseline, canary) = (sizes(61, job, 100.0, 1), sizes(61, job, 150.0, 2));
    let judged = metric(&baseline[1..], &canary[1..]);
    assert_eq!(judged.classification, Classification::High);
    let sentence = &judged.findings[0].sentence;
    let is_of_sizes =
        sentence.starts_with("typically +") && sentence.ends_with(" where it is not 0");
    assert!(is_of_sizes, "{sentence}");
}
