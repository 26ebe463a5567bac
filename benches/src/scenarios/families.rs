//! What can happen to a canary.

use judge_core::config::{Direction, EffectSize, NanStrategy};
use judge_core::{CanaryConfig, JudgeRequest, MetricConfig, MetricPair, Thresholds};

use super::noise::{Noise, Shape};
use crate::random::Random;

/// A canary with its label.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Whether it must not pass.
    pub harmful: bool,
    /// What the judge is asked.
    pub request: JudgeRequest,
}

/// A kind of canary.
#[derive(Clone, Copy)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Whether its canaries are harmful.
    pub harmful: bool,
    make: fn(&mut Metric, &mut Random),
}

/// Every family: harmful ones, then their harmless twins.
pub const FAMILIES: &[Family] = &[
    Family { name: "shift, small", harmful: true, make: shift_small },
    Family { name: "shift, large", harmful: true, make: shift_large },
    Family { name: "shift under load", harmful: true, make: shift_under_load },
    Family { name: "shift, memory", harmful: true, make: shift_with_memory },
    Family { name: "beyond allowance", harmful: true, make: beyond_allowance },
    Family { name: "spread", harmful: true, make: spread },
    Family { name: "fast and slow", harmful: true, make: alternates },
    Family { name: "tail", harmful: true, make: tail },
    Family { name: "late step", harmful: true, make: late_step },
    Family { name: "late ramp", harmful: true, make: late_ramp },
    Family { name: "start ended worse", harmful: true, make: start_ended_worse },
    Family { name: "excursions", harmful: true, make: excursions },
    Family { name: "error stream", harmful: true, make: error_stream },
    Family { name: "more errors", harmful: true, make: more_errors },
    Family { name: "error ratio", harmful: true, make: error_ratio },
    Family { name: "no change", harmful: false, make: no_change },
    Family { name: "memory", harmful: false, make: memory },
    Family { name: "common load", harmful: false, make: common_load },
    Family { name: "outliers both sides", harmful: false, make: outliers_both_sides },
    Family { name: "identical", harmful: false, make: identical },
    Family { name: "constant", harmful: false, make: constant },
    Family { name: "trivial shift", harmful: false, make: trivial_shift },
    Family { name: "within allowance", harmful: false, make: within_allowance },
    Family { name: "improvement", harmful: false, make: improvement },
    Family { name: "healed start", harmful: false, make: healed_start },
    Family { name: "gaps", harmful: false, make: gaps },
    Family { name: "lone errors", harmful: false, make: lone_errors },
    Family { name: "sparse counts", harmful: false, make: sparse_counts },
    Family { name: "spikes both scattered", harmful: false, make: spikes_both_scattered },
];

impl Family {
    /// One canary: the family's metric among up to 19 healthy ones, of `n` points a side.
    pub fn draw(&self, n: usize, random: &mut Random) -> Scenario {
        let metrics = *random.pick(&[1, 1, 2, 3, 5, 8, 20]);
        let special = random.below(metrics);
        let drawn = (0..metrics).map(|index| {
            let mut metric = Metric::healthy(n, random);
            if index == special {
                (self.make)(&mut metric, random);
            }
            metric.finish(index)
        });
        let (configs, pairs): (Vec<_>, Vec<_>) = drawn.unzip();
        Scenario { harmful: self.harmful, request: request(configs, pairs) }
    }
}

fn request(metrics: Vec<MetricConfig>, pairs: Vec<MetricPair>) -> JudgeRequest {
    // One failing metric must show: of 20 it costs 5 points.
    let thresholds = Thresholds { pass: 96.0, marginal: 75.0 };
    JudgeRequest { config: CanaryConfig { metrics, ..CanaryConfig::default() }, thresholds, pairs }
}

/// A systemic regression: `metrics` metrics, each worse by `share` of its allowance.
pub fn systemic(n: usize, share: f64, random: &mut Random) -> Scenario {
    let metrics = 5 + random.below(11);
    let drawn = (0..metrics).map(|index| {
        let mut metric = Metric::healthy(n, random);
        // A shift of 8 % of five metrics is to be visible in all of them together.
        let relative = metric.noise.relative.min(0.02 * (n as f64).sqrt());
        metric.noise = Noise { shape: Shape::Gaussian, relative, ..metric.noise };
        metric.redraw(n, random);
        metric.config.effect_size.allowed_increase = 1.1;
        metric.config.effect_size.allowed_decrease = 0.9;
        let shift = 0.1 * share * metric.noise.level * metric.sign();
        metric.add(|_, _| shift);
        metric.finish(index)
    });
    let (configs, pairs): (Vec<_>, Vec<_>) = drawn.unzip();
    Scenario { harmful: share > 0.0, request: request(configs, pairs) }
}

/// A pair without a difference.
pub fn aa_pair(noise: Noise, n: usize, random: &mut Random) -> MetricPair {
    MetricPair::new("metric", noise.series(n, random), noise.series(n, random))
}

/// A pair whose canary is `sds` standard deviations higher.
pub fn shifted_pair(noise: Noise, n: usize, sds: f64, random: &mut Random) -> MetricPair {
    let mut pair = aa_pair(noise, n, random);
    pair.canary.values.iter_mut().for_each(|value| *value += sds * noise.sd());
    pair
}

/// One metric on its way to becoming a pair.
struct Metric {
    noise: Noise,
    baseline: Vec<f64>,
    canary: Vec<f64>,
    config: MetricConfig,
}

impl Metric {
    fn healthy(n: usize, random: &mut Random) -> Self {
        let noise = Noise::any(random);
        let direction = *random.pick(&[
            Direction::Increase,
            Direction::Increase,
            Direction::Decrease,
            Direction::Either,
        ]);
        let config = MetricConfig { direction, ..MetricConfig::new("", "All") };
        let mut metric = Self { noise, baseline: Vec::new(), canary: Vec::new(), config };
        metric.redraw(n, random);
        metric
    }

    fn redraw(&mut self, n: usize, random: &mut Random) {
        self.baseline = self.noise.series(n, random);
        self.canary = self.noise.series(n, random);
    }

    fn len(&self) -> usize {
        self.baseline.len()
    }

    /// Which way harm is.
    fn sign(&self) -> f64 {
        if self.config.direction == Direction::Decrease { -1.0 } else { 1.0 }
    }

    /// Adds `change` (index, share of time passed) to the canary, in the metric's unit.
    fn add(&mut self, change: impl Fn(usize, f64) -> f64) {
        let n = self.len() as f64;
        for (index, value) in self.canary.iter_mut().enumerate() {
            *value += change(index, (index as f64 + 0.5) / n);
        }
    }

    /// `sds` standard deviations worse, more where there are few points.
    fn worse(&self, sds: f64) -> f64 {
        let few = (31.0 / self.len() as f64).max(1.0).sqrt();
        let visible = sds * few * self.noise.sd();
        // A change of a percent or two is no one's idea of a regression, however quiet the metric.
        visible.max(0.05 * self.noise.level) * self.sign()
    }

    fn finish(mut self, index: usize) -> (MetricConfig, MetricPair) {
        self.config.name = format!("metric-{index}");
        let pair = MetricPair::new(&*self.config.name, self.baseline, self.canary);
        (self.config, pair)
    }
}

fn shift_small(metric: &mut Metric, random: &mut Random) {
    let shift = metric.worse(random.between(1.3, 2.0));
    metric.add(|_, _| shift);
}

fn shift_large(metric: &mut Metric, random: &mut Random) {
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

fn shift_under_load(metric: &mut Metric, random: &mut Random) {
    load(metric, random);
    let shift = metric.worse(random.between(1.5, 3.0));
    metric.add(|_, _| shift);
}

fn with_memory(metric: &mut Metric, phi: f64, random: &mut Random) {
    metric.noise = Noise { shape: Shape::Gaussian, phi, relative: 0.08, ..metric.noise };
    metric.redraw(metric.len(), random);
}

fn shift_with_memory(metric: &mut Metric, random: &mut Random) {
    let phi = random.between(0.3, 0.7);
    with_memory(metric, phi, random);
    let shift = metric.worse(random.between(2.5, 4.0) * ((1.0 + phi) / (1.0 - phi)).sqrt() / 1.7);
    metric.add(|_, _| shift);
}

fn allow(metric: &mut Metric, share: f64) {
    metric.config.effect_size = EffectSize {
        allowed_increase: 1.0 + share,
        allowed_decrease: 1.0 - share,
        ..EffectSize::default()
    };
}

/// Noise of which the mean is known to 1 %.
fn well_known(metric: &mut Metric, random: &mut Random) {
    let relative = 0.006 * (metric.len() as f64).sqrt() * random.between(0.3, 1.0);
    metric.noise = Noise { shape: Shape::Gaussian, relative: relative.min(0.15), ..metric.noise };
    metric.redraw(metric.len(), random);
}

fn beyond_allowance(metric: &mut Metric, random: &mut Random) {
    well_known(metric, random);
    let allowed = *random.pick(&[0.05, 0.1, 0.25]);
    allow(metric, allowed);
    let shift = metric.noise.level * (allowed + random.between(0.035, 0.08)) * metric.sign();
    metric.add(|_, _| shift);
}

fn within_allowance(metric: &mut Metric, random: &mut Random) {
    well_known(metric, random);
    let allowed = *random.pick(&[0.05, 0.1, 0.25]);
    allow(metric, allowed);
    let shift = metric.noise.level * allowed * random.between(0.3, 0.9) * metric.sign();
    metric.add(|_, _| shift);
}

fn widen(metric: &mut Metric, ratio: f64) {
    let level = metric.noise.level;
    metric.canary.iter_mut().for_each(|value| *value = level + ratio * (*value - level));
}

fn spread(metric: &mut Metric, random: &mut Random) {
    metric.noise = Noise { relative: metric.noise.relative.max(0.05), ..metric.noise };
    metric.redraw(metric.len(), random);
    let few = (31.0 / metric.len() as f64).max(1.0).sqrt();
    widen(metric, random.between(2.5, 5.0) * few);
}

fn alternates(metric: &mut Metric, random: &mut Random) {
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

fn tail(metric: &mut Metric, random: &mut Random) {
    let count = 4 + metric.len() / 30;
    spikes(metric, count, random.between(9.0, 25.0), random);
}

fn late_step(metric: &mut Metric, random: &mut Random) {
    let from = random.between(0.6, 0.8);
    let shift = metric.worse(random.between(2.5, 6.0));
    metric.add(|_, time| if time > from { shift } else { 0.0 });
}

fn late_ramp(metric: &mut Metric, random: &mut Random) {
    let from = random.between(0.5, 0.75);
    let shift = metric.worse(random.between(5.0, 9.0));
    metric.add(|_, time| shift * ((time - from) / (1.0 - from)).max(0.0));
}

/// Slow at first: a step or a decay over the first part of the window.
fn transient(metric: &mut Metric, random: &mut Random) {
    let until = random.between(0.1, 0.3);
    let shift = metric.worse(random.between(4.0, 15.0));
    if random.chance(0.5) {
        metric.add(|_, time| if time < until { shift } else { 0.0 });
    } else {
        metric.add(|_, time| shift * (-3.0 * time / until).exp());
    }
}

fn healed_start(metric: &mut Metric, random: &mut Random) {
    transient(metric, random);
}

fn start_ended_worse(metric: &mut Metric, random: &mut Random) {
    transient(metric, random);
    let shift = metric.worse(random.between(2.0, 4.0));
    metric.add(|_, _| shift);
}

/// Points that stand out: how many, and how far.
fn marks(metric: &Metric, random: &mut Random) -> (usize, f64) {
    let count = (metric.len() / 4).clamp(5, 60);
    (count, random.between(5.0, 10.0) * metric.noise.sd() * metric.sign())
}

/// Adds `size` to `count` points of `series` in runs of about `run`.
fn mark(series: &mut [f64], count: usize, run: usize, size: f64, random: &mut Random) {
    let mut marked = vec![false; series.len()];
    let mut left = count;
    // Bounded: runs that fall on runs find less and less room.
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

fn excursions(metric: &mut Metric, random: &mut Random) {
    let (count, size) = marks(metric, random);
    let run = *random.pick(&[count, count.div_ceil(2), count.div_ceil(3).max(4)]);
    mark(&mut metric.baseline, count, 1, size, random);
    mark(&mut metric.canary, count, run, size, random);
}

fn spikes_both_scattered(metric: &mut Metric, random: &mut Random) {
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

fn error_stream(metric: &mut Metric, random: &mut Random) {
    let events = random.between(16.0, 60.0) / metric.len() as f64;
    counts(metric, 0.0, events, random);
}

fn more_errors(metric: &mut Metric, random: &mut Random) {
    let events = random.between(12.0, 30.0) / metric.len() as f64;
    counts(metric, events, events * random.between(4.0, 8.0), random);
}

/// Errors out of requests: zero in most intervals.
fn error_ratio(metric: &mut Metric, random: &mut Random) {
    let events = random.between(20.0, 60.0) / metric.len() as f64;
    counts(metric, events * 0.05, events, random);
    for side in [&mut metric.baseline, &mut metric.canary] {
        for value in side {
            *value /= 900.0 + 200.0 * random.unit();
        }
    }
}

fn lone_errors(metric: &mut Metric, random: &mut Random) {
    counts(metric, 0.0, 0.0, random);
    for _ in 0..=random.below(2) {
        let index = random.below(metric.len());
        metric.canary[index] += 1.0;
    }
}

fn sparse_counts(metric: &mut Metric, random: &mut Random) {
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

fn no_change(_: &mut Metric, _: &mut Random) {}

fn memory(metric: &mut Metric, random: &mut Random) {
    let phi = random.between(0.2, 0.8);
    with_memory(metric, phi, random);
}

fn common_load(metric: &mut Metric, random: &mut Random) {
    load(metric, random);
}

fn outliers_both_sides(metric: &mut Metric, random: &mut Random) {
    let share = random.between(0.02, 0.08);
    for side in [&mut metric.baseline, &mut metric.canary] {
        for value in side {
            if random.chance(share) {
                *value += metric.noise.sd() * random.between(5.0, 15.0);
            }
        }
    }
}

fn identical(metric: &mut Metric, _: &mut Random) {
    metric.canary.clone_from(&metric.baseline);
}

fn constant(metric: &mut Metric, random: &mut Random) {
    metric.noise.relative = 0.0;
    let level = metric.noise.level;
    let ratio = 1.0 + *random.pick(&[0.0, 0.0, 0.005]);
    metric.baseline.fill(level);
    metric.canary.fill(level * ratio);
}

fn trivial_shift(metric: &mut Metric, random: &mut Random) {
    let relative = *random.pick(&[0.002, 0.02, 0.1]);
    metric.noise = Noise { shape: Shape::Gaussian, relative, ..metric.noise };
    metric.redraw(metric.len(), random);
    let shift = random.between(0.002, 0.01) * metric.noise.level * metric.sign();
    metric.add(|_, _| shift);
}

fn improvement(metric: &mut Metric, random: &mut Random) {
    metric.config.direction = *random.pick(&[Direction::Increase, Direction::Decrease]);
    let shift = -metric.worse(random.between(1.0, 4.0));
    metric.add(|_, _| shift);
}

fn gaps(metric: &mut Metric, random: &mut Random) {
    let share = random.between(0.05, 0.4);
    for side in [&mut metric.baseline, &mut metric.canary] {
        for value in side {
            if random.chance(share) {
                *value = f64::NAN;
            }
        }
    }
}
