//! Checks the error rates in the documentation of the evidence judge, on seeds that nothing else uses.

use judge_core::Verdict;
use judge_core::config::Direction;
use judge_core::judges::{EvidenceJudge, Judge, Scratch};
use judge_scenarios::random::Random;
use judge_scenarios::{FAMILIES, HABITS, Noise, ScoreCard, Shape, aa_pair, single_metric_request};

const SEEDS: u64 = 900_000_000;
const PAIRS: u64 = 2000;

/// Number of the healthy pairs of one metric that fail.
fn false_alarms(phi: f64, n: usize, direction: Direction) -> usize {
    let noise = Noise { shape: Shape::Gaussian, level: 100.0, relative: 0.05, phi };
    let mut scratch = Scratch::default();
    let fails = |seed: &u64| {
        let mut random = Random::new(SEEDS + 7_919 * seed + n as u64);
        let request = single_metric_request(aa_pair(noise, n, &mut random), direction);
        let judgement = EvidenceJudge.judge_with(&request, &mut scratch);
        judgement.map_or(true, |judgement| judgement.verdict != Verdict::Pass)
    };
    (0..PAIRS).filter(fails).count()
}

#[test]
fn a_healthy_metric_fails_one_time_in_a_hundred_where_noise_is_independent() {
    for n in [15, 31, 60] {
        for direction in [Direction::Increase, Direction::Either] {
            let alarms = false_alarms(0.0, n, direction);
            // One in a hundred, plus two standard errors.
            assert!(alarms as u64 <= PAIRS / 70, "{alarms} of {PAIRS}, {n} points, {direction:?}");
        }
    }
}

#[test]
fn and_few_more_where_noise_is_autocorrelated() {
    // From 15 points φ cannot be estimated well. For 31 points the documentation states 4.0 %; this adds two standard
    // errors.
    for (n, most) in [(15, 8), (31, 5), (60, 3)] {
        for direction in [Direction::Increase, Direction::Either] {
            let alarms = false_alarms(0.8, n, direction);
            assert!(
                alarms as u64 <= most * PAIRS / 100,
                "{alarms} of {PAIRS}, {n} points, {direction:?}"
            );
        }
    }
}

#[test]
fn clear_effects_are_seen_in_31_points_and_healthy_canaries_pass() {
    let mut card = ScoreCard::default();
    let mut scratch = Scratch::default();
    for (index, family) in FAMILIES.iter().enumerate() {
        for repeat in 0..60 {
            let mut random = Random::new(SEEDS + 1_000_000 * index as u64 + repeat);
            let scenario = family.draw(31, &mut random);
            let judgement = EvidenceJudge.judge_with(&scenario.request, &mut scratch);
            let stopped = judgement.expect("a valid request").verdict != Verdict::Pass;
            card.add(family.name, scenario.harmful, stopped);
        }
    }
    let total = card.total();
    assert!(total.accuracy() >= 0.97, "accuracy {:.4}", total.accuracy());
    assert!(total.precision() >= 0.98, "precision {:.4}", total.precision());
    for (family, counts) in &card.families {
        assert!(counts.accuracy() >= 0.8, "{family} {:.3}", counts.accuracy());
    }
}

/// A habit that both sides share is not a regression. The last two habits are more than the judge can recognize.
#[test]
fn healthy_metrics_have_habits() {
    let mut scratch = Scratch::default();
    for habit in &HABITS[..7] {
        for n in [60, 240] {
            let fails = |seed: &u64| {
                let pair = habit.pair(n, &mut Random::new(SEEDS + 7_919 * seed + n as u64));
                let judgement = EvidenceJudge
                    .judge_with(&single_metric_request(pair, Direction::Either), &mut scratch);
                judgement.map_or(true, |judgement| judgement.verdict != Verdict::Pass)
            };
            let alarms = (0..300).filter(fails).count();
            assert!(alarms <= 27, "{alarms} of 300: {habit:?}, {n} points");
        }
    }
}
