//! Was there a transient at the start?
//!
//! **Null**: the first points are as high as the rest. **Statistic**: of all starts of at least two points that leave enough to
//! be judged, the largest difference between the mean of the start and the mean of the rest, in units of its standard error. Its
//! p-value is that of the maximum of a Brownian motion over that range (Siegmund 1985, eq. 4.43), which is a little larger than that of
//! the bridge that the differences form. A start counts if most of its
//! points are elevated, so that single spikes are left to the tail test, if its first third is elevated as well, so that harm
//! that begins later is no start, if the baseline has fewer such points, and if no such point comes back later. The test is
//! repeated on the rest, because a decay looks like one step after the other. **Effect**: number of points left out, and their
//! mean relative to the rest. **Cost**: O(n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::autocorrelation;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::robust::Robust;
use crate::judges::evidence::prepare::threshold::Threshold;
use crate::judges::evidence::prepare::timeline::PairTimeline;
use crate::math;
use crate::order;
use crate::stats::distribution::normal;
use crate::sums::sum;

use super::excess::Excess;

/// A transient.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WarmUp {
    /// Points of the canary that belong to it.
    pub(crate) length: usize,
    pub(crate) t: f64,
    pub(crate) p: f64,
    /// Mean of the start less the mean of the rest.
    pub(crate) above_rest: f64,
}

/// Leaves out a transient at the start, if there is one, and measures the rest.
pub(crate) fn leave_out(
    timeline: &PairTimeline,
    whole: &Comparison,
    of_whole: &Excess,
    rest: &mut Comparison,
    threshold: impl Fn(&Comparison) -> Threshold,
) -> Option<(WarmUp, Excess)> {
    let longest = math::whole(p::WARM_UP_LONGEST * of_whole.canary.len() as f64);
    let fitting = |excess: &Excess| excess.canary.len().saturating_sub(p::WARM_UP_REST);
    let mut found = find(whole, of_whole, longest.min(fitting(of_whole)))?;
    loop {
        let start = timeline.index_behind(found.length, of_whole.paired);
        if timeline.fewest_from(start) < p::FEWEST {
            return None;
        }
        rest.refill(timeline, whole.axis, start);
        let of_rest = Excess::new(rest, &threshold(rest));
        match find(rest, &of_rest, (longest - found.length).min(fitting(&of_rest))) {
            Some(next) if of_rest.paired == of_whole.paired => found.length += next.length,
            // The first step gives the p-value; the whole transient gives the height.
            _ => {
                let above_rest = above_rest(&of_whole.canary, found.length);
                return Some((WarmUp { above_rest, ..found }, of_rest));
            }
        }
    }
}

/// Finds a transient among the first `longest` points.
fn find(comparison: &Comparison, excess: &Excess, longest: usize) -> Option<WarmUp> {
    let values = &excess.canary;
    if longest < p::WARM_UP_SHORTEST {
        return None;
    }
    let mut ordered = Vec::new();
    let rest = Robust::estimate(&values[longest..], &mut ordered);
    let (deviation, phi) = if excess.paired {
        // Differences of neighbours show the noise, however long the start is.
        let steps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let steps = Robust::estimate(&steps, &mut ordered).scale / std::f64::consts::SQRT_2;
        (steps.max(rest.scale), 0.0)
    } else {
        (
            comparison.noise_factor * comparison.noise,
            autocorrelation::mean(&comparison.weights_of_baseline),
        )
    };
    // NaN if huge points overflow it.
    if deviation.is_nan() || deviation <= 0.0 {
        return None;
    }
    let reach = p::WARM_UP_CLIP * deviation;
    let clipped: Vec<f64> = values.iter().map(|v| (v - rest.median).clamp(-reach, reach)).collect();
    let (length, t) = most_significant(&clipped, longest)?;
    let t = t / (deviation * ((1.0 + phi) / (1.0 - phi)).sqrt());
    let p = p_of_longest(t, longest);
    let beyond = |value: &f64, deviations: f64| value - rest.median > deviations * deviation;
    let share_elevated = |points: &[f64]| {
        let elevated = points.iter().filter(|value| beyond(value, p::WARM_UP_STANDS_OUT));
        elevated.count() as f64 / points.len() as f64
    };
    if p > p::WARM_UP_LEVEL
        || share_elevated(&values[..length]) < p::WARM_UP_ELEVATED
        || share_elevated(&values[..length.div_ceil(3)]) < p::WARM_UP_BEGIN
    {
        return None;
    }
    // The start has to be unusual, not the rest.
    let (of_start, of_rest) = (mean(&clipped[..length]), mean(&clipped[length..]));
    if of_start + rest.median < p::WARM_UP_CLEAR * (of_rest + rest.median).abs() {
        return None;
    }
    if !excess.paired && baseline_is_as_high(comparison, length) || comes_back(excess, length) {
        return None;
    }
    Some(WarmUp { length, t, p, above_rest: above_rest(values, length) })
}

/// Finds a start that ends so late that too few points are left to be judged.
pub(crate) fn find_unsettled(comparison: &Comparison, excess: &Excess) -> Option<WarmUp> {
    let longest = excess.canary.len().saturating_sub(p::WARM_UP_LEAST_REST);
    let found = find(comparison, excess, longest)?;
    let (start, rest) = excess.canary.split_at(found.length);
    let is_clear = mean(start) >= p::UNSETTLED_CLEAR * mean(rest).abs();
    (is_clear && found.p <= p::UNSETTLED_LEVEL).then_some(found)
}

/// Mean of the first `length` values less the mean of the others.
fn above_rest(values: &[f64], length: usize) -> f64 {
    let (first, others) = values.split_at(length);
    mean(first) - mean(others)
}

/// Whether later points are as high as the median of the first `length`, and more often than the baseline
/// explains. Then nothing has healed. If that median is far beyond the baseline's largest excess, one such
/// point is enough.
fn comes_back(excess: &Excess, length: usize) -> bool {
    let mut first: Vec<f64> = excess.canary[..length].to_vec();
    let middle = order::select(&mut first, length / 2);
    let as_high = |values: &[f64]| values.iter().filter(|value| **value >= middle).count() as f64;
    let (again, left) = (as_high(&excess.canary[length..]), excess.canary.len() - length);
    let largest = excess.baseline.iter().copied().fold(0.0, f64::max);
    if middle > p::FAR * largest {
        return again > 0.0;
    }
    let expected = (as_high(&excess.baseline) + 0.5) * left as f64 / excess.baseline.len() as f64;
    again >= expected + 1.0 + 2.0 * expected.sqrt()
}

/// Whether the baseline has points as high as the median of the canary's first `length`, at least half of `length`.
fn baseline_is_as_high(comparison: &Comparison, length: usize) -> bool {
    let mut start: Vec<f64> = comparison.x[..length].to_vec();
    let middle = order::select(&mut start, length / 2);
    let below = comparison.sorted_y.partition_point(|y| *y < middle);
    2 * (comparison.sorted_y.len() - below) >= length
}

fn mean(values: &[f64]) -> f64 {
    sum(values) / values.len() as f64
}

/// The most significant start: its length, and its statistic in units of the standard deviation of a point.
fn most_significant(values: &[f64], longest: usize) -> Option<(usize, f64)> {
    let (n, total) = (values.len() as f64, sum(values));
    let (mean, mut sum) = (total / n, 0.0);
    // The most significant start so far: its length, its squared excess, and n times its variance in points.
    let (mut best, mut squared, mut variance) = (0, 0.0, 1.0);
    for (length, value) in (1..).zip(&values[..longest]) {
        sum += value;
        let k = length as f64;
        let excess = sum - mean * k;
        let points_variance = k * (n - k);
        if excess > 0.0
            && length >= p::WARM_UP_SHORTEST
            && excess * excess * variance > squared * points_variance
        {
            (best, squared, variance) = (length, excess * excess, points_variance);
        }
    }
    (best > 0).then(|| (best, (squared * n / variance).sqrt()))
}

/// P-value of the largest of many standardised sums, each over a longer start than the one before.
fn p_of_longest(z: f64, longest: usize) -> f64 {
    /// Below this nothing is significant.
    const SMALLEST: f64 = 1.3;
    /// Above this everything is.
    const FARTHEST: f64 = 37.0;
    if z < SMALLEST {
        return 1.0;
    }
    let span = math::ln((longest as f64 / p::WARM_UP_SHORTEST as f64).max(1.0));
    let z = z.min(FARTHEST);
    let density = math::exp(-0.5 * z * z) / (2.0 * std::f64::consts::PI).sqrt();
    (normal::upper_tail(z) + 0.5 * density * ((z - 1.0 / z) * span + 2.0 / z)).min(1.0)
}
