//! What each test of the panel sees, and what it leaves to the others.

use crate::config::evidence::{MetricEvidence, NonNegative};
use crate::config::{Direction, MetricConfig};
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

/// A shift that is small beside the level, and large beside the noise of sides that move together.
#[test]
fn any_smallest_change_that_a_config_states_ends_what_is_in_plain_sight() {
    let load: Vec<f64> = noise(60, 1).iter().map(|z| 1000.0 + 4.0 * z).collect();
    let side = |seed: u64, shift: f64| -> Vec<f64> {
        load.iter().zip(noise(60, seed)).map(|(load, z)| load + 0.2 * z + shift).collect()
    };
    let class = |state: fn(&mut MetricEvidence)| {
        let mut config = increase("metric");
        state(&mut config.evidence);
        super::judge_one(config, &side(2, 0.0), &side(3, 12.0)).metrics[0].classification
    };
    assert_eq!(class(|_| ()), Classification::High);
    assert_eq!(
        class(|evidence| evidence.minimum_noise = NonNegative::new(100.0).ok()),
        Classification::Pass
    );
    assert_eq!(
        class(|evidence| evidence.minimum_relative = NonNegative::new(0.03).ok()),
        Classification::Pass
    );
    assert_eq!(
        class(|evidence| evidence.minimum_absolute = NonNegative::new(20.0).ok()),
        Classification::Pass
    );
}

/// Between two confidences, the shift that would have been found changes about as the quantile of the location test's own
/// level.
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
        assert!((1.0..1.5).contains(&(found / expected)), "{name}: {found}, not {expected}");
    }
}

#[test]
fn what_would_be_found_is_found_in_four_canaries_of_five() {
    for (direction, n) in
        [(Direction::Increase, 15), (Direction::Increase, 60), (Direction::Either, 30)]
    {
        let judge = |seed: u64, shift: f64| {
            let mut config = increase("metric");
            config.direction = direction;
            let canary: Vec<f64> = around_100(n, seed + 5000).iter().map(|v| v + shift).collect();
            super::judge_one(config, &around_100(n, seed), &canary).metrics.remove(0)
        };
        let (mut passed, mut found) = (0_u16, 0_u16);
        for seed in 0..300 {
            let metric = judge(seed, 0.0);
            let Decision::Panel(panel) = metric.decision else { panic!("{metric:?}") };
            if metric.classification == Classification::Pass {
                passed += 1;
                // Other points of the same kind.
                let judged = judge(seed + 1000, panel.would_find);
                found += u16::from(judged.classification != Classification::Pass);
            }
        }
        let share = f64::from(found) / f64::from(passed);
        assert!((0.74..0.95).contains(&share), "{direction:?}, {n} points: {found} of {passed}");
    }
}

/// A baseline that is a little better is judged a little more strictly.
#[test]
fn the_smallest_change_of_a_share_has_no_jump() {
    let smallest = |level: f64| {
        let metric = || MetricConfig { direction: Direction::Decrease, ..increase("metric") };
        let fails = |drop: f64| {
            let side = |drop: f64| vec![level - drop; 20];
            let judged = super::judge_one(metric(), &side(0.0), &side(drop)).metrics.remove(0);
            judged.classification == Classification::Low
        };
        (1..400).map(|step| 0.01 * f64::from(step)).find(|drop| fails(*drop)).unwrap()
    };
    let near: Vec<f64> = (0..=40).map(|step| smallest(88.0 + 0.25 * f64::from(step))).collect();
    assert!(near.windows(2).all(|pair| pair[1] <= pair[0] + 0.02), "{near:?}");
    assert!(near.windows(2).all(|pair| pair[0] <= 1.4 * pair[1] + 0.02), "{near:?}");
}
