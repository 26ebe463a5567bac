//! Events out of a traffic that changes.

use crate::config::evidence::MetricKind;
use crate::config::{Direction, MetricConfig};
use crate::judgement::{Classification, Finding, Interval, MetricJudgement, TestKind};
use crate::judges::{EvidenceJudge, Judge};
use crate::series::MetricPair;

use super::{increase, noise, request, rolling};

/// Events and requests of each time.
#[derive(Debug, Clone)]
struct Side {
    events: Vec<f64>,
    requests: Vec<f64>,
}

/// Errors at the `rates` of the times, out of about so many `requests`.
fn side(requests: &[f64], rates: &[f64], seed: u64) -> Side {
    let count = |mean: f64, z: f64| (mean + mean.sqrt() * z).round().max(0.0);
    let n = requests.len();
    let requests: Vec<f64> =
        requests.iter().zip(noise(n, seed)).map(|(m, z)| count(*m, z).max(1.0)).collect();
    let events = requests.iter().zip(rates).zip(noise(n, seed + 1_000));
    Side { events: events.map(|((m, rate), z)| count(m * rate, z)).collect(), requests }
}

fn judge_with(config: MetricConfig, baseline: Side, canary: Side) -> MetricJudgement {
    let others = MetricConfig { muted: true, ..increase("requests") };
    let pairs = vec![
        MetricPair::new("errors", baseline.events, canary.events),
        MetricPair::new("requests", baseline.requests, canary.requests),
    ];
    EvidenceJudge.judge(&request(vec![config, others], pairs)).unwrap().metrics.remove(0)
}

fn errors(direction: Direction) -> MetricConfig {
    let mut config = MetricConfig { direction, ..increase("errors") };
    config.evidence.kind = MetricKind::Proportion { of: "requests".to_owned() };
    config
}

fn judge(baseline: Side, canary: Side) -> MetricJudgement {
    judge_with(errors(Direction::Increase), baseline, canary)
}

fn events(judged: &MetricJudgement) -> &Finding {
    judged.findings.iter().find(|finding| finding.test == TestKind::Events).unwrap()
}

/// How many of `seeds` canaries are stopped.
fn stopped(seeds: u64, sides: impl Fn(u64) -> (Side, Side)) -> usize {
    let is_stopped = |seed: &u64| {
        let (baseline, canary) = sides(10_000 * seed);
        judge(baseline, canary).classification == Classification::High
    };
    (0..seeds).filter(is_stopped).count()
}

fn times(values: &[f64], factor: f64) -> Vec<f64> {
    values.iter().map(|v| factor * v).collect()
}

#[test]
fn load_that_comes_and_goes_is_no_dispersion() {
    for (n, at_least) in [(15, 25), (30, 38), (60, 40)] {
        let load: Vec<f64> = (0..n).map(|at| if at % 5 == 0 { 3_000.0 } else { 100.0 }).collect();
        let rates = vec![0.02; n];
        let sides = |ratio| {
            let (load, rates) = (&load, &rates);
            move |seed| (side(load, rates, seed), side(load, &times(rates, ratio), seed + 5_000))
        };
        let (worse, healthy) = (stopped(40, sides(1.45)), stopped(200, sides(1.0)));
        assert!(worse >= at_least && healthy <= 6, "{n}: {worse}, {healthy}");
    }
}

/// A rollout: the canary gets 5, 25 and 50 % of the requests.
fn rollout(rates: &[f64], ratio: f64, seed: u64) -> (Side, Side) {
    let n = rates.len();
    let share = |at: usize| [0.05, 0.25, 0.5][3 * at / n];
    let canary: Vec<f64> = (0..n).map(|at| 3_000.0 * share(at)).collect();
    let baseline: Vec<f64> = canary.iter().map(|m| 3_000.0 - m).collect();
    (side(&baseline, rates, seed), side(&canary, &times(rates, ratio), seed + 5_000))
}

#[test]
fn a_canary_that_gets_its_traffic_when_errors_are_many_is_as_healthy_as_its_baseline() {
    let rates: Vec<f64> = (0..60).map(|at| if at < 40 { 0.015 } else { 0.03 }).collect();
    let healthy = stopped(100, |seed| rollout(&rates, 1.0, seed));
    assert!(healthy <= 3, "{healthy}");
}

#[test]
fn a_canary_that_gets_its_traffic_when_errors_are_few_is_found() {
    let rates: Vec<f64> = (0..60).map(|at| 0.02 - 0.01 * f64::from(at) / 60.0).collect();
    let (healthy, worse) = (
        stopped(100, |seed| rollout(&rates, 1.0, seed)),
        stopped(40, |seed| rollout(&rates, 1.3, seed)),
    );
    assert!(healthy <= 3 && worse >= 38, "{healthy}, {worse}");
    let (baseline, canary) = rollout(&rates, 1.5, 7);
    let judged = judge(baseline, canary);
    let finding = events(&judged);
    assert!((finding.estimate - 1.5).abs() < 0.15, "{finding:?}");
    let interval = finding.interval.unwrap();
    assert!(interval.lower < 1.5 && interval.lower > 1.3, "{interval:?}");
    assert!(interval.upper > 1.5 && interval.upper < 1.75, "{interval:?}");
}

/// Side with the given events at some times, out of 300 requests each.
fn of_300(n: usize, at: &[(usize, f64)]) -> Side {
    let mut events = vec![0.0; n];
    for (index, count) in at {
        events[*index] = *count;
    }
    Side { events, requests: vec![300.0; n] }
}

#[test]
fn a_few_bursts_are_no_stream_of_events() {
    let none = of_300(30, &[]);
    for bursts in
        [&[(4, 200.0)][..], &[(4, 90.0), (11, 80.0)], &[(4, 90.0), (11, 80.0), (20, 70.0)]]
    {
        let judged = judge(none.clone(), of_300(30, bursts));
        assert_eq!(judged.classification, Classification::Pass, "{bursts:?}: {judged:?}");
    }
    // Ten are.
    let ten: Vec<_> = (0..10).map(|at| (3 * at, 60.0)).collect();
    let judged = judge(none.clone(), of_300(30, &ten));
    assert_eq!(judged.classification, Classification::High);
    assert_eq!(events(&judged).interval.unwrap().upper, f64::INFINITY);
}

#[test]
fn few_events_are_tested_exactly() {
    let none = of_300(30, &[]);
    let singles = |n: usize| -> Vec<_> { (0..n).map(|at| (3 * at, 1.0)).collect() };
    let mut config = errors(Direction::Increase);
    config.evidence.kind = MetricKind::Count { exposure: Some("requests".to_owned()) };
    for n in 2..10 {
        let p = events(&judge_with(config.clone(), none.clone(), of_300(30, &singles(n)))).p;
        assert!((p - 0.5_f64.powi(i32::try_from(n).unwrap())).abs() < 1e-12, "{n}: {p}");
    }
    // At least 7 of 8.
    let one = of_300(30, &[(25, 1.0)]);
    let p = events(&judge_with(config, one, of_300(30, &singles(7)))).p;
    assert!((p - 9.0 / 256.0).abs() < 1e-12, "{p}");
}

#[test]
fn errors_that_rise_and_fall_on_their_own_are_no_stream_of_events() {
    let load = vec![1_000.0; 120];
    let rates = |seed: u64| -> Vec<f64> {
        rolling(120, seed).iter().map(|z| 0.02 * (0.5 * z).exp()).collect()
    };
    let healthy = stopped(200, |seed| {
        (side(&load, &rates(seed + 1), seed), side(&load, &rates(seed + 2), seed + 5_000))
    });
    assert!(healthy <= 14, "{healthy}");
}

#[test]
fn swapped_sides_and_the_unit_of_traffic_change_no_p_value() {
    let rates: Vec<f64> = (0..60).map(|at| 0.02 - 0.01 * f64::from(at) / 60.0).collect();
    for ratio in [1.0, 1.1, 1.3] {
        let (baseline, canary) = rollout(&rates, ratio, 3);
        let p = |direction, baseline: &Side, canary: &Side, unit: f64| {
            let scale =
                |side: &Side| Side { requests: times(&side.requests, unit), ..side.clone() };
            let mut config = errors(direction);
            config.evidence.kind = MetricKind::Count { exposure: Some("requests".to_owned()) };
            events(&judge_with(config, scale(baseline), scale(canary))).p
        };
        let of_increase = p(Direction::Increase, &baseline, &canary, 1.0);
        let swapped = p(Direction::Decrease, &canary, &baseline, 1.0);
        // Exact only without autocorrelation, which is limited by the baseline's.
        assert!((of_increase - swapped).abs() < 1e-9, "{ratio}: {of_increase} {swapped}");
        let scaled = p(Direction::Increase, &baseline, &canary, 2_f64.powi(-30));
        assert_eq!(of_increase, scaled, "{ratio}");
    }
}

#[test]
fn times_without_a_known_exposure_are_left_out() {
    let rates = vec![0.02; 30];
    let (mut baseline, mut canary) = rollout(&rates, 1.5, 11);
    // Errors of a time at which the canary's requests are not known, and requests of no use.
    (canary.events[7], canary.requests[7]) = (1e6, f64::NAN);
    (baseline.events[9], baseline.requests[9]) = (1e6, 0.0);
    let judged = judge(baseline, canary);
    let finding = events(&judged);
    assert!((finding.estimate - 1.5).abs() < 0.3, "{finding:?}");
    assert_eq!(judged.classification, Classification::High);
}

#[test]
fn the_interval_of_the_ratio_covers_it() {
    let rates: Vec<f64> = (0..30).map(|at| 0.02 - 0.01 * f64::from(at) / 30.0).collect();
    for ratio in [1.0, 1.5, 4.0] {
        let covers = |seed: &u64| {
            let (baseline, canary) = rollout(&rates, ratio, 10_000 * seed);
            let judged = judge(baseline, canary);
            let Finding { estimate, interval, .. } = events(&judged);
            let Interval { lower, upper, .. } = interval.unwrap();
            assert!((lower..=upper).contains(estimate), "{interval:?}");
            (lower..=upper).contains(&ratio)
        };
        let covered = (0..400).filter(covers).count();
        assert!((372..=392).contains(&covered), "{ratio}: {covered} of 400");
    }
}
