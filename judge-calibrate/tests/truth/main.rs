//! Compares figures with the truth about synthetic history, in closed form or by independent simulation.
//!
//! A 95 % interval may miss, so each test counts over many histories. Everything random is seeded.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests")]

mod known;
mod proposals;
mod weakness;

use judge_calibrate::{Options, SmallestChange};
use judge_core::config::Direction;
use judge_core::judges::{EvidenceJudge, NetflixAcaJudge};
use judge_core::{Judge, MetricConfig};
use judge_scenarios::random::Random;
use judge_scenarios::{Noise, Shape};

use known::*;

const WINDOW: usize = 30;
const HISTORIES: u64 = 40;
/// A count of 40 trials at 0.95 is below this once in 300 times.
const FEWEST_THAT_HOLD: usize = 34;

fn options(minutes: &[f64], pairs: usize, seed: u64) -> Options {
    Options { minutes: minutes.to_vec(), pairs, seed, ..Options::default() }
}

/// The number of 40 histories whose intervals contain the truth: for false alarms, and for the smallest detected
/// shift.
fn covered(phi: f64, instances: usize, points: usize, pairs: usize) -> (usize, usize) {
    let sd = sd_of_difference(phi, WINDOW);
    let judge = MeanJudge { limit: 1.3 * sd };
    let alarms = alarm_rate(judge.limit, 0.0, sd);
    let shift = shift_found(judge.limit, 0.8, sd);
    let config = config(MetricConfig::new(METRIC, "g"));
    let (mut alarms_held, mut shifts_held) = (0, 0);
    for seed in 0..HISTORIES {
        let mut random = Random::new(seed);
        let history = history(instances, points, |n| noise(phi, n, &mut random));
        let calibration = calibrate(&history, &config, &judge, options(&[30.0], pairs, seed));
        let metric = &calibration.metrics[0];
        let found = metric.false_alarms[0].unwrap();
        alarms_held += usize::from((found.lower..=found.upper).contains(&alarms));
        let smallest = metric.shift[0].unwrap();
        let (from, to) =
            (smallest.from * metric.mean_size, smallest.to.map(|to| to * metric.mean_size));
        shifts_held += usize::from(from <= shift && to.is_none_or(|to| shift <= to));
    }
    (alarms_held, shifts_held)
}

#[test]
fn intervals_hold_the_truth_on_separate_pairs() {
    for phi in [0.0, 0.8] {
        let (alarms, shifts) = covered(phi, 2, 200 * WINDOW, 200);
        assert!(alarms >= FEWEST_THAT_HOLD, "phi {phi}: false alarms held {alarms} of {HISTORIES}");
        assert!(shifts >= FEWEST_THAT_HOLD, "phi {phi}: shifts held {shifts} of {HISTORIES}");
    }
}

#[test]
fn intervals_hold_the_truth_on_overlapping_pairs_of_short_history() {
    for (phi, instances) in [(0.0, 2), (0.8, 2), (0.8, 5)] {
        let (alarms, shifts) = covered(phi, instances, 24 * WINDOW, 100);
        let case = format!("phi {phi}, {instances} instances");
        assert!(alarms >= FEWEST_THAT_HOLD, "{case}: false alarms held {alarms} of {HISTORIES}");
        assert!(shifts >= FEWEST_THAT_HOLD, "{case}: shifts held {shifts} of {HISTORIES}");
    }
}

#[test]
fn intervals_hold_the_truth_on_blocks() {
    for phi in [0.0, 0.8] {
        let (alarms, shifts) = covered(phi, 1, 200 * WINDOW, 100);
        assert!(alarms >= FEWEST_THAT_HOLD, "phi {phi}: false alarms held {alarms} of {HISTORIES}");
        assert!(shifts >= FEWEST_THAT_HOLD, "phi {phi}: shifts held {shifts} of {HISTORIES}");
    }
}

#[test]
fn the_time_to_detect_agrees_with_the_closed_form() {
    // A change of half a standard deviation with a limit of 0.2: the power is 0.8 from the first window in which the
    // difference of means has a standard deviation of at most 0.3 / 0.8416.
    let (limit, shift) = (0.2, 0.5);
    let config = config(MetricConfig::new(METRIC, "g"));
    for phi in [0.0, 0.8] {
        let enough = |n: &usize| alarm_rate(limit, shift, sd_of_difference(phi, *n)) >= 0.8;
        let truth = (3..2000).find(enough).unwrap() as f64;
        let mut covered = 0;
        for seed in 0..HISTORIES {
            let mut random = Random::new(100 + seed);
            let history = history(2, 40_000, |n| noise(phi, n, &mut random));
            // The change is a share of the level, which is the mean size for noise around 0.
            let level = (2.0 / std::f64::consts::PI).sqrt();
            let wanted =
                Options { change: shift / level, ..options(&[truth / 2.0, truth], 100, seed) };
            let calibration = calibrate(&history, &config, &MeanJudge { limit }, wanted);
            let needs = calibration.metrics[0].time_to_detect;
            covered +=
                usize::from(needs.from.unwrap() <= truth && needs.to.is_none_or(|to| truth <= to));
        }
        assert!(covered >= FEWEST_THAT_HOLD, "phi {phi}: covered {covered} of {HISTORIES}");
    }
}

/// Compares the real judges with fresh pairs of the same noise.
#[test]
fn real_judges_agree_with_an_independent_simulation() {
    const HISTORIES: u64 = 10;
    /// A count of 10 trials at 0.95 is below this once in 90 times.
    const FEWEST_THAT_HOLD: usize = 8;
    let judges: [&dyn Judge; 2] = [&NetflixAcaJudge, &EvidenceJudge];
    let metric = MetricConfig { direction: Direction::Increase, ..MetricConfig::new(METRIC, "g") };
    let config = config(metric);
    for judge in judges {
        for phi in [0.0, 0.8] {
            let noise = Noise { shape: Shape::Lognormal, level: 100.0, relative: 0.2, phi };
            let mut fresh = Random::new(1000);
            let series = || noise.series(WINDOW, &mut fresh);
            let truth = Simulated::new(judge, &config, series, 1500);
            let (mut alarms_held, mut shifts_held) = (0, 0);
            for seed in 0..HISTORIES {
                let mut random = Random::new(seed);
                let history = history(2, 200 * WINDOW, |n| noise.series(n, &mut random));
                let calibration = calibrate(&history, &config, judge, options(&[30.0], 200, seed));
                let metric = &calibration.metrics[0];
                let found = metric.false_alarms[0].unwrap();
                alarms_held += usize::from((found.lower..=found.upper).contains(&truth.alarms));
                let SmallestChange { from, to, .. } = metric.shift[0].unwrap();
                let held = from <= truth.shift && to.is_none_or(|to| truth.shift <= to);
                shifts_held += usize::from(held);
            }
            let case = format!("{}, phi {phi}, {truth:?}", judge.name());
            assert!(
                alarms_held >= FEWEST_THAT_HOLD,
                "{case}: false alarms held {alarms_held} of 10"
            );
            assert!(shifts_held >= FEWEST_THAT_HOLD, "{case}: shifts held {shifts_held} of 10");
        }
    }
}

#[test]
fn figures_are_the_same_on_any_number_of_threads_and_follow_the_seed() {
    let config = config(MetricConfig::new(METRIC, "g"));
    let mut random = Random::new(5);
    let history = history(3, 400, |n| noise(0.5, n, &mut random));
    let on = |threads: usize, seed| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let wanted = options(&[10.0, 30.0], 40, seed);
        pool.install(|| calibrate(&history, &config, &NetflixAcaJudge, wanted))
    };
    let one = on(1, 1);
    assert_eq!(one, on(4, 1));
    assert_ne!(one.metrics, on(1, 2).metrics);
}
