//! What each test of the panel sees, and what it leaves to the others.

use crate::config::Direction;
use crate::judgement::{Classification, Decision, Finding, TestKind};
use crate::judges::{EvidenceJudge, Judge};
use crate::series::{Clock, MetricPair, Series};
use crate::stats::ConfidenceLevel;
use crate::stats::distribution::normal;

use super::{around_100, increase, metric, noise, request};

fn with(mut values: Vec<f64>, places: &[usize], size: f64) -> Vec<f64> {
    for &place in places {
        values[place] += size;
    }
    values
}

/// Signs of seven differences alone have p of 1/128 at best.
#[test]
fn a_late_step_under_common_load_is_seen_in_seven_points() {
    let load = |index: usize| 30.0 * (index as f64 / 5.0).sin();
    let side = |seed: u64| -> Vec<f64> {
        let values = around_100(31, seed);
        values.iter().enumerate().map(|(index, value)| value + load(index)).collect()
    };
    for seed in 0..10 {
        let canary = with(side(seed + 100), &[24, 25, 26, 27, 28, 29, 30], 30.0);
        let judged = metric(&side(seed), &canary);
        let end = judged.findings.iter().find(|finding| finding.test == TestKind::EndState);
        assert!(end.is_some_and(Finding::is_harm), "{seed}: {:?}", judged.findings);
    }
}

#[test]
fn a_level_shift_is_the_locations_to_find() {
    for seed in 0..10 {
        let canary: Vec<f64> = around_100(31, seed + 100).iter().map(|v| v + 40.0).collect();
        let judged = metric(&around_100(31, seed), &canary);
        assert_eq!(judged.classification, Classification::High, "{seed}");
        assert!(judged.findings.iter().any(|f| f.test == TestKind::Location && f.is_harm()));
        assert!(judged.findings.iter().all(|f| f.test != TestKind::Tail), "{seed}");
    }
}

/// The same eight minutes, on end in the canary: at its start, too, they are no transient.
#[test]
fn bad_minutes_on_end_are_no_start_where_the_baseline_has_as_many() {
    let scattered = with(around_100(31, 1), &[2, 6, 9, 13, 17, 20, 24, 28], 40.0);
    let on_end = with(around_100(31, 2), &[0, 1, 2, 3, 4, 5, 6, 7], 40.0);
    let judged = metric(&scattered, &on_end);
    assert_eq!(judged.classification, Classification::High, "{:?}", judged.findings);
    assert!(matches!(judged.decision, Decision::Panel(panel) if panel.left_out == 0));
    // A baseline without any: then it is a start that healed.
    let judged = metric(&around_100(31, 1), &on_end);
    assert_eq!(judged.classification, Classification::Pass);
    assert!(matches!(judged.decision, Decision::Panel(panel) if panel.left_out >= 8));
}

/// Both sides had ten bad minutes, at different times.
#[test]
fn bad_minutes_that_the_baseline_had_as_well_are_no_harm() {
    for seed in 0..10 {
        let during = |minutes: std::ops::Range<usize>, seed: u64| {
            with(around_100(120, seed), &minutes.collect::<Vec<_>>(), 40.0)
        };
        let canary = during(70..80, seed + 100);
        let judged = metric(&during(30..40, seed), &canary);
        assert_eq!(judged.classification, Classification::Pass, "{seed}: {:?}", judged.findings);
        let judged = metric(&around_100(120, seed), &canary);
        assert_eq!(judged.classification, Classification::High, "{seed}: {:?}", judged.findings);
    }
}

/// Between two confidences, the shift that would have been found changes as the quantile of the location test's own level.
#[test]
fn what_would_be_found_depends_on_the_level_of_the_location_test() {
    let side = |seed: u64, window: i64| Series {
        values: around_100(60, seed),
        clock: Some(Clock::new(window * 60 * 60_000, 60_000).unwrap()),
    };
    let counts = |seed: u64| noise(60, seed).iter().map(|z| z.round().max(0.0)).collect::<Vec<_>>();
    let same_times = MetricPair::new("metric", side(1, 0), side(2, 0));
    for (name, direction, pair) in [
        ("same times", Direction::Increase, same_times.clone()),
        ("either direction", Direction::Either, same_times),
        (
            "windows that follow each other",
            Direction::Increase,
            MetricPair::new("metric", side(1, 0), side(2, 1)),
        ),
        ("sparse", Direction::Increase, MetricPair::new("metric", counts(1), counts(2))),
    ] {
        let judged = [0.9999, 0.99999].map(|confidence| {
            let mut config = increase("metric");
            config.direction = direction;
            config.evidence.confidence = Some(ConfidenceLevel::new(confidence).unwrap());
            let request = request(vec![config], vec![pair.clone()]);
            let metric = EvidenceJudge.judge(&request).unwrap().metrics.remove(0);
            let Decision::Panel(panel) = metric.decision else { panic!("{name}: {metric:?}") };
            let location = |finding: &&Finding| finding.test == TestKind::Location;
            let level = metric.findings.iter().find(location).unwrap().level;
            (panel, normal::upper_quantile(level))
        });
        let [(panel, quantile), (stricter, stricter_quantile)] = judged;
        let reach = 0.5 * (panel.interval.upper - panel.interval.lower);
        let expected = reach / normal::upper_quantile(0.025) * (stricter_quantile - quantile);
        let found = stricter.would_find.abs() - panel.would_find.abs();
        assert!((found - expected).abs() < 1e-9 * expected, "{name}: {found}, not {expected}");
    }
}
