//! Does the canary vary more?
//!
//! **Null**: innovations (deviations from the median, less what the point before predicts) have the same spread
//! on both sides, or the baseline's times the allowance. **Statistic**: for two samples, Welch's t of the
//! logarithms of mean absolute deviations from the median (Brown and Forsythe 1974). Deviations are clipped,
//! those of many points are averaged over blocks, and volatility widens the errors. If both sides share their
//! noise, Pitman and Morgan's (1939) correlation of difference and sum, which is positive if and only if the
//! canary varies more. **Effect**: the ratio of mean deviations; nobody sees a ratio below 1.4. It matters if
//! the canary's upper decile exceeds the baseline's by the smallest change that matters, without the noise that
//! both sides share. **Cost**: O(n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::axis::allow;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::math;
use crate::order;
use crate::stats::distribution::student;
use crate::sums::sum_of;

use super::volatility::Volatility;

/// Comparison of the spreads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) widths: Widths,
    /// Upper decile of the canary above that of the baseline.
    pub(crate) decile_above: f64,
}

/// How much wider the canary is; the same for both directions of harm.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Widths {
    pub(crate) t: f64,
    pub(crate) p: f64,
    pub(crate) ratio: f64,
}

/// Measures how far the canary's upper decile reaches, given that it is wider.
pub(crate) fn find(comparison: &Comparison, share: f64, widths: Widths) -> Spread {
    let allowed = |y: f64| allow(y, share);
    let decile_above = if compares_unshared(comparison) {
        decile_of_differences(comparison, widths.ratio)
    } else {
        let (middle, far) = (comparison.robust_y.median, decile(&comparison.sorted_y));
        decile(&comparison.sorted_x) - allowed(middle + comparison.noise_factor * (far - middle))
    };
    Spread { widths, decile_above }
}

/// Compares both sides; the baseline's spread is raised by the allowed `share`. `None` if the canary is hardly
/// wider.
pub(crate) fn compare(comparison: &Comparison, share: f64) -> Option<Widths> {
    if comparison.x.len() < p::SPREAD_FEWEST || comparison.y.len() < p::SPREAD_FEWEST {
        return None;
    }
    let phi = comparison.unpaired_shift.phi();
    let mut x = innovations(&comparison.x, comparison.robust_x.median, phi);
    let mut y = innovations(&comparison.y, comparison.robust_y.median, phi);
    let widest =
        comparison.robust_x.scale.max(comparison.robust_y.scale) * (1.0 - phi * phi).sqrt();
    if widest <= 0.0 {
        return None;
    }
    let reach = p::SPREAD_CLIP * widest;
    let wider = (1.0 + share) * comparison.noise_factor;
    for (values, times) in [(&mut x, 1.0), (&mut y, wider)] {
        for value in values {
            *value = times * value.clamp(-reach, reach);
        }
    }
    let unshared = compares_unshared(comparison) && x.len() == y.len();
    let ratio = if unshared { ratio_of_unshared(&x, &y) } else { mean_size(&x) / mean_size(&y) };
    if ratio < p::SPREAD_RATIO {
        return None;
    }
    let tested = if unshared {
        pitman_morgan(&x, &y)
    } else {
        average_blocks(&mut x);
        average_blocks(&mut y);
        brown_forsythe(&x, &y)
    };
    let Student { t, freedom } = tested?;
    if student::fast_upper_tail(t, freedom) > p::UNREMARKABLE {
        return None;
    }
    // If quiet and noisy stretches alternate, deviations have less information.
    let points = x.len().min(y.len());
    let volatility = Volatility::estimate([&sizes(&x), &sizes(&y)]);
    let p = volatility.mean(points, |wider| student::fast_upper_tail(t / wider.sqrt(), freedom));
    Some(Widths { t, p, ratio })
}

/// Whether the noise that both sides share is left out. With less traffic it is not, because the canary's own
/// noise may then be larger.
fn compares_unshared(comparison: &Comparison) -> bool {
    comparison.shares_noise() && comparison.noise_factor <= p::EXCHANGEABLE
}

/// How far the canary's upper decile is above the baseline's, without the noise that both share. The
/// differences have the own noise of both sides together, and the canary's is `ratio` times as wide.
fn decile_of_differences(comparison: &Comparison, ratio: f64) -> f64 {
    let mut ordered = comparison.differences.clone();
    let index = comparison.differences.len() * 9 / 10;
    let decile = order::select(&mut ordered, index);
    let middle = comparison.robust_differences.median;
    middle + (decile - middle) * (ratio - 1.0) / (1.0 + ratio * ratio).sqrt()
}

/// Averages the sizes of deviations over blocks, because quiet and noisy stretches may last longer than the
/// autocorrelation of neighbouring points shows.
fn average_blocks(values: &mut Vec<f64>) {
    let length = values.len() / p::SPREAD_BLOCKS;
    if length > 1 {
        *values = values.chunks_exact(length).map(mean_size).collect();
    }
}

/// Innovations: each deviation less what the one before predicts.
fn innovations(values: &[f64], level: f64, phi: f64) -> Vec<f64> {
    values.windows(2).map(|pair| (pair[1] - level) - phi * (pair[0] - level)).collect()
}

fn sizes(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| value.abs()).collect()
}

fn mean_size(values: &[f64]) -> f64 {
    sum_of(values, f64::abs) / values.len() as f64
}

fn decile(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() * 9 / 10).or(sorted.last()).copied().unwrap_or(f64::NAN)
}

struct Student {
    t: f64,
    freedom: f64,
}

/// Welch's t on the logarithm of the mean deviations, whose variance does not depend on the spread.
fn brown_forsythe(x: &[f64], y: &[f64]) -> Option<Student> {
    let part = |values: &[f64]| {
        let (n, mean) = (values.len() as f64, mean_size(values));
        let squares = sum_of(values, |v| (v.abs() - mean) * (v.abs() - mean));
        (mean, squares / (n - 1.0) / n / (mean * mean), n - 1.0)
    };
    let ((mx, vx, fx), (my, vy, fy)) = (part(x), part(y));
    let variance = vx + vy;
    let freedom = variance * variance / (vx * vx / fx + vy * vy / fy);
    (mx > 0.0 && my > 0.0 && variance > 0.0)
        .then(|| Student { t: math::ln(mx / my) / variance.sqrt(), freedom })
}

/// Ratio of the standard deviations that the sides do not share: with own variances v and w, differences have
/// variance v + w, and their covariance with sums is v − w.
fn ratio_of_unshared(x: &[f64], y: &[f64]) -> f64 {
    let (mut differences, mut excess) = (0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        differences += (x - y) * (x - y);
        excess += x * x - y * y;
    }
    // If the baseline has no noise of its own, the ratio has no bound: n points cannot show less than 1/n.
    let least = differences / x.len() as f64;
    let (canary, baseline) = ((differences + excess).max(0.0), (differences - excess).max(least));
    if baseline > 0.0 { (canary / baseline).sqrt() } else { 1.0 }
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
    let freedom = n - 2.0;
    (r.abs() < 1.0).then(|| Student { t: r * (freedom / (1.0 - r * r)).sqrt(), freedom })
}
