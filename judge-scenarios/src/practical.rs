//! Metrics as services export them: quantiles and ratios over rolling windows, memory, CPU, queues.
//!
//! Their points are neither independent nor a first-order autoregression. Each canary has its own traffic, mean and noise,
//! which both sides share.

use judge_core::MetricPair;
use statrs::distribution::{ContinuousCDF, LogNormal};

use crate::noise::{Autoregression, Noise, Shape};
use crate::random::Random;

/// A kind of metric, with a change that people want to detect.
#[derive(Clone, Copy)]
pub struct PracticalMetric {
    /// Its name.
    pub name: &'static str,
    /// The change of a harmful canary, in words.
    pub change: &'static str,
    /// Factor by which the change multiplies the cause of the metric: latencies, error ratio, arrivals.
    factor: f64,
    draw: fn(f64, usize, &mut Random) -> Sides,
}

/// Baseline and canary.
struct Sides(Vec<f64>, Vec<f64>);

impl std::fmt::Debug for PracticalMetric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every kind of metric.
pub const PRACTICAL_METRICS: &[PracticalMetric] = &[
    PracticalMetric {
        name: "95th percentile of a histogram, `rate[5m]`, step 1 min",
        change: "+10 %",
        factor: 1.1,
        draw: percentile_of_histogram,
    },
    PracticalMetric {
        name: "error ratio of 0.05 to 2 %, `rate[5m]`, step 1 min",
        change: "× 2",
        factor: 2.0,
        draw: error_ratio,
    },
    PracticalMetric {
        name: "memory as saw-teeth of 6 to 22 points, out of step",
        change: "+25 %",
        factor: 1.25,
        draw: saw_teeth,
    },
    PracticalMetric {
        name: "gauge with an autoregression of φ 0.6 to 0.9",
        change: "+10 %",
        factor: 1.1,
        draw: gauge,
    },
    PracticalMetric {
        name: "CPU, rounded, under shared load",
        change: "+10 %",
        factor: 1.1,
        draw: cpu,
    },
    PracticalMetric {
        name: "99th percentile of 20 to 150 requests",
        change: "+25 %",
        factor: 1.25,
        draw: percentile_of_requests,
    },
    PracticalMetric {
        name: "two levels, changing every 6 to 25 points",
        change: "+25 %",
        factor: 1.25,
        draw: two_levels,
    },
    PracticalMetric {
        name: "depth of a queue at 50 to 85 % load",
        change: "+40 % arrivals",
        factor: 1.4,
        draw: queue,
    },
];

impl PracticalMetric {
    /// Draws a pair of `n` points a side, with the change if it is `harmful`.
    pub fn pair(&self, harmful: bool, n: usize, random: &mut Random) -> MetricPair {
        let factor = if harmful { self.factor } else { 1.0 };
        let Sides(baseline, canary) = (self.draw)(factor, n, random);
        MetricPair::new("metric", baseline, canary)
    }
}

/// Draws the baseline with a factor of 1 and the canary with `factor`.
fn sides(factor: f64, mut side: impl FnMut(f64) -> Vec<f64>) -> Sides {
    let baseline = side(1.0);
    Sides(baseline, side(factor))
}

/// Draws a number from `low` to `high` on a logarithmic scale.
fn log_uniform(low: f64, high: f64, random: &mut Random) -> f64 {
    random.between(low.ln(), high.ln()).exp()
}

/// Minutes in a rolling window.
const WINDOW: usize = 5;

/// Upper bounds of the buckets of a histogram in seconds: the defaults of Prometheus' clients.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

fn percentile_of_histogram(factor: f64, n: usize, random: &mut Random) -> Sides {
    let requests = log_uniform(60.0, 600.0, random);
    let (median, sigma) = (log_uniform(0.03, 0.3, random), random.between(0.4, 0.8));
    sides(factor, |factor| {
        let mut below = 0.0;
        let shares = BUCKETS.map(|bound| {
            let distribution = LogNormal::new((median * factor).ln(), sigma);
            let all_below = distribution.map_or(1.0, |latency| latency.cdf(bound));
            all_below - std::mem::replace(&mut below, all_below)
        });
        let minutes: Vec<[f64; 11]> = (0..n + WINDOW - 1)
            .map(|_| shares.map(|share| random.poisson(requests * share)))
            .collect();
        let in_window = |minutes: &[[f64; 11]]| {
            std::array::from_fn(|bucket| minutes.iter().map(|counts| counts[bucket]).sum())
        };
        minutes.windows(WINDOW).map(|minutes| interpolate(0.95, &in_window(minutes))).collect()
    })
}

/// The quantile as `histogram_quantile` computes it, by linear interpolation in its bucket. NaN without counts.
fn interpolate(quantile: f64, counts: &[f64; 11]) -> f64 {
    let wanted = quantile * counts.iter().sum::<f64>();
    let (mut below, mut lower) = (0.0, 0.0);
    for (count, upper) in counts.iter().zip(BUCKETS) {
        if *count > 0.0 && below + count >= wanted {
            return lower + (upper - lower) * (wanted - below) / count;
        }
        (below, lower) = (below + count, upper);
    }
    f64::NAN
}

fn error_ratio(factor: f64, n: usize, random: &mut Random) -> Sides {
    let requests = log_uniform(300.0, 5000.0, random);
    let ratio = log_uniform(0.0005, 0.02, random);
    sides(factor, |factor| {
        let mut minutes =
            |mean: f64| -> Vec<f64> { (0..n + WINDOW - 1).map(|_| random.poisson(mean)).collect() };
        let failed = minutes(requests * ratio * factor);
        let succeeded = minutes(requests * (1.0 - ratio * factor));
        let windows = failed.windows(WINDOW).zip(succeeded.windows(WINDOW));
        windows
            .map(|(failed, succeeded)| {
                let failed = failed.iter().sum::<f64>();
                failed / (failed + succeeded.iter().sum::<f64>())
            })
            .collect()
    })
}

fn saw_teeth(factor: f64, n: usize, random: &mut Random) -> Sides {
    let (period, height) = (random.between(6.0, 22.0), random.between(0.4, 1.2));
    sides(factor, |factor| {
        let phase = random.unit();
        let tooth = |index: usize| (phase + index as f64 / period).fract();
        (0..n)
            .map(|index| 100.0 * factor * (1.0 + height * tooth(index) + 0.02 * random.normal()))
            .collect()
    })
}

fn gauge(factor: f64, n: usize, random: &mut Random) -> Sides {
    let (phi, relative) = (random.between(0.6, 0.9), random.between(0.02, 0.05));
    sides(factor, |factor| {
        Noise { shape: Shape::Gaussian, level: 100.0 * factor, relative, phi }.series(n, random)
    })
}

/// Percent of a core, in whole tenths.
fn cpu(factor: f64, n: usize, random: &mut Random) -> Sides {
    let (mean, swing) = (random.between(10.0, 60.0), random.between(0.05, 0.2));
    let noise_share = random.between(0.02, 0.06);
    let mut load = Autoregression::new(0.9, random);
    let load: Vec<f64> = (0..n).map(|_| load.next(random)).collect();
    sides(factor, |factor| {
        let mut noise = Autoregression::new(0.4, random);
        let point = |load: &f64| {
            let used = mean * factor * (1.0 + swing * load + noise_share * noise.next(random));
            (10.0 * used).round().clamp(0.0, 1000.0) / 10.0
        };
        load.iter().map(point).collect()
    })
}

fn percentile_of_requests(factor: f64, n: usize, random: &mut Random) -> Sides {
    let (requests, sigma) = (log_uniform(20.0, 150.0, random), random.between(0.4, 0.8));
    sides(factor, |factor| {
        let mut point = || {
            let count = random.poisson(requests).max(1.0);
            let mut latencies = Vec::new();
            while (latencies.len() as f64) < count {
                latencies.push(30.0 * factor * (sigma * random.normal()).exp());
            }
            latencies.sort_unstable_by(f64::total_cmp);
            // The smallest latency that exceeds 99 percent of them; for fewer than a hundred requests the largest.
            latencies[latencies.len() - 1 - latencies.len() / 100]
        };
        (0..n).map(|_| point()).collect()
    })
}

fn two_levels(factor: f64, n: usize, random: &mut Random) -> Sides {
    let (step, noise) = (random.between(1.2, 1.6), random.between(0.02, 0.05));
    sides(factor, |factor| {
        let mut is_high = random.chance(0.5);
        // The pair starts within the first stretch.
        let mut left = random.between(0.0, 25.0);
        let point = |_| {
            left -= 1.0;
            if left <= 0.0 {
                is_high = !is_high;
                left = random.between(6.0, 25.0);
            }
            100.0 * factor * (if is_high { step } else { 1.0 } + noise * random.normal())
        };
        (0..n).map(point).collect()
    })
}

/// Number of requests in a queue with one worker, scraped once a minute (M/M/1; a job takes 10 s on average).
fn queue(factor: f64, n: usize, random: &mut Random) -> Sides {
    let load = random.between(0.5, 0.85);
    sides(factor, |factor| {
        let (arrivals, done) = (6.0 * load * factor, 6.0);
        let mut depth = 0.0;
        // The first hours fill the queue.
        let point = |_| {
            let mut minute = 0.0;
            loop {
                let rate = if depth > 0.0 { arrivals + done } else { arrivals };
                minute -= random.unit().ln() / rate;
                if minute > 1.0 {
                    return depth;
                }
                depth += if random.unit() * rate < arrivals { 1.0 } else { -1.0 };
            }
        };
        (0..n + 120).map(point).skip(120).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half of a hundred requests are below 0.1 s, 95 of them below 0.25 s and the rest in the next bucket.
    #[test]
    fn a_quantile_lies_on_a_line_through_its_bucket() {
        let mut counts = [0.0; 11];
        counts[4..7].copy_from_slice(&[50.0, 40.0, 10.0]);
        assert!((interpolate(0.95, &counts) - 0.375).abs() < 1e-12);
        assert!((interpolate(0.7, &counts) - 0.175).abs() < 1e-12);
        assert!(interpolate(0.95, &[0.0; 11]).is_nan());
    }

    #[test]
    fn a_harmful_canary_is_worse_and_a_healthy_one_is_not() {
        for metric in PRACTICAL_METRICS {
            let ratio = |harmful| {
                let (mut canary, mut baseline) = (0.0, 0.0);
                for seed in 0..40 {
                    let pair = metric.pair(harmful, 240, &mut Random::new(seed));
                    let sum = |values: &[f64]| values.iter().filter(|v| !v.is_nan()).sum::<f64>();
                    canary += sum(&pair.canary.values) / sum(&pair.baseline.values) / 40.0;
                    baseline += f64::from(u8::from(sum(&pair.baseline.values) > 0.0));
                }
                assert_eq!(baseline, 40.0, "{metric:?}");
                canary
            };
            let (healthy, harmful) = (ratio(false), ratio(true));
            assert!((0.9..1.15).contains(&healthy), "{metric:?}: {healthy}");
            assert!(harmful > healthy * (0.5 + 0.5 * metric.factor), "{metric:?}: {harmful}");
        }
    }
}
