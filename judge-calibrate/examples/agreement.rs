//! Measures how often the intervals of a calibration contain the truth, on many synthetic histories. Prints the
//! tables of `docs/calibration.md`:
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "simulated inputs are valid")]
#![allow(clippy::print_stdout, reason = "the table is what it is run for")]

#[path = "../tests/truth/known.rs"]
mod known;

use judge_calibrate::{HealthyHistory, Options, Share, SmallestChange, TimeToDetect};
use judge_core::config::Direction;
use judge_core::judges::{EvidenceJudge, NetflixAcaJudge};
use judge_core::{CanaryConfig, Judge, MetricConfig};
use judge_scenarios::random::Random;
use judge_scenarios::{Noise, Shape};

use known::{METRIC, MeanJudge, Simulated};

const HISTORIES: u64 = 200;
const WINDOW: usize = 30;

/// Numbers of instances, and of windows in a series.
const HISTORY_SIZES: [(usize, usize); 4] = [(2, 200), (2, 24), (6, 24), (1, 200)];

/// The true figures.
struct Truth {
    alarms: f64,
    /// In the metric's unit.
    shift: f64,
}

/// The results of many calibrations of one truth.
#[derive(Default)]
struct Tally {
    times: f64,
    sum: f64,
    covered: f64,
}

impl Tally {
    fn add(&mut self, estimate: Option<f64>, covered: bool) {
        self.times += 1.0;
        self.sum += estimate.unwrap_or(f64::NAN);
        self.covered += f64::from(u8::from(covered));
    }

    fn mean(&self) -> f64 {
        self.sum / self.times
    }

    fn coverage(&self) -> f64 {
        self.covered / self.times
    }
}

fn row(
    name: &str,
    judge: &dyn Judge,
    config: &CanaryConfig,
    truth: &Truth,
    histories: (usize, usize),
    mut history: impl FnMut(u64, usize, usize) -> HealthyHistory,
) {
    let (instances, windows) = histories;
    let (mut alarms, mut shifts) = (Tally::default(), Tally::default());
    let mut independent = 0.0;
    for seed in 0..HISTORIES {
        let options = Options { minutes: vec![WINDOW as f64], seed, ..Options::default() };
        let history = history(seed, instances, windows * WINDOW);
        let calibration = known::calibrate(&history, config, judge, options);
        let metric = &calibration.metrics[0];
        let Share { share, lower, upper, .. } = metric.false_alarms[0].unwrap();
        alarms.add(Some(share), (lower..=upper).contains(&truth.alarms));
        let unit = if metric.multiplicative { 1.0 } else { metric.mean_size };
        let SmallestChange { change, from, to, .. } = metric.shift[0].unwrap();
        let above = to.is_none_or(|to| truth.shift <= to * unit);
        shifts.add(change.map(|change| change * unit), from * unit <= truth.shift && above);
        independent = calibration.windows[0].independent;
    }
    println!(
        "| {name} | {instances} × {windows} | {independent:.0} | {:.2} % | {:.2} % | {:.3} | {:.3} | {:.3} | {:.3} |",
        100.0 * truth.alarms,
        100.0 * alarms.mean(),
        alarms.coverage(),
        truth.shift,
        shifts.mean(),
        shifts.coverage(),
    );
}

/// Measures a judge with known closed forms, on normal noise around 0.
fn closed_forms() {
    let config = known::config(MetricConfig::new(METRIC, "g"));
    for phi in [0.0, 0.8] {
        let sd = known::sd_of_difference(phi, WINDOW);
        let judge = MeanJudge { limit: 1.3 * sd };
        let truth = Truth {
            alarms: known::alarm_rate(judge.limit, 0.0, sd),
            shift: known::shift_found(judge.limit, 0.8, sd),
        };
        for size in HISTORY_SIZES {
            row(
                &format!("mean, φ {phi}"),
                &judge,
                &config,
                &truth,
                size,
                |seed, instances, points| {
                    let mut random = Random::new(seed);
                    known::history(instances, points, |n| known::noise(phi, n, &mut random))
                },
            );
        }
    }
}

/// Measures the real judges, on lognormal noise, against 20,000 fresh pairs for each figure.
fn real_judges() {
    let metric = MetricConfig { direction: Direction::Increase, ..MetricConfig::new(METRIC, "g") };
    let config = known::config(metric);
    for judge in [&NetflixAcaJudge as &dyn Judge, &EvidenceJudge] {
        for phi in [0.0, 0.8] {
            let noise = Noise { shape: Shape::Lognormal, level: 100.0, relative: 0.2, phi };
            let mut fresh = Random::new(1_000_000);
            let series = || noise.series(WINDOW, &mut fresh);
            let Simulated { alarms, shift } = Simulated::new(judge, &config, series, 20_000);
            let name = format!("{}, φ {phi}", judge.name());
            let truth = Truth { alarms, shift };
            for size in HISTORY_SIZES {
                row(&name, judge, &config, &truth, size, |seed, instances, points| {
                    let mut random = Random::new(seed);
                    known::history(instances, points, |n| noise.series(n, &mut random))
                });
            }
        }
    }
}

/// Measures the time to detect a change of half a standard deviation, with a limit of 0.2.
fn time_to_detect() {
    let (limit, shift) = (0.2, 0.5);
    let config = known::config(MetricConfig::new(METRIC, "g"));
    let level = (2.0 / std::f64::consts::PI).sqrt();
    for phi in [0.0, 0.8] {
        let rate = |n| known::alarm_rate(limit, shift, known::sd_of_difference(phi, n));
        let minutes = (3..2000).find(|n| rate(*n) >= 0.8).unwrap() as f64;
        let mut tally = Tally::default();
        for seed in 0..HISTORIES {
            let mut random = Random::new(seed);
            let history = known::history(2, 40_000, |n| known::noise(phi, n, &mut random));
            let windows = vec![minutes / 2.0, minutes];
            let options =
                Options { minutes: windows, change: shift / level, seed, ..Options::default() };
            let calibration = known::calibrate(&history, &config, &MeanJudge { limit }, options);
            let TimeToDetect { minutes: found, from, to, .. } =
                calibration.metrics[0].time_to_detect;
            let above = to.is_none_or(|to| minutes <= to);
            tally.add(found, from.is_some_and(|from| from <= minutes) && above);
        }
        println!("| mean, φ {phi} | {minutes} | {:.1} | {:.3} |", tally.mean(), tally.coverage());
    }
}

fn main() {
    println!(
        "| judge and noise | instances × windows | independent | false alarms | found | held | shift | found | held |"
    );
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    closed_forms();
    real_judges();
    println!("\n| judge and noise | minutes needed | found | held |");
    println!("| --- | ---: | ---: | ---: |");
    time_to_detect();
}
