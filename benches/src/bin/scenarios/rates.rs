//! How often a single metric fails: healthy ones, shifted ones, recorded ones.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use judge_benches::random::Random;
use judge_benches::scenarios::{HABITS, Noise, Shape, aa_pair, real, shifted_pair, single};
use judge_core::config::Direction;
use judge_core::judges::{EvidenceJudge, Judge, NetflixAcaJudge, Scratch};
use judge_core::{JudgeRequest, Judgement, Verdict};

use crate::{Options, show, stopped};

const SHAPES: [(&str, Shape, f64); 5] = [
    ("gaussian", Shape::Gaussian, 0.05),
    ("lognormal 0.3", Shape::Lognormal, 0.3),
    ("lognormal 0.8", Shape::Lognormal, 0.8),
    ("gamma", Shape::Gamma, 0.5),
    ("poisson 20", Shape::Poisson, 0.223_606_797_749_979),
];
const SIZES: [usize; 4] = [15, 31, 60, 240];

/// How often metrics failed.
#[derive(Default)]
struct Failures {
    ours: u64,
    parity: u64,
    tried: u64,
    /// The tests that failed them.
    tests: BTreeMap<String, usize>,
}

impl Failures {
    /// Judges the one metric of `request`; gives our judgement if it fails.
    fn count(&mut self, request: &JudgeRequest, scratch: &mut Scratch) -> Option<Judgement> {
        self.tried += 1;
        if let Ok(judgement) = stopped(&NetflixAcaJudge, request, scratch) {
            self.parity += u64::from(judgement.verdict != Verdict::Pass);
        }
        let judgement = stopped(&EvidenceJudge, request, scratch).ok()?;
        let harm = judgement.metrics[0].findings.iter().find(|finding| finding.is_harm())?;
        self.ours += 1;
        *self.tests.entry(format!("{:?}", harm.test)).or_default() += 1;
        Some(judgement)
    }

    fn add(&mut self, other: Self) {
        self.ours += other.ours;
        self.parity += other.parity;
        self.tried += other.tried;
        for (test, count) in other.tests {
            *self.tests.entry(test).or_default() += count;
        }
    }

    fn print(&self, what: &str) {
        let percent = |count: u64| 100.0 * count as f64 / self.tried.max(1) as f64;
        let (ours, parity) = (percent(self.ours), percent(self.parity));
        println!("| {what} | {ours:.2} | {parity:.2} | {:?} |", self.tests);
    }
}

/// False alarms of a metric, in percent, and the tests that raised them.
pub(crate) fn alarms(options: &Options) {
    let mut scratch = Scratch::default();
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
                        let request = single(aa_pair(noise, n, &mut random), direction);
                        failures.count(&request, &mut scratch);
                    }
                    failures.print(&format!("{name} | {phi} | {n} | {direction:?}"));
                }
            }
        }
    }
}

/// False alarms of healthy metrics that do more than make noise, in percent, either change being harm.
pub(crate) fn habits(options: &Options) {
    let mut scratch = Scratch::default();
    println!("| habit | n | ours % | parity % | by test |");
    println!("| --- | --- | --- | --- | --- |");
    for (index, habit) in HABITS.iter().enumerate() {
        for n in options.sizes(&SIZES) {
            let mut failures = Failures::default();
            for repeat in 0..options.repeats {
                let seed = options.base + 1_000_000 * index as u64 + 7_919 * repeat + n as u64;
                let request = single(habit.pair(n, &mut Random::new(seed)), Direction::Either);
                failures.count(&request, &mut scratch);
            }
            failures.print(&format!("{} | {n}", habit.name));
        }
    }
}

/// Power against the size of a shift, in standard deviations.
pub(crate) fn power(options: &Options) {
    let mut scratch = Scratch::default();
    println!("| n | φ | sds | ours | parity |");
    println!("| --- | --- | --- | --- | --- |");
    for n in [15, 31, 60] {
        for phi in [0.0, 0.5, 0.8] {
            for sds in [0.5, 1.0, 1.5, 2.0, 3.0, 5.0] {
                let noise = Noise { shape: Shape::Gaussian, level: 100.0, relative: 0.05, phi };
                let mut found = [0_usize; 2];
                for repeat in 0..options.repeats {
                    let mut random = Random::new(options.base + 104_729 * repeat + n as u64);
                    let request =
                        single(shifted_pair(noise, n, sds, &mut random), Direction::Increase);
                    let judges: [&dyn Judge; 2] = [&EvidenceJudge, &NetflixAcaJudge];
                    for (judge, found) in judges.iter().zip(&mut found) {
                        if let Ok(judgement) = stopped(*judge, &request, &mut scratch) {
                            *found += usize::from(judgement.verdict != Verdict::Pass);
                        }
                    }
                }
                let share = |count: usize| count as f64 / options.repeats as f64;
                println!(
                    "| {n} | {phi} | {sds} | {:.2} | {:.2} |",
                    share(found[0]),
                    share(found[1])
                );
            }
        }
    }
}

/// False alarms on pairs cut from recorded series: the columns of a CSV file.
pub(crate) fn recorded(options: &Options) -> Result<()> {
    let file = options.file.as_ref().context("real needs --file")?;
    let mut reader = csv::Reader::from_path(file)?;
    let names: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    for record in reader.records() {
        for (column, cell) in columns.iter_mut().zip(record?.iter()) {
            column.push(cell.parse().unwrap_or(f64::NAN));
        }
    }
    let mut scratch = Scratch::default();
    println!("| metric | ours % | parity % | by test |");
    println!("| --- | --- | --- | --- |");
    let mut all = Failures::default();
    // Columns of words name the rows, and times are no metric.
    let numbers = names
        .iter()
        .zip(&columns)
        .filter(|(name, column)| *name != "timestamp" && !column.iter().all(|v| v.is_nan()));
    for (index, (name, column)) in numbers.enumerate() {
        let mut failures = Failures::default();
        for repeat in 0..options.repeats {
            let mut random = Random::new(options.base + 1_000_003 * index as u64 + repeat);
            let n = options.points.unwrap_or_else(|| *random.pick(&[15, 31, 60, 120, 240]));
            let Some(pair) = real::interleaved(name, column, n, &mut random) else { continue };
            let directions = [Direction::Increase, Direction::Decrease, Direction::Either];
            let request = single(pair, *random.pick(&directions));
            let failed = failures.count(&request, &mut scratch);
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
