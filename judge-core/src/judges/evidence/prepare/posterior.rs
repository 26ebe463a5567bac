//! The posterior of a shift: Student's t around its estimate, averaged over φ.

use std::f64::consts::PI;

use crate::math;
use crate::stats::distribution::{normal, student};

use super::autocorrelation::{self, COUNT, INDEPENDENT, Weights};

/// Probability that a normal estimate is one standard error or more above 0.
const P_OF_ONE: f64 = 0.1586;

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
        let t = self.mean / self.variance.sqrt();
        normal::upper_tail(student::normal_score(t, self.freedom.max(1.0)))
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
    means: [f64; COUNT],
    errors: [f64; COUNT],
    freedoms: [f64; COUNT],
    points: f64,
}

impl Posterior {
    pub(super) fn new(weights: &Weights, estimate: impl Fn(usize) -> Estimate) -> Self {
        let mut posterior = Self {
            weights: *weights,
            means: [0.0; COUNT],
            errors: [0.0; COUNT],
            freedoms: [1.0; COUNT],
            points: 0.0,
        };
        for index in (0..COUNT).filter(|index| weights[*index] > 0.0) {
            let Estimate { mean, variance, freedom, points } = estimate(index);
            posterior.means[index] = mean;
            posterior.errors[index] = variance.max(0.0).sqrt();
            posterior.freedoms[index] = freedom.max(1.0);
            posterior.points = points;
        }
        posterior
    }

    /// A shift whose estimate needs no φ.
    pub(crate) fn from_estimate(estimate: Estimate) -> Self {
        Self::new(&INDEPENDENT, |_| estimate)
    }

    /// The posterior of the opposite shift.
    pub(crate) fn reverse(mut self) -> Self {
        self.means = self.means.map(|mean| -mean);
        self
    }

    /// The posterior with all errors multiplied by `factor`.
    pub(crate) fn widen(mut self, factor: f64) -> Self {
        for error in &mut self.errors {
            *error *= factor;
        }
        self
    }

    fn nodes(&self) -> impl Iterator<Item = (f64, f64, f64, f64)> {
        let node = |index| {
            (self.weights[index], self.means[index], self.errors[index], self.freedoms[index])
        };
        (0..COUNT).map(node).filter(|(weight, ..)| *weight > 0.0)
    }

    /// Mean of the shift.
    pub(crate) fn mean(&self) -> f64 {
        self.nodes().map(|(weight, mean, ..)| weight * mean).sum()
    }

    /// Mean of φ.
    pub(crate) fn phi(&self) -> f64 {
        autocorrelation::mean(&self.weights)
    }

    /// Root of the mean square of the standard errors.
    pub(crate) fn error(&self) -> f64 {
        self.nodes().map(|(weight, _, error, _)| weight * error * error).sum::<f64>().sqrt()
    }

    /// P-value against the hypothesis that the shift is `threshold`. One minus it is the posterior probability
    /// that the shift exceeds the threshold.
    pub(crate) fn p_value(&self, threshold: f64) -> f64 {
        let tail = |(weight, mean, error, freedom): (f64, f64, f64, f64)| {
            let above = mean - threshold;
            weight
                * if error > 0.0 {
                    normal::upper_tail(student::normal_score(above / error, freedom))
                } else if above > 0.0 {
                    // All points are above the threshold without noise: their signs alone give the probability.
                    math::pow(0.5, self.points.min(1000.0))
                } else {
                    1.0
                }
        };
        self.nodes().map(tail).sum::<f64>().clamp(0.0, 1.0)
    }

    /// Half-width of the interval around the mean that holds the shift with probability `level`.
    pub(crate) fn half_width(&self, level: f64) -> f64 {
        let wanted = 0.5 * (1.0 - level);
        let error = self.error();
        if error <= 0.0 {
            return 0.0;
        }
        let tail = |reach: f64| -> f64 {
            let weighted_tail = |(weight, _, error, freedom): (f64, f64, f64, f64)| {
                let z =
                    if error > 0.0 { student::normal_score(reach / error, freedom) } else { 38.0 };
                weight * normal::upper_tail(z)
            };
            self.nodes().map(weighted_tail).sum()
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
            let close = (next_reached - quantile).abs() <= 1e-6 * quantile;
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
/// p-value near 1 must not outweigh a small one, so each counts as 0.9 at most.
pub(crate) fn combine(p_values: &[f64]) -> f64 {
    let score = |p: &f64| {
        let p = p.clamp(1e-300, 0.9);
        if p < 1e-8 { 1.0 / (PI * p) } else { 1.0 / math::tan(PI * p) }
    };
    let mean = p_values.iter().map(score).sum::<f64>() / p_values.len() as f64;
    if mean > 1e8 { 1.0 / (PI * mean) } else { 0.5 - math::atan(mean) / PI }
}
