//! The changes of a metric, one function for each family.

use judge_core::config::{Direction, NanStrategy};

use super::metric::Metric;
use super::noise::{Noise, Shape};
use crate::random::Random;

pub(super) fn shift_small(metric: &mut Metric, random: &mut Random) {
    let shift = metric.worse(random.between(1.3, 2.0));
    metric.add(|_, _| shift);
}

pub(super) fn shift_large(metric: &mut Metric, random: &mut Random) {
    let shift = metric.worse(random.between(2.5, 10.0));
    metric.add(|_, _| shift);
}

/// Adds the same wave and the same noise to both sides.
fn load(metric: &mut Metric, random: &mut Random) {
    let cycles = random.between(0.5, 3.0);
    let phase = random.unit();
    let wave = random.between(2.0, 6.0) * metric.noise.sd();
    let shared = random.between(0.0, 3.0) * metric.noise.sd();
    let n = metric.len() as f64;
    for index in 0..metric.len() {
        let time = cycles * index as f64 / n + phase;
        let common = wave * (std::f64::consts::TAU * time).sin() + shared * random.normal();
        metric.baseline[index] += common;
        metric.canary[index] += common;
    }
}

pub(super) fn shift_under_load(metric: &mut Metric, random: &mut Random) {
    load(metric, random);
    let shift = metric.worse(random.between(1.5, 3.0));
    metric.add(|_, _| shift);
}

fn set_autocorrelation(metric: &mut Metric, phi: f64, random: &mut Random) {
    metric.noise = Noise { shape: Shape::Gaussian, phi, relative: 0.08, ..metric.noise };
    metric.redraw(metric.len(), random);
}

pub(super) fn shift_autocorrelated(metric: &mut Metric, random: &mut Random) {
    let phi = random.between(0.3, 0.7);
    set_autocorrelation(metric, phi, random);
    let shift = metric.worse(random.between(2.5, 4.0) * ((1.0 + phi) / (1.0 - phi)).sqrt() / 1.7);
    metric.add(|_, _| shift);
}

fn allow(metric: &mut Metric, share: f64) {
    metric.allow(1.0 + share, 1.0 - share);
}

/// Sets noise so small that the standard error of the mean is 1 %.
fn reduce_noise(metric: &mut Metric, random: &mut Random) {
    let relative = 0.006 * (metric.len() as f64).sqrt() * random.between(0.3, 1.0);
    metric.noise = Noise { shape: Shape::Gaussian, relative: relative.min(0.15), ..metric.noise };
    metric.redraw(metric.len(), random);
}

pub(super) fn beyond_allowance(metric: &mut Metric, random: &mut Random) {
    reduce_noise(metric, random);
    let allowed = *random.pick(&[0.05, 0.1, 0.25]);
    allow(metric, allowed);
    let shift = metric.noise.level * (allowed + random.between(0.035, 0.08)) * metric.sign();
    metric.add(|_, _| shift);
}

pub(super) fn within_allowance(metric: &mut Metric, random: &mut Random) {
    reduce_noise(metric, random);
    let allowed = *random.pick(&[0.05, 0.1, 0.25]);
    allow(metric, allowed);
    let shift = metric.noise.level * allowed * random.between(0.3, 0.9) * metric.sign();
    metric.add(|_, _| shift);
}

fn widen(metric: &mut Metric, ratio: f64) {
    let level = metric.noise.level;
    metric.canary.iter_mut().for_each(|value| *value = level + ratio * (*value - level));
}

pub(super) fn spread(metric: &mut Metric, random: &mut Random) {
    metric.noise = Noise { relative: metric.noise.relative.max(0.05), ..metric.noise };
    metric.redraw(metric.len(), random);
    let few = (31.0 / metric.len() as f64).max(1.0).sqrt();
    widen(metric, random.between(2.5, 5.0) * few);
}

pub(super) fn alternating(metric: &mut Metric, random: &mut Random) {
    let swing = random.between(2.5, 6.0) * metric.noise.sd();
    let regular = random.chance(0.5);
    for index in 0..metric.len() {
        let up = if regular { index % 2 == 0 } else { random.chance(0.5) };
        metric.canary[index] += if up { swing } else { -swing };
    }
}

fn spikes(metric: &mut Metric, count: usize, sds: f64, random: &mut Random) {
    let size = sds * metric.noise.sd() * metric.sign();
    for _ in 0..count {
        let index = random.below(metric.len());
        metric.canary[index] += size * random.between(0.8, 1.4);
    }
}

pub(super) fn tail(metric: &mut Metric, random: &mut Random) {
    let count = 4 + metric.len() / 30;
    spikes(metric, count, random.between(9.0, 25.0), random);
}

pub(super) fn late_step(metric: &mut Metric, random: &mut Random) {
    let from = random.between(0.6, 0.8);
    let shift = metric.worse(random.between(2.5, 6.0));
    metric.add(|_, time| if time > from { shift } else { 0.0 });
}

pub(super) fn late_ramp(metric: &mut Metric, random: &mut Random) {
    let from = random.between(0.5, 0.75);
    let shift = metric.worse(random.between(5.0, 9.0));
    metric.add(|_, time| shift * ((time - from) / (1.0 - from)).max(0.0));
}

/// A warm-up transient: a step or a decay over the first part of the window.
fn transient(metric: &mut Metric, random: &mut Random) {
    let until = random.between(0.1, 0.3);
    let shift = metric.worse(random.between(4.0, 15.0));
    if random.chance(0.5) {
        metric.add(|_, time| if time < until { shift } else { 0.0 });
    } else {
        metric.add(|_, time| shift * (-3.0 * time / until).exp());
    }
}

pub(super) fn warm_up(metric: &mut Metric, random: &mut Random) {
    transient(metric, random);
}

pub(super) fn warm_up_then_worse(metric: &mut Metric, random: &mut Random) {
    transient(metric, random);
    let shift = metric.worse(random.between(2.0, 4.0));
    metric.add(|_, _| shift);
}

/// Draws the number of extreme points and their size.
fn marks(metric: &Metric, random: &mut Random) -> (usize, f64) {
    let count = (metric.len() / 4).clamp(5, 60);
    (count, random.between(5.0, 10.0) * metric.noise.sd() * metric.sign())
}

/// Adds `size` to `count` points of `series`, in runs of about `run` points.
fn mark(series: &mut [f64], count: usize, run: usize, size: f64, random: &mut Random) {
    let mut marked = vec![false; series.len()];
    let mut left = count;
    // The loop is bounded, since runs may not touch and free room shrinks.
    for _ in 0..1000 {
        if left == 0 {
            break;
        }
        let length = run.min(left);
        let start = random.below(series.len() - length + 1);
        let near = start.saturating_sub(1)..(start + length + 1).min(series.len());
        if marked[near].iter().any(|marked| *marked) {
            continue;
        }
        for index in start..start + length {
            marked[index] = true;
            series[index] += size;
        }
        left -= length;
    }
}

pub(super) fn excursions(metric: &mut Metric, random: &mut Random) {
    let (count, size) = marks(metric, random);
    let run = *random.pick(&[count, count.div_ceil(2), count.div_ceil(3).max(4)]);
    mark(&mut metric.baseline, count, 1, size, random);
    mark(&mut metric.canary, count, run, size, random);
}

pub(super) fn spikes_both_scattered(metric: &mut Metric, random: &mut Random) {
    let (count, size) = marks(metric, random);
    mark(&mut metric.baseline, count, 1, size, random);
    mark(&mut metric.canary, count, 1, size, random);
}

fn counts(metric: &mut Metric, baseline: f64, canary: f64, random: &mut Random) {
    metric.config.direction = Direction::Increase;
    metric.config.nan_strategy = NanStrategy::Replace;
    let n = metric.len();
    metric.baseline = (0..n).map(|_| random.poisson(baseline)).collect();
    metric.canary = (0..n).map(|_| random.poisson(canary)).collect();
}

pub(super) fn error_stream(metric: &mut Metric, random: &mut Random) {
    let events = random.between(16.0, 60.0) / metric.len() as f64;
    counts(metric, 0.0, events, random);
}

pub(super) fn more_errors(metric: &mut Metric, random: &mut Random) {
    let events = random.between(12.0, 30.0) / metric.len() as f64;
    counts(metric, events, events * random.between(4.0, 8.0), random);
}

/// An error ratio that is 0 at most points.
pub(super) fn error_ratio(metric: &mut Metric, random: &mut Random) {
    let events = random.between(20.0, 60.0) / metric.len() as f64;
    counts(metric, events * 0.05, events, random);
    for side in [&mut metric.baseline, &mut metric.canary] {
        for value in side {
            *value /= 900.0 + 200.0 * random.unit();
        }
    }
}

pub(super) fn lone_errors(metric: &mut Metric, random: &mut Random) {
    counts(metric, 0.0, 0.0, random);
    for _ in 0..=random.below(2) {
        let index = random.below(metric.len());
        metric.canary[index] += 1.0;
    }
}

pub(super) fn sparse_counts(metric: &mut Metric, random: &mut Random) {
    let events = random.between(1.0, 60.0) / metric.len() as f64;
    counts(metric, events, events, random);
    if random.chance(0.5) {
        for side in [&mut metric.baseline, &mut metric.canary] {
            for value in side {
                *value /= 900.0 + 200.0 * random.unit();
            }
        }
    }
}

pub(super) fn no_change(_: &mut Metric, _: &mut Random) {}

pub(super) fn autocorrelated(metric: &mut Metric, random: &mut Random) {
    let phi = random.between(0.2, 0.8);
    set_autocorrelation(metric, phi, random);
}

pub(super) fn common_load(metric: &mut Metric, random: &mut Random) {
    load(metric, random);
}

pub(super) fn outliers_both_sides(metric: &mut Metric, random: &mut Random) {
    let share = random.between(0.02, 0.08);
    for side in [&mut metric.baseline, &mut metric.canary] {
        for value in side {
            if random.chance(share) {
                *value += metric.noise.sd() * random.between(5.0, 15.0);
            }
        }
    }
}

pub(super) fn identical(metric: &mut Metric, _: &mut Random) {
    metric.canary.clone_from(&metric.baseline);
}

pub(super) fn constant(metric: &mut Metric, random: &mut Random) {
    metric.noise.relative = 0.0;
    let level = metric.noise.level;
    let ratio = 1.0 + *random.pick(&[0.0, 0.0, 0.005]);
    metric.baseline.fill(level);
    metric.canary.fill(level * ratio);
}

pub(super) fn trivial_shift(metric: &mut Metric, random: &mut Random) {
    let relative = *random.pick(&[0.002, 0.02, 0.1]);
    metric.noise = Noise { shape: Shape::Gaussian, relative, ..metric.noise };
    metric.redraw(metric.len(), random);
    let shift = random.between(0.002, 0.01) * metric.noise.level * metric.sign();
    metric.add(|_, _| shift);
}

pub(super) fn improvement(metric: &mut Metric, random: &mut Random) {
    metric.config.direction = *random.pick(&[Direction::Increase, Direction::Decrease]);
    let shift = -metric.worse(random.between(1.0, 4.0));
    metric.add(|_, _| shift);
}

pub(super) fn gaps(metric: &mut Metric, random: &mut Random) {
    let share = random.between(0.05, 0.4);
    for side in [&mut metric.baseline, &mut metric.canary] {
        for value in side {
            if random.chance(share) {
                *value = f64::NAN;
            }
        }
    }
}
