//! Is the canary worse for a stretch of its window?
//!
//! A change that begins within the window moves the mean less than one from the start, and looks like
//! autocorrelation. One that lasts to the end is what promotion makes permanent; one that heals before was an
//! incident. **Null**: the canary's stretch is no higher than the baseline, or no higher than the canary's other
//! points. **Statistic**: for each of several stretches the larger of two p-values: of its mean against the
//! baseline, and of the difference of differences (the canary's step less the baseline's at the same time), so
//! that a change that both sides share does not count. Both are computed for two samples and for differences of
//! the same time, and combined by Cauchy's rule. A stretch that healed must also be higher than the baseline's
//! highest stretch of as many points, because the baseline may have had such minutes, too. **Effect**: how much
//! higher the clearest stretch is. **Cost**: O(n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::posterior::{Estimate, Posterior, combine};
use crate::judges::evidence::prepare::regression::{
    self, Regressand, RegressionSide, Solutions, Stretch,
};
use crate::judges::evidence::prepare::timeline::Times;

use super::candidate::Candidate;
use super::sequential::Sequential;

/// Most stretches that are compared, each for two samples and for differences.
const MOST: usize = 2 * (p::LATE_SHARES.len() + p::HEALED_SHARES.len() + 1);

/// A stretch of the canary that is worse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WorseStretch {
    pub(crate) p: f64,
    pub(crate) stretch: Stretch,
    /// How much higher the stretch is than the baseline.
    pub(crate) shift: Posterior,
    /// The larger of the mean of `shift` and the difference of plain means, without clipping.
    pub(crate) effect: f64,
}

/// Finds a stretch that is worse.
pub(crate) fn find(
    comparison: &Comparison,
    sequential: Option<&Sequential>,
) -> Option<WorseStretch> {
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
    let mut candidates: Vec<Candidate> = Vec::with_capacity(MOST);
    if let Some(sequential) = sequential {
        // Windows that follow each other drift, so only stretches that the points did not choose are used.
        let usual = |stretch| usual_of_baseline(comparison.clipped_baseline(), stretch);
        let given = given(comparison.x.len());
        candidates.extend(given.filter_map(|s| sequential.stretch(s, usual(s))));
    } else {
        for (stretch, cost) in stretches(comparison.clipped_canary()) {
            candidates.extend(two_samples(comparison, stretch).map(|c| c.at(cost)));
        }
        if let Some(differences) = comparison.clipped_differences() {
            for (stretch, cost) in stretches(differences) {
                let step = Solutions::fit(&differences.on_stretch(stretch));
                let height = step.posterior([1.0, 1.0], p::PRIOR_OF_DIFFERENCES);
                let change = step.posterior([0.0, 1.0], p::PRIOR_OF_DIFFERENCES);
                let usual = usual_of_differences(differences, stretch);
                let p = height.p_value(usual).max(change.p_value(0.0));
                candidates.push(Candidate { p, stretch, height }.at(cost));
            }
        }
    }
    let best = candidates.iter().min_by(|a, b| a.p.total_cmp(&b.p))?;
    let all: Vec<f64> = candidates.iter().map(|candidate| candidate.p).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let points = best.stretch.range(comparison.x.len());
    let plain = mean(comparison.x.get(points).unwrap_or_default()) - comparison.mean_y;
    let effect = best.height.mean().max(plain);
    Some(WorseStretch { p: combine(&all), stretch: best.stretch, shift: best.height, effect })
}

/// A lower bound of the combined p-value: the p-value without autocorrelation, or less. It costs a twentieth,
/// and most metrics that did not change need no more.
fn p_if_independent(comparison: &Comparison) -> f64 {
    let (canary, baseline) = (comparison.clipped_canary(), comparison.clipped_baseline());
    let mut p_values = Vec::with_capacity(MOST);
    let mut consider = |height: Estimate, change: Estimate, cost: f64| {
        p_values.push((cost * height.least_p_value().max(change.least_p_value())).min(1.0));
    };
    if let Some(line) = comparison.baseline_line() {
        let level = line.if_independent([1.0, 0.0]);
        for (stretch, cost) in stretches(canary) {
            if let Some(ago) = as_long_ago(stretch, canary, baseline) {
                let [height, change] = canary.stretch_if_independent(stretch);
                let [_, baseline_change] = baseline.stretch_if_independent(ago);
                consider(height.less(level), change.less(baseline_change), cost);
            }
        }
    }
    if let Some(differences) = comparison.clipped_differences() {
        for (stretch, cost) in stretches(differences) {
            let [height, change] = differences.stretch_if_independent(stretch);
            consider(height, change, cost);
        }
    }
    combine(&p_values)
}

fn two_samples(comparison: &Comparison, stretch: Stretch) -> Option<Candidate> {
    let (canary, baseline) = (comparison.clipped_canary(), comparison.clipped_baseline());
    let step = Solutions::fit(&canary.on_stretch(stretch));
    let height = RegressionSide { solutions: &step, contrast: [1.0, 1.0] };
    let level = RegressionSide { solutions: comparison.baseline_line()?, contrast: [1.0, 0.0] };
    let height = regression::difference(&height, &level, p::PRIOR_OF_SIDES);
    let ago = as_long_ago(stretch, canary, baseline)?;
    let baseline_step = Solutions::fit(&baseline.on_stretch(ago));
    let change = regression::difference(
        &RegressionSide { solutions: &step, contrast: [0.0, 1.0] },
        &RegressionSide { solutions: &baseline_step, contrast: [0.0, 1.0] },
        p::PRIOR_OF_SIDES,
    );
    let usual = usual_of_baseline(baseline, ago);
    Some(Candidate { p: height.p_value(usual).max(change.p_value(0.0)), stretch, height })
}

/// How much higher the baseline's highest stretch of as many points is than its mean. A change to the end has no
/// equal on the baseline: it is not known to heal.
fn usual_of_baseline(baseline: &Regressand, stretch: Stretch) -> f64 {
    if stretch.after == 0 {
        return 0.0;
    }
    let highest = baseline.means_of(stretch.len()).fold(f64::NEG_INFINITY, f64::max);
    (highest - baseline.mean()).max(0.0)
}

/// How much higher than the canary the baseline is in some stretch of as many points.
fn usual_of_differences(differences: &Regressand, stretch: Stretch) -> f64 {
    if stretch.after == 0 {
        return 0.0;
    }
    let lowest = differences.means_of(stretch.len()).fold(f64::INFINITY, f64::min);
    (-lowest).max(0.0)
}

/// The baseline's points as long ago as the canary's `stretch`, if its window has another number of points.
fn as_long_ago(stretch: Stretch, canary: &Regressand, baseline: &Regressand) -> Option<Stretch> {
    let ago = |points: usize| (points * baseline.len()).div_ceil(canary.len());
    let (since, after) = (ago(stretch.since), ago(stretch.after));
    (after < since && since < baseline.len()).then_some(Stretch { since, after })
}

/// Stretches, each with the factor on its p-value: given ones with a factor of 1, and the one to the end at whose
/// begin the points step most, with the number of begins that it was chosen from.
fn stretches(series: &Regressand) -> impl Iterator<Item = (Stretch, f64)> {
    let n = series.len();
    let longest = n.saturating_sub(p::STRETCH_FEWEST_OTHERS);
    let chosen = (longest >= p::STRETCH_FEWEST).then(|| {
        let choices = (longest + 1 - p::STRETCH_FEWEST) as f64;
        let since = series.clearest_step(p::STRETCH_FEWEST, longest);
        (Stretch { since, after: 0 }, choices)
    });
    given(n).map(|stretch| (stretch, 1.0)).chain(chosen)
}

/// Stretches of a window of `n` points that the points did not choose.
fn given(n: usize) -> impl Iterator<Item = Stretch> {
    let to_end = p::LATE_SHARES.into_iter().map(|share| (share, 0.0));
    to_end.chain(p::HEALED_SHARES).filter_map(move |(since, after)| {
        let stretch = Stretch { since: points(since, n), after: points(after, n) };
        let is_long = stretch.len() >= p::STRETCH_FEWEST;
        let fewest = p::STRETCH_FEWEST_OTHERS;
        let is_healed = stretch.after == 0 || stretch.after >= fewest;
        (is_long && is_healed && n >= stretch.since + fewest).then_some(stretch)
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of n points")]
fn points(share: f64, n: usize) -> usize {
    (share * n as f64).round() as usize
}

/// Share of the metric's significance level that the test gets.
pub(crate) fn share(times: Times) -> f64 {
    if times == Times::After { p::STRETCH_SHARE_AFTER } else { p::STRETCH_SHARE }
}
