//! The reason why a change is not found, in cases where it is known.

use judge_calibrate::{AdviceKind, HealthyHistory, Options};
use judge_core::config::{Direction, EffectMeasure, EffectSize};
use judge_core::judges::{EvidenceJudge, NetflixAcaJudge};
use judge_core::{Judge, MetricConfig};
use judge_scenarios::random::Random;
use judge_scenarios::{Noise, Shape};

use super::known::{METRIC, calibrate, config, history};

/// Two instances of a metric around `level`, with a standard deviation of 5.
fn around(level: f64) -> HealthyHistory {
    let noise = Noise { shape: Shape::Gaussian, level: 50.0, relative: 0.1, phi: 0.0 };
    let mut random = Random::new(7);
    let moved = |value: f64| level + value - 50.0;
    history(2, 3000, |n| noise.series(n, &mut random).into_iter().map(moved).collect())
}

fn reasons(
    history: &HealthyHistory,
    judge: &dyn Judge,
    effect_size: EffectSize,
    direction: Direction,
    change: f64,
) -> Vec<AdviceKind> {
    let metric = MetricConfig { effect_size, direction, ..MetricConfig::new(METRIC, "g") };
    let options = Options { minutes: vec![60.0], pairs: 40, change, ..Options::default() };
    let calibration = calibrate(history, &config(metric), judge, options);
    calibration.metrics[0].advice.iter().map(|finding| finding.kind).collect()
}

const DIRECTIONS: [Direction; 3] = [Direction::Increase, Direction::Decrease, Direction::Either];
/// Allows a change of half the level in either direction.
fn half() -> EffectSize {
    EffectSize::default().with_allowed_increase(1.5).unwrap().with_allowed_decrease(0.5).unwrap()
}

#[test]
fn metrics_below_zero_are_not_called_noisy_for_their_sign() {
    let (parity, evidence): (&dyn Judge, &dyn Judge) = (&NetflixAcaJudge, &EvidenceJudge);
    let neutral = EffectSize::default();
    let cles = EffectSize::neutral(EffectMeasure::Cles);
    let (below, above) = (around(-50.0), around(50.0));
    for direction in DIRECTIONS {
        for (judge, history, size, change, expected) in [
            (evidence, &below, neutral, 0.2, None),
            (evidence, &below, half(), 0.2, Some(AdviceKind::Allowed)),
            (evidence, &below, neutral, 0.01, Some(AdviceKind::TooNoisy)),
            (evidence, &above, half(), 0.2, Some(AdviceKind::Allowed)),
            (parity, &below, neutral, 0.2, Some(AdviceKind::BelowZero)),
            (parity, &below, half(), 0.2, Some(AdviceKind::BelowZero)),
            (parity, &below, cles, 0.2, None),
            (parity, &above, neutral, 0.2, None),
            (parity, &above, neutral, 0.01, Some(AdviceKind::TooNoisy)),
            // The sign of the mean is random.
            (parity, &around(0.0), neutral, 2.0, Some(AdviceKind::BelowZero)),
        ] {
            let found = reasons(history, judge, size, direction, change);
            let expected: Vec<AdviceKind> = expected.into_iter().collect();
            assert_eq!(found, expected, "{} {direction:?} {size:?} {change}", judge.name());
        }
    }
}

#[test]
fn falls_are_held_against_the_fall_that_was_asked_for() {
    // The reverse of an increase by 100 % is a decrease by half.
    let found = reasons(&around(50.0), &EvidenceJudge, half(), Direction::Decrease, 1.0);
    assert_eq!(found, [AdviceKind::Allowed]);
}
