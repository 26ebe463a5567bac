//! How far single points are above the baseline.

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::axis::allow;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::threshold::Threshold;
use crate::math;

use super::volatility::Volatility;

/// Single points of both sides, in time order, on the comparison's axis.
#[derive(Debug)]
pub(crate) struct Excess {
    /// The canary's points less the allowed baseline; at the same times if the sides share their noise.
    pub(crate) canary: Vec<f64>,
    /// The baseline's points less its median, as far out as they would be with the canary's traffic, and raised
    /// by what is allowed. If the sides share their noise: less the canary's points.
    pub(crate) baseline: Vec<f64>,
    /// Whether differences of the same time are used.
    pub(crate) paired: bool,
    /// How much higher the canary's median is than allowed; at least 0.
    pub(crate) middle: f64,
    /// Robust standard deviation of the noise.
    pub(crate) deviation: f64,
    /// Whether the baseline's points are raised by what is allowed.
    pub(crate) is_raised: bool,
    minimum: f64,
}

impl Excess {
    pub(crate) fn new(comparison: &Comparison, threshold: &Threshold) -> Self {
        let allow = |y: f64| allow(y, threshold.share);
        // Most differences of a sparse metric whose events have the same times are 0, and the others would be their noise.
        let paired = comparison.shares_noise() && !comparison.repeats_one_value();
        let middle = comparison.robust_y.median;
        // What is raised varies more, too. A median of 0 is one of sparse metrics, whose points are not below it.
        let grows = middle > 0.0 || middle == 0.0 && comparison.axis.sign() > 0.0;
        let raised = if grows { 1.0 + threshold.share } else { 1.0 };
        let wider = raised * comparison.noise_factor;
        let (canary, baseline, deviation, above): (Vec<f64>, Vec<f64>, f64, f64) = if paired {
            (
                comparison.pairs.iter().map(|(x, y)| x - allow(*y)).collect(),
                comparison.differences.iter().map(|d| -raised * d).collect(),
                raised * comparison.robust_differences.scale,
                comparison.robust_differences.median - (allow(middle) - middle),
            )
        } else {
            (
                comparison.x.iter().map(|x| x - allow(middle)).collect(),
                comparison.y.iter().map(|y| wider * (y - middle)).collect(),
                wider * comparison.robust_y.scale,
                comparison.robust_x.median - allow(middle),
            )
        };
        Self {
            canary,
            baseline,
            paired,
            middle: above.max(0.0),
            deviation,
            is_raised: raised > 1.0,
            minimum: threshold.minimum_of_points,
        }
    }

    /// The distance from which a point is this many standard deviations out, and large enough to matter.
    pub(crate) fn fence(&self, deviations: f64) -> f64 {
        (deviations * self.deviation).max(self.minimum)
    }

    /// How quiet and noisy stretches of the baseline alternate. Points that stand out are clipped.
    pub(super) fn volatility_of_baseline(&self) -> Volatility {
        let reach = p::STANDS_OUT * self.deviation;
        let sizes: Vec<f64> = self.baseline.iter().map(|out| out.abs().min(reach)).collect();
        Volatility::estimate([&sizes])
    }

    /// The largest of three: the baseline's largest excess, the largest excess that as many points of normal
    /// noise have, and the smallest change that matters.
    pub(crate) fn reference(&self) -> f64 {
        let n = self.canary.len().max(2) as f64;
        let normal = (2.0 * math::ln(n)).sqrt() * self.deviation;
        let largest = self.baseline.iter().copied().fold(0.0, f64::max);
        largest.max(normal).max(self.minimum)
    }
}

/// Number of bad points, and how many of them follow another bad point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bad {
    pub(crate) bad: usize,
    pub(crate) followed: usize,
}

impl Bad {
    /// Counts the points beyond `fence`.
    pub(crate) fn count(out: &[f64], fence: f64) -> Self {
        let (mut bad, mut followed, mut before) = (0, 0, 0);
        for out in out {
            let is_bad = usize::from(*out > fence);
            bad += is_bad;
            followed += is_bad & before;
            before = is_bad;
        }
        Self { bad, followed }
    }

    /// Share of bad points that follow another one; 0 if there is none.
    pub(crate) fn share_followed(&self) -> f64 {
        self.followed as f64 / self.bad.max(1) as f64
    }

    /// Whether at least half of the bad points follow another one.
    pub(crate) fn are_on_end(&self) -> bool {
        2 * self.followed >= self.bad
    }
}

/// Weight of a point that stands out `gap` points after another one.
pub(super) fn weight_after(gap: usize, phi: f64, following: f64) -> f64 {
    let independent = 1.0 - math::pow(phi, gap as f64);
    if gap == 1 { following * independent } else { independent }
}

/// Whether the baseline, in ascending order, has so few distinct values that its tail cannot be estimated.
pub(crate) fn has_few_values(sorted: &[f64]) -> bool {
    let distinct = sorted.chunk_by(|a, b| a == b).take(p::FEW_VALUES + 1).count();
    distinct <= p::FEW_VALUES
}
