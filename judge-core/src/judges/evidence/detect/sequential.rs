//! Windows that follow each other are one series with a break: any drift makes them differ.
//!
//! **Null**: one autoregression without a break. **Statistic**: the step of a regression on a mean and a step, and of one in
//! which the canary may also have a slope. Both are computed for clipped values and for normal scores of the ranks, and Cauchy's
//! rule combines the four p-values. The two samples of scores must differ, too. **Cost**: O(n log n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::posterior::{Posterior, combine};
use crate::judges::evidence::prepare::regression::{Regressand, Stretch};
use crate::judges::evidence::prepare::timeline::Times;

use super::scores::{self, UntiedScores};

/// A baseline and the canary that follows it.
#[derive(Debug)]
pub(crate) struct Sequential {
    values: Regressand,
    scores: Regressand,
    ones: Vec<f64>,
    step: Vec<f64>,
    pub(crate) shift: Posterior,
    /// P-value against no step: four p-values combined, and no smaller than that of the scores if these do not differ.
    pub(crate) p: f64,
}

/// A stretch of the canary: its p-value, and how much higher it is than the baseline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) p: f64,
    pub(super) stretch: Stretch,
    pub(super) height: Posterior,
}

impl Sequential {
    /// Joins the sides if the canary's window follows the baseline's.
    pub(crate) fn join(comparison: &Comparison, untied: &mut UntiedScores) -> Option<Self> {
        if comparison.times != Times::After {
            return None;
        }
        let (baseline, canary) = (comparison.y.len(), comparison.x.len());
        let column = |of_canary: &dyn Fn(usize) -> f64| -> Vec<f64> {
            std::iter::repeat_n(0.0, baseline).chain((0..canary).map(of_canary)).collect()
        };
        let (ones, step) = (vec![1.0; baseline + canary], column(&|_| 1.0));
        let slope = column(&|index| index as f64 - 0.5 * (canary - 1) as f64);
        let (mut values, mut scores) = (Regressand::default(), Regressand::default());
        let both = comparison.clipped_y.values().iter().chain(comparison.clipped_x.values());
        values.refill(both.copied(), 0.0);
        let scores_of_points = scores::normal(comparison, untied);
        scores.refill(scores_of_points.iter().copied(), 0.0);
        let widening = comparison.widening();
        let shifts = |series: &Regressand| {
            let flat = series.on([&ones, &step]).solve();
            let sloped = series.on([&ones, &step, &slope]).solve();
            [
                flat.posterior([0.0, 1.0], p::PRIOR_OF_SIDES).widen(widening),
                sloped.posterior([0.0, 1.0, 0.0], p::PRIOR_OF_SIDES).widen(widening),
            ]
        };
        let [shift, sloped] = shifts(&values);
        let [by_scores, sloped_by_scores] = shifts(&scores);
        let p_values = [shift, sloped, by_scores, sloped_by_scores].map(|s| s.p_value(0.0));
        let mut p = combine(&p_values);
        let p_of_scores = scores::p_value(&scores_of_points, baseline);
        if p_of_scores > p::GATE_AFTER {
            p = p.max(p_of_scores);
        }
        Some(Self { values, scores, ones, step, shift, p })
    }

    /// A stretch of the canary, which must be higher than the baseline by more than `baselines_own`.
    pub(super) fn stretch(&self, stretch: Stretch, baselines_own: f64) -> Candidate {
        let mut inside = vec![0.0; self.ones.len()];
        inside[stretch.range(self.ones.len())].fill(1.0);
        let fit = |series: &Regressand, baselines_own| {
            let solved = series.on([&self.ones, &self.step, &inside]).solve();
            let height = solved.posterior([0.0, 1.0, 1.0], p::PRIOR_OF_SIDES);
            let change = solved.posterior([0.0, 0.0, 1.0], p::PRIOR_OF_SIDES);
            (height.p_value(baselines_own).max(change.p_value(0.0)), height)
        };
        let ((p, height), (p_of_scores, _)) =
            (fit(&self.values, baselines_own), fit(&self.scores, 0.0));
        Candidate { p: p.max(p_of_scores), stretch, height }
    }
}
