//! Measures the cost of the two-sample comparison against its size. Prints the table of `docs/statistics.md`:
//! `taskset -c 0 cargo run --release -p judge-benches --example cost`
#![allow(clippy::unwrap_used, reason = "generated inputs are valid")]
#![allow(clippy::print_stdout, reason = "the table is what it is run for")]

use std::hint::black_box;

use cpu_time::ThreadTime;
use judge_benches::{latencies, tied};
use judge_core::stats::{ConfidenceLevel, Method, Sample, TwoSampleScratch, two_sample};

type Pair = (Vec<f64>, Vec<f64>);

/// Typical values of metrics.
const REALISTIC: [&str; 3] = ["untied", "rounded", "counts"];
/// These, and values on which selecting among differences was slow or wrong before.
const KINDS: [&str; 9] = [
    "untied",
    "rounded",
    "counts",
    "all tied",
    "clusters",
    "half zeros",
    "powers",
    "overflow",
    "denormals",
];
/// The sizes for the unusual kinds.
const AWKWARD_SIZES: [usize; 3] = [1440, 10_000, 1_000_000];

/// Unsorted values of one kind.
fn generate(kind: &str, points: usize, seed: u64) -> Vec<f64> {
    let each = |change: fn(usize, f64) -> f64| -> Vec<f64> {
        latencies(points, seed).into_iter().enumerate().map(|(k, v)| change(k, v)).collect()
    };
    match kind {
        "untied" => latencies(points, seed),
        "rounded" => each(|_, v| v.round()),
        "all tied" => vec![7.5; points],
        // Two clusters, a billion apart.
        "clusters" => each(|k, v| if k % 2 == 0 { v } else { v + 1e9 }),
        "half zeros" => each(|k, v| if k % 2 == 0 { 0.0 } else { v }),
        // Evenly spaced on a log scale, over the whole range of a double.
        "powers" => each(|_, v| 2.0_f64.powf((v * 400.0).floor() % 40_000.0 / 20.0 - 1000.0)),
        // Differences exceed the largest double.
        "overflow" => each(|k, v| {
            if k % 2 == 0 { f64::MAX / (1.0 + v / 1000.0) } else { -f64::MAX / (1.0 + v / 1000.0) }
        }),
        "denormals" => each(|_, v| f64::from_bits(v.to_bits() % 100_000)),
        _ => tied(points, seed),
    }
}

/// Generates different pairs, so that no branch predictor learns them.
fn pairs(points: usize, generate: impl Fn(usize, u64) -> Vec<f64>) -> Vec<Pair> {
    let count = (2_000_000 / points).clamp(1, 200) as u64;
    (0..count).map(|k| (generate(points, 2 * k), generate(points, 2 * k + 1))).collect()
}

/// The minimum over several passes, in microseconds per pair.
#[derive(Clone, Copy)]
struct Least {
    sort: f64,
    all: f64,
}

/// Runs both in turns, so that a slow moment of the machine affects both.
fn time(pairs: &[Pair], mut sort: impl FnMut(Pair), mut all: impl FnMut(Pair)) -> Least {
    let passes = (30_000_000 / (pairs.len() * pairs[0].0.len())).clamp(3, 50);
    let mut least = Least { sort: f64::INFINITY, all: f64::INFINITY };
    for _ in 0..passes {
        least.sort = least.sort.min(seconds(pairs, &mut sort));
        least.all = least.all.min(seconds(pairs, &mut all));
    }
    let per_pair = 1e6 / pairs.len() as f64;
    Least { sort: least.sort * per_pair, all: least.all * per_pair }
}

/// Measures this thread's processor time, which excludes other work on the machine.
fn seconds(pairs: &[Pair], run: &mut impl FnMut(Pair)) -> f64 {
    let copies = pairs.to_vec();
    let start = ThreadTime::now();
    for pair in copies {
        run(pair);
    }
    start.elapsed().as_secs_f64()
}

fn main() {
    let level = ConfidenceLevel::new(0.98).unwrap();
    let mut scratch = TwoSampleScratch::default();
    println!("| n = m | kind | sort, µs | everything, µs | ratio | slope |");
    println!("| ---: | --- | ---: | ---: | ---: | ---: |");
    for kind in KINDS {
        let mut last: Option<(f64, f64)> = None;
        for points in [15, 60, 240, 1440, 10_000, 100_000, 1_000_000, 10_000_000] {
            if !REALISTIC.contains(&kind) && !AWKWARD_SIZES.contains(&points) {
                continue;
            }
            let input = pairs(points, |n, seed| generate(kind, n, seed));
            let Least { sort, all } = time(
                &input,
                |(mut x, mut y)| {
                    x.sort_unstable_by(f64::total_cmp);
                    y.sort_unstable_by(f64::total_cmp);
                    black_box((x, y));
                },
                |(x, y)| {
                    let (x, y) = (Sample::new(x).unwrap(), Sample::new(y).unwrap());
                    black_box(two_sample(&x, &y, level, Method::Auto, &mut scratch).unwrap());
                },
            );
            // The exponent of the size between the previous row and this one.
            let slope = last.map_or_else(String::new, |(n, t)| {
                format!("{:.2}", (all / t).ln() / (points as f64 / n).ln())
            });
            println!("| {points} | {kind} | {sort:.2} | {all:.2} | {:.2} | {slope} |", all / sort);
            last = Some((points as f64, all));
        }
    }
}
