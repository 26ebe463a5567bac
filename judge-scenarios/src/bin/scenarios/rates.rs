//! Rates at which single metrics fail, for healthy, shifted and recorded metrics.

use std::collections::BTreeMap;

use anyhow::Result;
use judge_core::config::Direction;
use judge_core::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
use judge_core::{JudgeRequest, Judgement, MetricPair, Verdict};
use judge_scenarios::random::Random;
use judge_scenarios::{
    HABITS, Noise, REQUESTS, Shape, SharedTraffic, TWO_LEVELS, aa_pair, real, shifted_pair,
    single_metric_request,
};

use crate::bench::Bench;
use crate::options::Options;
use crate::show;

const SHAPES: [(&str, Shape, f64); 5] = [
    ("gaussian", Shape::Gaussian, 0.05),
    ("lognormal 0.3", Shape::Lognormal, 0.3),
    ("lognormal 0.8", Shape::Lognormal, 0.8),
    ("gamma", Shape::Gamma, 0.5),
    ("poisson 20", Shape::Poisson, 0.223_606_797_749_979),
];
const SIZES: [usize; 4] = [15, 31, 60, 240];

/// Counts of the failures of one judge.
#[derive(Default, Clone, Copy)]
pub(crate) struct FailureCount {
    failed: u64,
    judged: u64,
}

impl FailureCount {
    pub(crate) fn count(&mut self, failed: bool) {
        self.failed += u64::from(failed);
        self.judged += 1;
    }

    fn add(&mut self, other: Self) {
        self.failed += other.failed;
        self.judged += other.judged;
    }

    /// NaN if nothing was judged.
    pub(crate) fn share(self) -> f64 {
        self.failed as f64 / self.judged as f64
    }
}

/// Counts of the failures of both judges.
#[derive(Default)]
struct Failures {
    ours: FailureCount,
    parity: FailureCount,
    /// The failures by test.
    tests: BTreeMap<String, usize>,
}

impl Failures {
    /// Judges the only metric of `request`. Returns the judgement of `EvidenceJudge-v1` if the metric fails.
    fn count(&mut self, request: &JudgeRequest, bench: &mut Bench) -> Option<Judgement> {
        if let Some(judgement) = bench.judge(&NetflixAcaJudge, request) {
            self.parity.count(judgement.verdict != Verdict::Pass);
        }
        let judgement = bench.judge(&EvidenceJudge, request)?;
        let harm = judgement.metrics[0].findings.iter().find(|finding| finding.is_harm());
        self.ours.count(harm.is_some());
        *self.tests.entry(format!("{:?}", harm?.test)).or_default() += 1;
        Some(judgement)
    }

    fn add(&mut self, other: Self) {
        self.ours.add(other.ours);
        self.parity.add(other.parity);
        for (test, count) in other.tests {
            *self.tests.entry(test).or_default() += count;
        }
    }

    fn print(&self, what: &str) {
        let (ours, parity) = (100.0 * self.ours.share(), 100.0 * self.parity.share());
        println!("| {what} | {ours:.2} | {parity:.2} | {:?} |", self.tests);
    }
}

/// Prints the false alarms of a metric, in percent, and the tests that raised them.
pub(crate) fn alarms(options: &Options, bench: &mut Bench) {
    println!("| noise | φ | n | direction | ours % | parity % | by test |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (name, shape, relative) in SHAPES {
        for phi in [0.0, 0.5, 0.8] {
            if phi > 0.0 && matches!(shape, Shape::Gamma | Shape::Poisson) {
                continue;
            }
            let level = if shape == Shape::Poisson { 20.0 } else { 100.0 };
            let noise = Noise { shape, level, relative, phi };
            for n in options.sizes(&SIZES) {
                for direction in [Direction::Increase, Direction::Either] {
                    let mut failures = Failures::default();
                    for repeat in 0..options.repeats {
                        let mut random = Random::new(options.base + 7_919 * repeat + n as u64);
                        let request =
                            single_metric_request(aa_pair(noise, n, &mut random), direction);
                        failures.count(&request, bench);
                    }
                    failures.print(&format!("{name} | {phi} | {n} | {direction:?}"));
                }
            }
        }
    }
}

/// Prints the false alarms of healthy metrics with habits, in percent, if both directions are harmful.
pub(crate) fn habits(options: &Options, bench: &mut Bench) {
    println!("| habit | n | ours % | parity % | by test |");
    println!("| --- | --- | --- | --- | --- |");
    for (index, habit) in HABITS.iter().enumerate() {
        for n in options.sizes(&SIZES) {
            let mut failures = Failures::default();
            for repeat in 0..options.repeats {
                let seed = options.base + 1_000_000 * index as u64 + 7_919 * repeat + n as u64;
                let request =
                    single_metric_request(habit.pair(n, &mut Random::new(seed)), Direction::Either);
                failures.count(&request, bench);
            }
            failures.print(&format!("{} | {n}", habit.name));
        }
    }
}

/// Prints the power against the size of a shift, in standard deviations.
pub(crate) fn power(options: &Options, bench: &mut Bench) {
    println!("| n | noise | sds | ours | parity |");
    println!("| --- | --- | --- | --- | --- |");
    let mut row = |noise: &str, n: usize, sds: f64, pair: &dyn Fn(&mut Random) -> MetricPair| {
        let mut found = [FailureCount::default(); 2];
        for repeat in 0..options.repeats {
            let mut random = Random::new(options.base + 104_729 * repeat + n as u64);
            let request = single_metric_request(pair(&mut random), Direction::Increase);
            let judges: [&dyn Judge; 2] = [&EvidenceJudge, &NetflixAcaJudge];
            for (judge, found) in judges.iter().zip(&mut found) {
                if let Some(judgement) = bench.judge(*judge, &request) {
                    found.count(judgement.verdict != Verdict::Pass);
                }
            }
        }
        let [ours, parity] = found.map(FailureCount::share);
        println!("| {n} | {noise} | {sds} | {ours:.2} | {parity:.2} |");
    };
    for n in [15, 31, 60] {
        for phi in [0.0, 0.5, 0.8] {
            for sds in [0.5, 1.0, 1.5, 2.0, 3.0, 5.0] {
                let noise = Noise { shape: Shape::Gaussian, level: 100.0, relative: 0.05, phi };
                row(&format!("φ {phi}"), n, sds, &|random| shifted_pair(noise, n, sds, random));
            }
        }
    }
    for n in [31, 60, 120, 240] {
        for sds in [0.0, 0.5, 1.0, 1.5, 2.0, 3.0] {
            row("rolling windows of five", n, sds, &|random| shifted_rolling_pair(n, sds, random));
        }
    }
    for n in [15, 31, 60, 120] {
        for sds in [0.0, 0.5, 1.0, 1.5, 2.0, 3.0] {
            row("two levels", n, sds, &|random| {
                let mut pair = TWO_LEVELS.pair(n, random);
                pair.canary.values.iter_mut().for_each(|value| *value += 5.0 * sds);
                pair
            });
        }
    }
}

/// Draws a pair whose points are means over rolling windows of five points. The canary's are `sds` standard
/// deviations higher.
fn shifted_rolling_pair(n: usize, sds: f64, random: &mut Random) -> MetricPair {
    let mut side = |shift: f64| {
        let noise: Vec<f64> = (0..n + 4).map(|_| random.normal()).collect();
        let mean = |five: &[f64]| five.iter().sum::<f64>() / 5_f64.sqrt();
        noise.windows(5).map(|five| 100.0 + 5.0 * (mean(five) + shift)).collect::<Vec<f64>>()
    };
    let baseline = side(0.0);
    MetricPair::new("metric", baseline, side(sds))
}

/// Prints the share of canaries that do not pass, in percent, by their share of the traffic, with and without a
/// metric that counts the traffic.
pub(crate) fn traffic(options: &Options, bench: &mut Bench) {
    println!(
        "| requests a point | canary's share | n | latency | ours, `traffic` named % | not named % | parity % |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (requests, share) in
        [(200.0, 0.5), (200.0, 0.33), (200.0, 0.1), (2000.0, 0.1), (2000.0, 0.02)]
    {
        for n in options.sizes(&[15, 60]) {
            for slower in [1.0, 1.1, 1.3] {
                let drawn = SharedTraffic { requests, share, slower };
                let mut failed = [FailureCount::default(); 3];
                for repeat in 0..options.repeats {
                    let mut random = Random::new(options.base + 15_485_863 * repeat + n as u64);
                    let unnamed = drawn.draw(n, &mut random);
                    let mut named = unnamed.clone();
                    named.config.evidence.traffic = Some(REQUESTS.to_owned());
                    let judged: [(&dyn Judge, &JudgeRequest); 3] = [
                        (&EvidenceJudge, &named),
                        (&EvidenceJudge, &unnamed),
                        (&NetflixAcaJudge, &unnamed),
                    ];
                    for ((judge, request), failed) in judged.into_iter().zip(&mut failed) {
                        if let Some(judgement) = bench.judge(judge, request) {
                            failed.count(judgement.verdict != Verdict::Pass);
                        }
                    }
                }
                let [named, unnamed, parity] = failed.map(|failed| 100.0 * failed.share());
                println!(
                    "| {requests} | {share} | {n} | × {slower} | {named:.1} | {unnamed:.1} | {parity:.1} |"
                );
            }
        }
    }
}

/// Prints the false alarms on pairs cut from recorded series, the columns of a CSV file.
pub(crate) fn recorded(file: &str, options: &Options, bench: &mut Bench) -> Result<()> {
    let mut reader = csv::Reader::from_path(file)?;
    let names: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    for record in reader.records() {
        for (column, cell) in columns.iter_mut().zip(record?.iter()) {
            column.push(cell.parse().unwrap_or(f64::NAN));
        }
    }
    println!("| metric | ours % | parity % | by test |");
    println!("| --- | --- | --- | --- |");
    let mut all = Failures::default();
    // Columns of text name the rows, and the time column is not a metric.
    let numbers = names
        .iter()
        .zip(&columns)
        .filter(|(name, column)| *name != "timestamp" && !column.iter().all(|v| v.is_nan()));
    for (index, (name, column)) in numbers.enumerate() {
        let mut failures = Failures::default();
        for repeat in 0..options.repeats {
            let mut random = Random::new(options.base + 1_000_003 * index as u64 + repeat);
            let n = options.size(&[15, 31, 60, 120, 240], &mut random);
            let Some(pair) = real::interleaved_pair(name, column, n, &mut random) else { continue };
            let directions = [Direction::Increase, Direction::Decrease, Direction::Either];
            let request = single_metric_request(pair, *random.pick(&directions));
            let failed = failures.count(&request, bench);
            if let Some(judgement) = failed.filter(|_| options.show.as_deref() == Some(name)) {
                show(n, repeat, &judgement);
                let pair = &request.pairs[0];
                println!("{:?}\n{:?}", pair.baseline.values, pair.canary.values);
            }
        }
        failures.print(name);
        all.add(failures);
    }
    all.print("all");
    Ok(())
}

#[cfg(test)]
mod tests {
    use judge_core::Thresholds;

    use super::*;

    #[test]
    fn refusals_are_counted_and_in_no_rate() {
        let noise = Noise { shape: Shape::Gaussian, level: 100.0, relative: 0.05, phi: 0.0 };
        let shifted = shifted_pair(noise, 60, 20.0, &mut Random::new(1));
        let judged = single_metric_request(shifted, Direction::Increase);
        // The other judge accepts thresholds that every canary reaches.
        let thresholds = Thresholds::new(0.0, 0.0).unwrap();
        let refused = JudgeRequest { thresholds, ..judged.clone() };
        let (mut failures, mut bench) = (Failures::default(), Bench::default());
        for request in [&judged, &refused, &refused] {
            failures.count(request, &mut bench);
        }
        assert_eq!((failures.ours.judged, failures.parity.judged), (1, 3));
        assert_eq!((failures.ours.share(), failures.parity.failed), (1.0, 1));
        let end = bench.finish().unwrap_err().to_string();
        assert!(end.starts_with("EvidenceJudge-v1 refused 2 judgements"), "{end}");
    }
}
