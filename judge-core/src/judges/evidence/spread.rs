//! Does the canary vary more?
//!
//! **Null**: what is new in each point (its deviation from the level, less what the point before
//! foretold) has one spread on both sides, the bar's being that of the baseline times the allowance.
//! **Statistic**: unpaired, Welch's t of the logarithms of mean absolute deviations from the median
//! (Brown and Forsythe 1974), clipped, of many points averaged over blocks, less what the deviations'
//! own memory is worth; where both sides share their noise, Pitman and Morgan's (1939) correlation of
//! difference and sum, which is positive if and only if the canary varies more. **Effect**: the ratio
//! of mean deviations; below 1.4 it is no one's complaint. It matters when the canary's upper decile
//! is beyond the bar's by the smallest change that matters, without what both sides share.
//! **Cost**: O(n).

use crate::order;
use crate::stats::distribution::{normal, student};

use super::case::Case;
use super::memory::{Memory, variance_of_mean};
use super::process::Trace;
use super::robust::Robust;
use super::sides::{Sides, fill};

/// A smaller ratio of spreads does not show in a graph: √2, twice the variance.
const SMALLEST_RATIO: f64 = std::f64::consts::SQRT_2;
/// Deviations count for so many standard deviations at most: what is beyond is the tail's.
const CLIP: f64 = 3.0;
/// Blocks that points are averaged over, and up to twice as many.
const BLOCKS: usize = 24;
/// Fewer points have no spread to speak of.
const FEWEST: usize = 8;

/// How the spreads compare.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    pub(super) widths: Widths,
    /// Upper decile of the canary above that of the bar.
    pub(super) decile_above: f64,
}

/// How wide the canary is against the bar, in whichever direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Widths {
    pub(super) t: f64,
    pub(super) p: f64,
    pub(super) ratio: f64,
}

#[derive(Debug, Default)]
pub(super) struct Buffers {
    x: Vec<f64>,
    y: Vec<f64>,
    ordered: Vec<f64>,
}

/// Compares both sides of `case`, which is a direction of `sides`.
pub(super) fn compare(case: &Case, sides: &mut Sides, buffers: &mut Buffers) -> Option<Spread> {
    if case.x.len() < FEWEST || case.y.len() < FEWEST {
        return None;
    }
    let widths = match sides.widths {
        Some(known) if !case.scale.stretches() => known,
        _ => Widths::of(sides, case.scale.widened(), buffers)?,
    };
    if !case.scale.stretches() {
        sides.widths = Some(widths);
    }
    let decile_above = if case.paired {
        decile_of_differences(case, widths.ratio, &mut buffers.ordered)
    } else {
        decile(&case.sorted_x) - decile(&case.sorted_bar)
    };
    Some(Spread { widths, decile_above })
}

/// How far the canary's upper decile is above the bar's without what both share: their differences are as
/// wide as both sides' own noise together, and that of the canary is `ratio` times as wide.
fn decile_of_differences(case: &Case, ratio: f64, ordered: &mut Vec<f64>) -> f64 {
    fill(ordered, case.above.iter().copied());
    let decile = order::select(ordered, case.above.len() * 9 / 10);
    let middle = case.of_above.median;
    middle + (decile - middle) * (ratio - 1.0) / (1.0 + ratio * ratio).sqrt()
}

impl Spread {
    pub(super) fn matters(&self, case: &Case) -> bool {
        self.widths.ratio >= SMALLEST_RATIO && case.matters(self.decile_above)
    }
}

impl Widths {
    /// The bar is `wider` than the baseline by that factor.
    fn of(sides: &Sides, wider: f64, buffers: &mut Buffers) -> Option<Self> {
        let phi = 0.5 * (sides.of_x.phi + sides.of_y.phi);
        innovations(&sides.x, sides.of_x.median, phi, &mut buffers.x);
        innovations(&sides.y, sides.of_y.median, phi, &mut buffers.y);
        let x = Robust::of(&buffers.x, &mut buffers.ordered);
        let y = Robust::of(&buffers.y, &mut buffers.ordered);
        let widest = x.scale.max(y.scale);
        if widest <= 0.0 {
            return None;
        }
        let reach = CLIP * widest;
        for (values, median, times) in
            [(&mut buffers.x, x.median, 1.0), (&mut buffers.y, y.median, wider)]
        {
            for value in values {
                *value = times * (*value - median).clamp(-reach, reach);
            }
        }
        let ratio = mean_size(&buffers.x) / mean_size(&buffers.y);
        let tested = if sides.paired && sides.x.len() == sides.y.len() {
            pitman_morgan(&buffers.x, &buffers.y)
        } else {
            average_blocks(&mut buffers.x);
            average_blocks(&mut buffers.y);
            brown_forsythe(&buffers.x, &buffers.y)
        };
        let Student { t, df } = tested?;
        // Quiet and noisy stretches alternate: then deviations remember, too.
        let (x, y) = (sizes(&mut buffers.x), sizes(&mut buffers.y));
        let n = buffers.x.len().min(buffers.y.len());
        let phi = Memory::of(&x, Some(&y)).cautious(n, df);
        let t = t / (n as f64 * variance_of_mean(n, phi)).sqrt();
        Some(Self { t, p: normal::upper_tail(student::normal_score(t, df)), ratio })
    }
}

/// Of deviations, how large they are around their mean.
fn sizes(values: &mut [f64]) -> Trace {
    let mean = mean_size(values);
    for value in &mut *values {
        *value = value.abs() - mean;
    }
    Trace::of(values)
}

/// Sizes of deviations, averaged over blocks: quiet and noisy stretches may outlast what neighbouring
/// points say of each other.
fn average_blocks(values: &mut Vec<f64>) {
    let length = values.len() / BLOCKS;
    if length > 1 {
        let blocks = values.chunks_exact(length).map(mean_size);
        *values = blocks.collect();
    }
}

/// What is new in each point.
fn innovations(values: &[f64], level: f64, phi: f64, buffer: &mut Vec<f64>) {
    fill(buffer, values.windows(2).map(|pair| (pair[1] - level) - phi * (pair[0] - level)));
}

fn mean_size(values: &[f64]) -> f64 {
    values.iter().map(|v| v.abs()).sum::<f64>() / values.len() as f64
}

fn decile(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() * 9 / 10).or(sorted.last()).copied().unwrap_or(f64::NAN)
}

struct Student {
    t: f64,
    df: f64,
}

/// On the logarithm of the mean deviations, whose variance does not depend on the spread.
fn brown_forsythe(x: &[f64], y: &[f64]) -> Option<Student> {
    let part = |values: &[f64]| {
        let (n, mean) = (values.len() as f64, mean_size(values));
        let squares: f64 = values.iter().map(|v| (v.abs() - mean).powi(2)).sum();
        (mean, squares / (n - 1.0) / n / (mean * mean), n - 1.0)
    };
    let ((mx, vx, fx), (my, vy, fy)) = (part(x), part(y));
    let variance = vx + vy;
    let df = variance * variance / (vx * vx / fx + vy * vy / fy);
    (mx > 0.0 && my > 0.0 && variance > 0.0)
        .then(|| Student { t: (mx / my).ln() / variance.sqrt(), df })
}

fn pitman_morgan(x: &[f64], y: &[f64]) -> Option<Student> {
    let n = x.len() as f64;
    let (mut dd, mut ss, mut ds) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (d, s) = (x - y, x + y);
        dd += d * d;
        ss += s * s;
        ds += d * s;
    }
    let r = ds / (dd * ss).sqrt();
    let df = n - 2.0;
    (r.abs() < 1.0).then(|| Student { t: r * (df / (1.0 - r * r)).sqrt(), df })
}
