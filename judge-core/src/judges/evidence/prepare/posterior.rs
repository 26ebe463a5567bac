//! The posterior of a shift: Student's t around its estimate, averaged over φ.

use std::f64::consts::PI;

use crate::judges::evidence::parameters as p;
use crate::math;
use crate::stats::distribution::{normal, student};

use super::autocorrelation::{self, COUNT, INDEPENDENT, Weights};

/// Probability that a normal estimate is one standard error or more above 0.
const P_OF_ONE: f64 = 0.1586;
/// A half-width is shown with three digits, so its normal score may be off by this share.
const CLOSE: f64 = 1e-4;

/// An estimate at one φ.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Estimate {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
    /// Degrees of freedom of the variance.
    pub(crate) freedom: f64,
    /// Number of points.
    pub(crate) points: f64,
}

impl Estimate {
    /// A lower bound of the p-value. It is the p-value itself if the estimate is clearly above 0.
    pub(crate) fn least_p_value(&self) -> f64 {
        if self.mean <= 0.0 {
            return 0.5;
        }
        // The normal distribution has the lightest tail of all t distributions.
        if self.mean * self.mean <= self.variance {
            return P_OF_ONE;
        }
        self.upper_tail(self.mean)
    }

    /// Standard error.
    fn error(&self) -> f64 {
        self.variance.max(0.0).sqrt()
    }

    /// Tail of Student's t for `above`, which is in the unit of the estimate.
    fn upper_tail(&self, above: f64) -> f64 {
        student::fast_upper_tail(above / self.error(), self.freedom.max(1.0))
    }

    /// Whether the estimate is at least `score` standard errors above 0.
    pub(crate) fn exceeds(&self, score: f64) -> bool {
        self.mean > 0.0 && self.mean * self.mean >= score * score * self.variance
    }

    /// Difference to an independent estimate, with Welch's (1947) degrees of freedom.
    pub(crate) fn less(self, other: Self) -> Self {
        let variance = self.variance + other.variance;
        let freedom = if variance > 0.0 {
            variance * variance
                / (self.variance * self.variance / self.freedom.max(1.0)
                    + other.variance * other.variance / other.freedom.max(1.0))
        } else {
            self.freedom + other.freedom
        };
        Self {
            mean: self.mean - other.mean,
            variance,
            freedom,
            // For exact means, the shorter side bounds the number of possible orders.
            points: self.points.min(other.points),
        }
    }
}

/// The posterior of a shift.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Posterior {
    weights: Weights,
    /// The shift at each φ that has a weight.
    estimates: [Estimate; COUNT],
}

impl Posterior {
    pub(super) fn new(weights: &Weights, estimate: impl Fn(usize) -> Estimate) -> Self {
        let estimates = std::array::from_fn(|index| {
            if weights[index] > 0.0 { estimate(index) } else { Estimate::default() }
        });
        Self { weights: *weights, estimates }
    }

    /// A shift whose estimate needs no φ.
    pub(crate) fn from_estimate(estimate: Estimate) -> Self {
        Self::new(&INDEPENDENT, |_| estimate)
    }

    /// The posterior of the opposite shift.
    pub(crate) fn reverse(mut self) -> Self {
        for estimate in &mut self.estimates {
            estimate.mean = -estimate.mean;
        }
        self
    }

    /// The posterior with all errors multiplied by `factor`.
    pub(crate) fn widen(mut self, factor: f64) -> Self {
        for estimate in &mut self.estimates {
            estimate.variance *= factor * factor;
        }
        self
    }

    /// The estimates with their weights.
    fn weighted(&self) -> impl Iterator<Item = (f64, &Estimate)> {
        let all = self.weights.iter().copied().zip(&self.estimates);
        all.filter(|(weight, _)| *weight > 0.0)
    }

    /// Mean of the shift.
    pub(crate) fn mean(&self) -> f64 {
        self.weighted().map(|(weight, estimate)| weight * estimate.mean).sum()
    }

    /// Mean of φ.
    pub(crate) fn phi(&self) -> f64 {
        autocorrelation::mean(&self.weights)
    }

    /// Root of the mean square of the standard errors.
    pub(crate) fn error(&self) -> f64 {
        self.weighted().map(|(weight, estimate)| weight * estimate.variance).sum::<f64>().sqrt()
    }

    /// The more precise of two posteriors of one shift; this one if both are as precise.
    pub(crate) fn or_more_precise<'a>(&'a self, other: Option<&'a Self>) -> &'a Self {
        other.filter(|other| other.error() < self.error()).unwrap_or(self)
    }

    /// P-value against the hypothesis that the shift is `threshold`. One minus it is the posterior probability
    /// that the shift exceeds the threshold.
    pub(crate) fn p_value(&self, threshold: f64) -> f64 {
        let tail = |(weight, estimate): (f64, &Estimate)| {
            let above = estimate.mean - threshold;
            weight
                * if estimate.variance > 0.0 {
                    estimate.upper_tail(above)
                } else if above > 0.0 {
                    // All points are above the threshold without noise: their signs alone give the probability.
                    math::pow(0.5, estimate.points.min(1000.0))
                } else {
                    1.0
                }
        };
        self.weighted().map(tail).sum::<f64>().clamp(0.0, 1.0)
    }

    /// Half-width of the interval around the mean that holds the shift with probability `level`.
    pub(crate) fn half_width(&self, level: f64) -> f64 {
        let wanted = 0.5 * (1.0 - level);
        let error = self.error();
        if error <= 0.0 {
            return 0.0;
        }
        let tail = |reach: f64| -> f64 {
            let noisy = self.weighted().filter(|(_, estimate)| estimate.variance > 0.0);
            noisy.map(|(weight, estimate)| weight * estimate.upper_tail(reach)).sum()
        };
        // For a mixture of t distributions, the normal score of the tail is nearly proportional to the
        // half-width, so the secant method converges at once.
        let quantile = normal::upper_quantile(wanted);
        let score = |reach: f64| normal::upper_quantile(tail(reach).clamp(1e-300, 0.499));
        let mut reach = quantile * error;
        let mut reached = score(reach);
        let mut slope = reached / reach;
        for _ in 0..6 {
            let next = reach + (quantile - reached) / slope;
            let next_reached = score(next);
            let close = (next_reached - quantile).abs() <= CLOSE * quantile;
            slope = (next_reached - reached) / (next - reach);
            (reach, reached) = (next, next_reached);
            if close || !slope.is_finite() || slope <= 0.0 {
                break;
            }
        }
        reach
    }
}

/// Combines p-values that may depend on each other in any way: Cauchy's combination (Liu and Xie 2020). A
/// p-value near 1 must not outweigh a small one, so each counts as [`p::LARGEST_P`] at most.
pub(crate) fn combine(p_values: &[f64]) -> f64 {
    let score = |p: &f64| {
        let p = p.clamp(1e-300, p::LARGEST_P);
        if p < 1e-8 { 1.0 / (PI * p) } else { 1.0 / math::tan(PI * p) }
    };
    let mean = p_values.iter().map(score).sum::<f64>() / p_values.len() as f64;
    if mean > 1e8 { 1.0 / (PI * mean) } else { 0.5 - math::atan(mean) / PI }
}
