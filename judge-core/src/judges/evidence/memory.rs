//! How much a metric remembers, and what that does to a mean.
//!
//! Neighbouring points of a metric say less than independent ones would. Their memory is taken to be
//! that of a first-order autoregression, but its φ is known only roughly: of 31 points an estimate is
//! off by 0.15. A plug-in that is too low cries wolf, one that is too high is deaf. So no φ is
//! chosen: every standard error and every p-value is averaged over the φ that the points allow, each
//! weighted by the exact marginal likelihood of the autoregression (levels and noise integrated out, Box
//! and Jenkins 1976, appendix A7.5). Half of the prior weight is on φ = 0, since many metrics
//! remember nothing; the rest falls off as (1 − φ)^⅔.

use std::sync::LazyLock;

use crate::stats::distribution::{normal, student};

use super::process::Trace;

/// The φ that are weighed.
const NODES: [f64; 11] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 0.94];
/// Prior weights: ½ at 0, and ½ · [(1 − a)^1.67 − (1 − b)^1.67] for the stretch from a to b that each
/// node stands for.
const PRIOR: [f64; 11] =
    [0.541, 0.077_7, 0.071_8, 0.065_7, 0.059_3, 0.052_5, 0.045_2, 0.037_3, 0.026, 0.014_5, 0.009];
/// A metric's memory is weighed several times.
static LOGS_OF_PRIOR: LazyLock<[f64; NODES.len()]> = LazyLock::new(|| PRIOR.map(f64::ln));
/// Sides that share one memory are this many times likelier to have one each with a probability no
/// larger than this.
const IMPOSSIBLE: f64 = 1e-2;
/// Nodes with less weight are left out.
const NEGLIGIBLE: f64 = 1e-4;

/// What points say of their memory: a weight for each φ.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    weights: [f64; NODES.len()],
}

impl Default for Memory {
    fn default() -> Self {
        let mut weights = [0.0; NODES.len()];
        weights[0] = 1.0;
        Self { weights }
    }
}

/// A φ with its weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) phi: f64,
    pub(super) weight: f64,
}

impl Memory {
    /// Of one series, or of two that share one memory.
    pub(super) fn of(one: &Trace, other: Option<&Trace>) -> Self {
        let mut traces = [Some(one), other].into_iter().flatten().filter(|trace| trace.varies());
        let (first, second) = (traces.next(), traces.next());
        let Some(first) = first else {
            // Without noise there is nothing to remember.
            return Self::default();
        };
        let mut logs = *LOGS_OF_PRIOR;
        for (log, phi) in logs.iter_mut().zip(NODES) {
            *log += first.likelihood(phi) + second.map_or(0.0, |trace| trace.likelihood(phi));
        }
        Self::weighed(logs)
    }

    /// Of a canary and its baseline, which share it, and of the baseline alone.
    ///
    /// A canary that drifts looks as if it remembered much. Where points say that it cannot share the
    /// baseline's memory, what it seems to remember is what is wrong, and the baseline's holds for both.
    pub(super) fn of_sides(canary: &Trace, baseline: &Trace) -> (Self, Self) {
        if !canary.varies() || !baseline.varies() {
            return (Self::of(canary, Some(baseline)), Self::of(baseline, None));
        }
        let [mut of_canary, mut of_baseline, mut of_both] = [*LOGS_OF_PRIOR; 3];
        for (index, phi) in NODES.into_iter().enumerate() {
            let (x, y) = (canary.likelihood(phi), baseline.likelihood(phi));
            of_canary[index] += x;
            of_baseline[index] += y;
            of_both[index] += x + y;
        }
        let apart = log_of_sum(&of_canary) + log_of_sum(&of_baseline);
        let (shared, usual) = (Self::weighed(of_both), Self::weighed(of_baseline));
        let remembers = |memory: &Self| memory.average(|phi| phi);
        let drifts = log_of_sum(&of_both) - apart < IMPOSSIBLE.ln()
            && remembers(&Self::weighed(of_canary)) > remembers(&usual);
        (if drifts { usual } else { shared }, usual)
    }

    /// With weights whose logarithms are `logs`, up to a constant.
    fn weighed(logs: [f64; NODES.len()]) -> Self {
        let sum = log_of_sum(&logs);
        let weights = logs.map(|log| (log - sum).exp());
        let weights = weights.map(|weight| if weight < NEGLIGIBLE { 0.0 } else { weight });
        let kept: f64 = weights.iter().sum();
        Self { weights: weights.map(|weight| weight / kept) }
    }

    /// The φ that have weight.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> + '_ {
        let nodes = NODES.iter().zip(&self.weights);
        nodes.filter(|(_, weight)| **weight > 0.0).map(|(&phi, &weight)| Node { phi, weight })
    }

    /// The mean of `value` over φ.
    pub(super) fn average(&self, value: impl Fn(f64) -> f64) -> f64 {
        self.nodes().map(|node| node.weight * value(node.phi)).sum()
    }

    /// The one φ that makes the error of a mean of `n` points as large as all of them together do,
    /// where it matters: some standard errors out.
    pub(super) fn cautious(&self, n: usize, df: f64) -> f64 {
        /// Where harm begins to be significant.
        const FAR: f64 = 3.0;
        if self.weights[0] > 1.0 - NEGLIGIBLE || n < 3 {
            return 0.0;
        }
        let inflation = |phi: f64| n as f64 * variance_of_mean(n, phi);
        let reference = FAR * self.average(inflation).sqrt();
        let tail = self.average(|phi| {
            normal::upper_tail(student::normal_score(reference / inflation(phi).sqrt(), df))
        });
        let z = normal::upper_quantile(tail.clamp(1e-12, 0.5));
        let equivalent = student::from_normal_score(z, df);
        let wanted = (reference / equivalent).powi(2);
        let (mut low, mut high) = (0.0, 0.97);
        for _ in 0..12 {
            let middle = 0.5 * (low + high);
            if inflation(middle) < wanted { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }
}

fn log_of_sum(logs: &[f64]) -> f64 {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest.is_finite() {
        largest + logs.iter().map(|log| (log - largest).exp()).sum::<f64>().ln()
    } else {
        largest
    }
}

/// Variance of the mean of `n` consecutive points in units of the variance of one: 1/n without
/// memory.
pub(super) fn variance_of_mean(n: usize, phi: f64) -> f64 {
    // Asked many times a metric, and squaring is faster than the general power.
    let power = phi.powi(i32::try_from(n).unwrap_or(i32::MAX));
    let n = n as f64;
    if phi == 0.0 { 1.0 / n } else { SumVariance::of(phi).of_points(n, power) / (n * n) }
}

/// Variance of the sum of consecutive points in units of the variance of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct SumVariance {
    each: f64,
    ends: f64,
}

impl SumVariance {
    /// If memory is `phi`.
    pub(super) fn of(phi: f64) -> Self {
        let rest = 1.0 - phi;
        Self { each: (1.0 + phi) / rest, ends: 2.0 * phi / (rest * rest) }
    }

    /// Of `n` points, φⁿ being `power`: [n(1 − φ²) − 2φ(1 − φⁿ)]/(1 − φ)², the sum of all
    /// autocovariances.
    pub(super) fn of_points(&self, n: f64, power: f64) -> f64 {
        n * self.each - self.ends * (1.0 - power)
    }
}
