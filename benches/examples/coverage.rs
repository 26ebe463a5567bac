//! Simulates, with seeds, how often each interval contains the truth, and how often each test raises a false alarm.
//! Prints the table of `docs/statistics.md`:
//! `cargo run --release -p judge-benches --example coverage`
#![allow(clippy::unwrap_used, reason = "simulated inputs are valid")]
#![allow(clippy::print_stdout, reason = "the table is what it is run for")]

use judge_benches::{gaussian, latencies};
use judge_core::stats::{
    ConfidenceLevel, Interval, Method, Proportion, Rate, Sample, brown_forsythe, brunner_munzel,
    cohens_d, effective_size, fligner_killeen, mann_whitney, mean_ratio, median_ratio,
    relative_shift, spread_ratio, two_proportions, two_rates, two_sample,
};

const RUNS: u64 = 4000;
const LEVEL: f64 = 0.95;
const SIZES: [(usize, usize); 4] = [(15, 15), (60, 60), (60, 15), (240, 240)];

type Hit = Box<dyn Fn(usize, usize, u64) -> bool>;

fn level() -> ConfidenceLevel {
    ConfidenceLevel::new(LEVEL).unwrap()
}

fn sample(values: &[f64], times: f64, plus: f64) -> Sample {
    Sample::new(values.iter().map(|v| v * times + plus).collect()).unwrap()
}

fn holds(interval: Option<Interval>, truth: f64) -> bool {
    interval.is_some_and(|interval| interval.contains(truth))
}

/// Draws a Poisson count: exponential waiting times, from pairs of normal values, until `exposure`.
fn poisson(rate: f64, exposure: f64, seed: u64) -> u64 {
    let mut time = 0.0;
    let mut count = 0;
    for pair in gaussian(4000, seed).chunks(2) {
        let [a, b] = [(pair[0] - 100.0) / 10.0, (pair[1] - 100.0) / 10.0];
        time += 0.5 * (a * a + b * b) / rate;
        if time > exposure {
            break;
        }
        count += 1;
    }
    count
}

/// Events are normal values above a threshold that one in ten exceeds.
fn events(trials: usize, seed: u64) -> Proportion {
    let above = gaussian(trials, seed).iter().filter(|v| **v > 100.0 + 12.815_515_655).count();
    Proportion::new(above as u64, trials as u64).unwrap()
}

fn autoregressive(n: usize, coefficient: f64, seed: u64) -> Vec<f64> {
    let mut last = 0.0;
    gaussian(n + 100, seed)
        .into_iter()
        .map(|v| {
            last = coefficient * last + v - 100.0;
            last
        })
        .skip(100)
        .collect()
}

/// Whether a test of two autocorrelated series at 5 % raises an alarm, corrected or not.
fn false_alarm(n: usize, seed: u64, coefficient: f64, corrected: bool) -> bool {
    let series = [seed, seed + 1].map(|seed| autoregressive(n, coefficient, seed));
    let [x, y] = series.each_ref().map(|values| Sample::new(values.clone()).unwrap());
    let z = mann_whitney(&x, &y, Method::Asymptotic).unwrap().z;
    let inflation: f64 =
        series.iter().map(|values| effective_size(values).unwrap().variance_inflation / 2.0).sum();
    z.abs() / if corrected { inflation.sqrt() } else { 1.0 } > 1.959_964
}

fn places() -> Vec<(&'static str, Hit)> {
    let shift = |x: &Sample, y: &Sample| {
        two_sample(x, y, level(), Method::Auto, &mut judge_core::stats::TwoSampleScratch::default())
            .unwrap()
    };
    vec![
        (
            "shift, normal",
            Box::new(move |m, n, s| {
                let (x, y) =
                    (sample(&gaussian(m, s), 1.0, 5.0), sample(&gaussian(n, s + 1), 1.0, 0.0));
                shift(&x, &y).shift.interval.contains(5.0)
            }),
        ),
        (
            "shift, lognormal",
            Box::new(move |m, n, s| {
                let (x, y) =
                    (sample(&latencies(m, s), 1.0, 5.0), sample(&latencies(n, s + 1), 1.0, 0.0));
                shift(&x, &y).shift.interval.contains(5.0)
            }),
        ),
        (
            "relative shift, lognormal, +5 %",
            Box::new(move |m, n, s| {
                let (x, y) =
                    (sample(&latencies(m, s), 1.0, 5.0), sample(&latencies(n, s + 1), 1.0, 0.0));
                let shift = shift(&x, &y).shift;
                holds(relative_shift(shift, &y, level()).map(|r| r.interval), 5.0)
            }),
        ),
        (
            "relative shift, lognormal, +100 %",
            Box::new(move |m, n, s| {
                let (x, y) =
                    (sample(&latencies(m, s), 1.0, 100.0), sample(&latencies(n, s + 1), 1.0, 0.0));
                let shift = shift(&x, &y).shift;
                holds(relative_shift(shift, &y, level()).map(|r| r.interval), 100.0)
            }),
        ),
        (
            "superiority 0.5, normal",
            Box::new(move |m, n, s| {
                let (x, y) =
                    (sample(&gaussian(m, s), 1.0, 0.0), sample(&gaussian(n, s + 1), 1.0, 0.0));
                shift(&x, &y).superiority.interval.contains(0.5)
            }),
        ),
        (
            "superiority 0.5, sd 3 against 1",
            Box::new(move |m, n, s| {
                let (x, y) =
                    (sample(&gaussian(m, s), 1.0, 0.0), sample(&gaussian(n, s + 1), 3.0, -200.0));
                shift(&x, &y).superiority.interval.contains(0.5)
            }),
        ),
        (
            "superiority 0.921, normal",
            Box::new(move |m, n, s| {
                // The means are two standard deviations apart: Φ(√2).
                let (x, y) =
                    (sample(&gaussian(m, s), 1.0, 20.0), sample(&gaussian(n, s + 1), 1.0, 0.0));
                shift(&x, &y).superiority.interval.contains(0.921_350_396_474_857)
            }),
        ),
    ]
}

fn ratios() -> Vec<(&'static str, Hit)> {
    vec![
        (
            "mean ratio 1.1, lognormal",
            Box::new(|m, n, s| {
                let (x, y) =
                    (sample(&latencies(m, s), 1.1, 0.0), sample(&latencies(n, s + 1), 1.0, 0.0));
                holds(mean_ratio(&x, &y, level()).map(|r| r.interval), 1.1)
            }),
        ),
        (
            "median ratio 1.1, lognormal",
            Box::new(|m, n, s| {
                let (x, y) =
                    (sample(&latencies(m, s), 1.1, 0.0), sample(&latencies(n, s + 1), 1.0, 0.0));
                holds(median_ratio(&x, &y, level()).map(|r| r.interval), 1.1)
            }),
        ),
        (
            "Cohen's d 0.5, normal",
            Box::new(|m, n, s| {
                let (x, y) =
                    (sample(&gaussian(m, s), 1.0, 5.0), sample(&gaussian(n, s + 1), 1.0, 0.0));
                holds(cohens_d(&x, &y, level()).map(|r| r.interval), 0.5)
            }),
        ),
        (
            "spread ratio 2, normal",
            Box::new(|m, n, s| {
                let (x, y) =
                    (sample(&gaussian(m, s), 2.0, 0.0), sample(&gaussian(n, s + 1), 1.0, 0.0));
                holds(spread_ratio(&x, &y, level()).map(|r| r.interval), 2.0)
            }),
        ),
        (
            "spread ratio 2, lognormal",
            Box::new(|m, n, s| {
                let (x, y) =
                    (sample(&latencies(m, s), 2.0, 0.0), sample(&latencies(n, s + 1), 1.0, 0.0));
                holds(spread_ratio(&x, &y, level()).map(|r| r.interval), 2.0)
            }),
        ),
        (
            "difference of proportions 0, events of ten times as many trials",
            Box::new(|m, n, s| {
                let found = two_proportions(events(10 * m, s), events(10 * n, s + 1), level());
                found.difference_interval.contains(0.0)
            }),
        ),
        (
            "odds ratio 1, events of ten times as many trials",
            Box::new(|m, n, s| {
                let found = two_proportions(events(10 * m, s), events(10 * n, s + 1), level());
                found.odds_ratio_interval.contains(1.0)
            }),
        ),
        (
            "rate ratio 2",
            Box::new(|m, n, s| {
                let (x, y) = (m as f64 / 2.0, n as f64 / 2.0);
                let found = two_rates(
                    Rate::new(poisson(2.0, x, s), x).unwrap(),
                    Rate::new(poisson(1.0, y, s + 1), y).unwrap(),
                    level(),
                );
                found.interval.contains(2.0)
            }),
        ),
    ]
}

fn alarms() -> Vec<(&'static str, Hit)> {
    vec![
        (
            "Mann–Whitney, normal",
            Box::new(|m, n, s| {
                let (x, y) =
                    (sample(&gaussian(m, s), 1.0, 0.0), sample(&gaussian(n, s + 1), 1.0, 0.0));
                mann_whitney(&x, &y, Method::Auto).unwrap().p.two_sided <= 0.05
            }),
        ),
        (
            "Mann–Whitney, sd 1 against 3",
            Box::new(|m, n, s| {
                let (x, y) =
                    (sample(&gaussian(m, s), 1.0, 0.0), sample(&gaussian(n, s + 1), 3.0, -200.0));
                mann_whitney(&x, &y, Method::Auto).unwrap().p.two_sided <= 0.05
            }),
        ),
        (
            "Brunner–Munzel, sd 1 against 3",
            Box::new(|m, n, s| {
                let (x, y) =
                    (sample(&gaussian(m, s), 1.0, 0.0), sample(&gaussian(n, s + 1), 3.0, -200.0));
                brunner_munzel(&x, &y).is_some_and(|test| test.p.two_sided <= 0.05)
            }),
        ),
        (
            "Brown–Forsythe, lognormal",
            Box::new(|m, n, s| {
                let (x, y) =
                    (sample(&latencies(m, s), 1.0, 0.0), sample(&latencies(n, s + 1), 1.0, 0.0));
                brown_forsythe(&x, &y).is_some_and(|test| test.p.two_sided <= 0.05)
            }),
        ),
        (
            "Fligner–Killeen, lognormal",
            Box::new(|m, n, s| {
                let (x, y) =
                    (sample(&latencies(m, s), 1.0, 0.0), sample(&latencies(n, s + 1), 1.0, 0.0));
                fligner_killeen(&x, &y).is_some_and(|test| test.p.two_sided <= 0.05)
            }),
        ),
        (
            "Mann–Whitney, autocorrelation 0.5, uncorrected",
            Box::new(|_, n, s| false_alarm(n, s, 0.5, false)),
        ),
        ("the same, corrected by effective size", Box::new(|_, n, s| false_alarm(n, s, 0.5, true))),
        (
            "autocorrelation 0, corrected by effective size",
            Box::new(|_, n, s| false_alarm(n, s, 0.0, true)),
        ),
    ]
}

fn print(title: &str, rows: Vec<(&'static str, Hit)>) {
    println!("| {title} | 15, 15 | 60, 60 | 60, 15 | 240, 240 |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for (name, hit) in rows {
        let cells = SIZES.map(|(m, n)| {
            let hits = (0..RUNS).filter(|run| hit(m, n, 2 * run)).count();
            format!("{:.3}", hits as f64 / RUNS as f64)
        });
        println!("| {name} | {} |", cells.join(" | "));
    }
    println!();
}

fn main() {
    print("coverage at 0.95", places());
    print("coverage at 0.95", ratios());
    print("false alarms at 0.05", alarms());
}
