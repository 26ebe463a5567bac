//! Does the canary end higher?
//!
//! Promotion makes the end state permanent. **Null**: the canary's last points are no higher than the baseline,
//! or no higher than its earlier points. **Statistic**: for each of several lengths the larger of two p-values:
//! of the end's mean against the baseline, and of the difference of differences (the canary's step less the
//! baseline's at the same time), so that a change that both sides share does not count. Both are computed for
//! two samples and for differences of the same time, and combined by Cauchy's rule. **Effect**: how much higher
//! the end is. **Cost**: O(n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::posterior::{Estimate, Posterior, combine};
use crate::judges::evidence::prepare::regression::{self, Regressand, RegressionSide, Solutions};
use crate::judges::evidence::prepare::timeline::Times;

use super::candidate::Candidate;
use super::sequential::Sequential;

/// A late change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Late {
    pub(crate) p: f64,
    /// Points since the change.
    pub(crate) length: usize,
    /// How much higher the end is than the baseline.
    pub(crate) shift: Posterior,
    /// The larger of the mean of `shift` and the difference of plain means, without clipping.
    pub(crate) effect: f64,
}

/// Finds a change that lasts to the end.
pub(crate) fn find(comparison: &Comparison, sequential: Option<&Sequential>) -> Option<Late> {
    if comparison.widening() > 1.0 {
        // A canary that repeats one value does not change.
        return None;
    }
    if sequential.is_none() {
        let least = p_if_independent(comparison);
        if least > p::UNREMARKABLE {
            // Autocorrelation only makes the p-value larger.
            return None;
        }
    }
    let mut candidates: Vec<Candidate> = Vec::with_capacity(2 * p::LATE_SHARES.len());
    for (length, cost) in lengths(comparison.clipped_canary()) {
        match sequential {
            // Windows that follow each other drift, so only lengths that the points did not choose are used.
            Some(_) if cost > 1.0 => {}
            Some(sequential) => candidates.extend(sequential.late(length)),
            None => candidates.extend(two_samples(comparison, length).map(|c| c.at(cost))),
        }
    }
    if let Some(differences) = comparison.clipped_differences()
        && sequential.is_none()
    {
        for (length, cost) in lengths(differences) {
            let step = Solutions::fit(&differences.on_step(length));
            let end = step.posterior([1.0, 1.0], p::PRIOR_OF_DIFFERENCES);
            let change = step.posterior([0.0, 1.0], p::PRIOR_OF_DIFFERENCES);
            let p = end.p_value(0.0).max(change.p_value(0.0));
            candidates.push(Candidate { p, length, end }.at(cost));
        }
    }
    let best = candidates.iter().min_by(|a, b| a.p.total_cmp(&b.p))?;
    let all: Vec<f64> = candidates.iter().map(|candidate| candidate.p).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let plain = mean(comparison.x.get(comparison.x.len() - best.length..).unwrap_or_default())
        - comparison.mean_y;
    let effect = best.end.mean().max(plain);
    Some(Late { p: combine(&all), length: best.length, shift: best.end, effect })
}

/// A lower bound of the combined p-value: the p-value without autocorrelation, or less. It costs a twentieth,
/// and most metrics that did not change need no more.
fn p_if_independent(comparison: &Comparison) -> f64 {
    let (canary, baseline) = (comparison.clipped_canary(), comparison.clipped_baseline());
    let mut p_values = Vec::with_capacity(2 * p::LATE_SHARES.len() + 2);
    let mut consider = |end: Estimate, change: Estimate, cost: f64| {
        p_values.push((cost * end.least_p_value().max(change.least_p_value())).min(1.0));
    };
    if let Some(line) = comparison.baseline_line() {
        let level = line.if_independent([1.0, 0.0]);
        for (length, cost) in lengths(canary) {
            if let Some(ago) = as_long_ago(length, canary, baseline) {
                let [end, change] = canary.step_if_independent(length);
                let [_, baseline_change] = baseline.step_if_independent(ago);
                consider(end.less(level), change.less(baseline_change), cost);
            }
        }
    }
    if let Some(differences) = comparison.clipped_differences() {
        for (length, cost) in lengths(differences) {
            let [end, change] = differences.step_if_independent(length);
            consider(end, change, cost);
        }
    }
    combine(&p_values)
}

fn two_samples(comparison: &Comparison, length: usize) -> Option<Candidate> {
    let (canary, baseline) = (comparison.clipped_canary(), comparison.clipped_baseline());
    let step = Solutions::fit(&canary.on_step(length));
    let end = RegressionSide { solutions: &step, contrast: [1.0, 1.0] };
    let level = RegressionSide { solutions: comparison.baseline_line()?, contrast: [1.0, 0.0] };
    let end = regression::difference(&end, &level, p::PRIOR_OF_SIDES);
    let ago = as_long_ago(length, canary, baseline)?;
    let baseline_step = Solutions::fit(&baseline.on_step(ago));
    let change = regression::difference(
        &RegressionSide { solutions: &step, contrast: [0.0, 1.0] },
        &RegressionSide { solutions: &baseline_step, contrast: [0.0, 1.0] },
        p::PRIOR_OF_SIDES,
    );
    Some(Candidate { p: end.p_value(0.0).max(change.p_value(0.0)), length, end })
}

/// The baseline's points as long ago as the canary's last `length`, if its window has another number of points.
fn as_long_ago(length: usize, canary: &Regressand, baseline: &Regressand) -> Option<usize> {
    let ago = (length * baseline.len()).div_ceil(canary.len());
    (1..baseline.len()).contains(&ago).then_some(ago)
}

/// Lengths of the end, in points, each with the factor on its p-value: fixed lengths with a factor of 1, and
/// the length at which the points step most, with the number of lengths that it was chosen from.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares of n points")]
fn lengths(series: &Regressand) -> impl Iterator<Item = (usize, f64)> {
    let n = series.len();
    let lengths = p::LATE_SHARES.into_iter().map(move |share| (share * n as f64).round() as usize);
    let given = lengths
        .filter(move |length| *length >= p::LATE_FEWEST && n >= length + p::LATE_FEWEST)
        .map(|length| (length, 1.0));
    let longest = n / 2;
    let chosen = (longest >= p::LATE_FEWEST).then(|| {
        let choices = (longest + 1 - p::LATE_FEWEST) as f64;
        (series.clearest_step(p::LATE_FEWEST, longest), choices)
    });
    given.chain(chosen)
}

/// Share of the metric's significance level that the test gets.
pub(crate) fn share(times: Times) -> f64 {
    if times == Times::After { p::LATE_SHARE_AFTER } else { p::LATE_SHARE }
}
