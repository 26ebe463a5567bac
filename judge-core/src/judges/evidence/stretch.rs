//! How far a stretch of consecutive points is above the bar.
//!
//! Points are clipped, so that no single one makes a level; what clipping makes of healthy points is
//! taken from the baseline. Means of a few points of a skewed metric are not normal, so ranks must
//! agree.

use std::ops::Range;

use crate::order;
use crate::stats::distribution::{normal, student};
use crate::stats::{Method, TwoSampleScratch, place_test};

use super::case::Case;
use super::location::quantile;
use super::memory::{Memory, SumVariance, variance_of_mean};
use super::process::{Process, Workspace};
use super::sides::fill;

/// Single points count for so many standard deviations at most.
const CLIP: f64 = 4.0;

/// With memory a level needs fewer, larger points: each counts for more.
pub(super) fn clip(phi: f64) -> f64 {
    CLIP * ((1.0 + phi) / (1.0 - phi)).sqrt()
}

/// Standardises stretches of `above`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretches {
    reach: f64,
    /// Mean and variance of healthy points after clipping.
    mean: f64,
    variance: f64,
    /// Variance of the level they are held against.
    base: f64,
    phi: f64,
}

impl Stretches {
    pub(super) fn of(case: &Case) -> Self {
        let reach = clip(case.phi) * case.noise;
        let reach = if reach > 0.0 { reach } else { f64::INFINITY };
        let noise = case.noise * case.noise;
        let (mean, variance, base) = if case.paired {
            (0.0, noise, 0.0)
        } else {
            let n = case.y.len() as f64;
            let clipped = || case.y.iter().map(|y| (y - case.of_y.mean).clamp(-reach, reach));
            let mean = clipped().sum::<f64>() / n;
            let squares: f64 = clipped().map(|v| (v - mean).powi(2)).sum();
            let variance = (squares / (n - 1.0)).max(noise);
            (mean, variance, variance * variance_of_mean(case.y.len(), case.phi))
        };
        Self { reach, mean, variance, base, phi: case.phi }
    }

    /// What a point adds to the sum of its stretch.
    pub(super) fn clipped(&self, above: f64) -> f64 {
        above.min(self.reach) - self.mean
    }

    /// Squared standard errors of the sums of 1, 2, … points.
    pub(super) fn squared_errors_of_sums(&self) -> impl Iterator<Item = f64> + use<> {
        let Self { variance, base, phi, .. } = *self;
        let (mut power, mut n) = (1.0, 0.0);
        let sum = SumVariance::of(phi);
        std::iter::from_fn(move || {
            power *= phi;
            n += 1.0;
            Some(variance * sum.of_points(n, power) + base * n * n)
        })
    }

    /// Standard error of the mean of `length` points.
    pub(super) fn error(&self, length: usize) -> f64 {
        (self.variance * variance_of_mean(length, self.phi) + self.base).sqrt()
    }
}

/// How unlikely a stretch is that was chosen as the one that stands out most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen {
    /// Of its size, or of its ranks if that is smaller.
    pub(super) z: f64,
    pub(super) p: f64,
}

/// Nothing with a larger p needs to be known more exactly, nor by ranks.
const UNREMARKABLE: f64 = 0.2;

impl Stretches {
    /// The p of a `stretch` with this clipped `mean`; `p_of` gives that of the z of the largest of all
    /// stretches it was chosen from. Averaged over what memory may be.
    pub(super) fn chosen(
        &self,
        case: &Case,
        mean: f64,
        stretch: Range<usize>,
        buffers: &mut Buffers,
        p_of: impl Fn(f64) -> f64,
    ) -> Chosen {
        let (length, df) = (stretch.len(), case.freedom_of_noise());
        let by_size = |error: f64| {
            if error > 0.0 { student::normal_score(mean / error, df) } else { FARTHEST }
        };
        let shortest_memory = case.usual_memory.nodes().next().map_or(0.0, |node| node.phi);
        let least = p_of(by_size(self.error_at(length, shortest_memory, case)));
        if least > UNREMARKABLE {
            return Chosen { z: by_size(self.error(length)), p: least };
        }
        let memory = memory_outside(case, stretch.clone(), buffers);
        let ranks = quantile(rank_tail(case, stretch, buffers));
        let z_of = |error: f64| by_size(error).min(ranks);
        let z = z_of(self.error(length));
        let p = memory.average(|phi| p_of(z_of(self.error_at(length, phi, case))));
        Chosen { z, p: p.min(1.0) }
    }

    /// Standard error of the mean of `length` points, if memory is `phi`.
    fn error_at(&self, length: usize, phi: f64, case: &Case) -> f64 {
        let (base, own) = if case.paired {
            (0.0, case.of_above.variance(phi))
        } else {
            (variance_of_mean(case.y.len(), phi), case.of_y.variance(phi))
        };
        // Points that remember vary less around their own level than around the true one.
        (self.variance.max(own) * (variance_of_mean(length, phi) + base)).sqrt()
    }
}

/// What the points outside of `stretch` say of memory, and the baseline's: those inside may be what is
/// wrong, which would pass for memory. The gap that it leaves is closed.
pub(super) fn memory_outside(case: &Case, stretch: Range<usize>, buffers: &mut Buffers) -> Memory {
    let values = if case.paired { &case.above } else { &case.x };
    let Buffers { others, workspace, .. } = buffers;
    fill(others, outside(values, &stretch));
    let others = Process::of(others, workspace).trace;
    Memory::of(&others, (!case.paired).then_some(&case.of_y.trace))
}

/// The values before and behind `stretch`.
fn outside<'a>(values: &'a [f64], stretch: &Range<usize>) -> impl Iterator<Item = f64> + use<'a> {
    values[..stretch.start].iter().chain(&values[stretch.end..]).copied()
}

/// The p of ranks alone, as if points were independent.
fn rank_tail(case: &Case, stretch: Range<usize>, buffers: &mut Buffers) -> f64 {
    if !case.paired {
        let points = case.x.get(stretch).unwrap_or_default().iter().copied();
        return buffers.above(points, &case.sorted_bar);
    }
    let points = case.above.get(stretch.clone()).unwrap_or_default();
    // The sign test: half of the differences of a healthy canary are above the bar. Few points can
    // all be above it by chance, but not also above all others.
    let m = points.len() as f64;
    let positive = points.iter().filter(|v| **v > 0.0).count() as f64;
    let signs = if positive == m {
        0.5_f64.powf(m)
    } else {
        normal::upper_tail((positive - 0.5 * m - 0.5) / (0.25 * m).sqrt())
    };
    fill(&mut buffers.others, outside(&case.above, &stretch));
    order::sort(&mut buffers.others);
    let others = std::mem::take(&mut buffers.others);
    let against_others = buffers.above(points.iter().copied(), &others);
    buffers.others = others;
    signs.min(against_others)
}

/// Ranks of more points are near enough to normal for the tails that decide: the largest z that m points
/// can have is √(3m), here 6.
const FEW: usize = 12;

/// Buffers.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    points: Vec<f64>,
    others: Vec<f64>,
    workspace: Workspace,
    scratch: TwoSampleScratch,
}

impl Buffers {
    /// p of Mann and Whitney's test of `points` against `others`, which are sorted: exact where it
    /// matters most, of few points, whose normal tail is far from true.
    fn above(&mut self, points: impl Iterator<Item = f64>, others: &[f64]) -> f64 {
        fill(&mut self.points, points);
        order::sort(&mut self.points);
        if self.points.is_empty() || others.is_empty() {
            return 1.0;
        }
        let method = if self.points.len() <= FEW { Method::Auto } else { Method::Asymptotic };
        place_test(&self.points, others, method, &mut self.scratch).map_or(1.0, |p| p.greater)
    }
}

/// p of the largest of many standardised sums, each over a longer stretch than the one before, from
/// `shortest` to `longest` points: their maximum over a Brownian motion (Siegmund 1985, eq. 4.43,
/// one-sided).
pub(super) fn p_of_nested(z: f64, shortest: usize, longest: usize) -> f64 {
    if z < SMALLEST {
        return 1.0;
    }
    let span = (longest as f64 / shortest as f64).max(1.0).ln();
    let z = z.min(FARTHEST);
    (normal::upper_tail(z) + 0.5 * density(z) * ((z - 1.0 / z) * span + 2.0 / z)).min(1.0)
}

/// p of the largest standardised sum over all stretches of `shortest` to `longest` of `n` points:
/// Siegmund's (1988) tail of the maximum over a field of increments, with its edge of the shortest
/// ones (Siegmund and Yakir 2000).
pub(super) fn p_of_any(z: f64, n: usize, shortest: usize, longest: usize) -> f64 {
    if z < SMALLEST {
        return 1.0;
    }
    let z = z.min(FARTHEST);
    let n = n as f64;
    let (mut length, last) = (shortest as f64, longest as f64);
    let edge = (n - length) / length * z * overshoot(z * (2.0 / length).sqrt());
    let mut inside = 0.0;
    while length < last {
        // Steps of a fifth: the integrand falls off as a power.
        let next = (1.2 * length).min(last);
        let middle = (length * next).sqrt();
        let density = (n - middle) * overshoot(z / middle.sqrt()).powi(2) / (middle * middle);
        inside += density * (next - length);
        length = next;
    }
    (density(z) * (edge + 0.25 * z * z * z * inside)).min(1.0)
}

/// Below this nothing is significant.
const SMALLEST: f64 = 1.3;
/// Above this everything is.
const FARTHEST: f64 = 37.0;

fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// ν(x), by how much a random walk in steps exceeds less often than a Brownian motion (Siegmund
/// and Yakir 2007, the usual approximation).
fn overshoot(x: f64) -> f64 {
    let half = 0.5 * x;
    let through = 0.5 - normal::upper_tail(half);
    (through / half) / (half * (through + 0.5) + density(half))
}
