//! Windows that follow each other are one series with a break.
//!
//! A baseline that was taken just before its canary shares no time with it, so any drift makes the two differ.
//! **Null**: one autoregression without a break. **Statistic**: the step of a regression on a mean and a step,
//! and of one in which the canary may also have a slope. Both are computed for clipped values and for normal
//! scores of the ranks, and Cauchy's rule combines the four p-values. The two samples of scores must differ,
//! too. **Cost**: O(n log n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::posterior::{Posterior, combine};
use crate::judges::evidence::prepare::regression::{Regressand, Stretch};
use crate::judges::evidence::prepare::timeline::Times;

use super::candidate::Candidate;
use super::scores::{self, UntiedScores};

/// A baseline and the canary that follows it.
#[derive(Debug)]
pub(crate) struct Sequential {
    points: usize,
    canary: usize,
    values: Regressand,
    scores: Regressand,
    ones: Vec<f64>,
    step: Vec<f64>,
    shift: Posterior,
    p_of_shift: f64,
}

impl Sequential {
    /// Joins the sides if the canary's window follows the baseline's.
    pub(crate) fn join(comparison: &Comparison, untied: &mut UntiedScores) -> Option<Self> {
        if comparison.times != Times::After
            || comparison.y.len() < p::FEWEST
            || comparison.x.len() < p::FEWEST
        {
            return None;
        }
        let (baseline, canary) = (comparison.y.len(), comparison.x.len());
        let points = baseline + canary;
        let ones = vec![1.0; points];
        let step: Vec<f64> = (0..points).map(|i| f64::from(u8::from(i >= baseline))).collect();
        let slope: Vec<f64> = (0..points)
            .map(|i| {
                if i >= baseline { (i - baseline) as f64 - 0.5 * (canary - 1) as f64 } else { 0.0 }
            })
            .collect();
        let mut values = Regressand::default();
        let both = comparison.clipped_y.values().iter().chain(comparison.clipped_x.values());
        values.refill(both.copied(), 0.0);
        let scores_of_points = scores::normal(comparison, untied);
        let mut scores = Regressand::default();
        scores.refill(scores_of_points.iter().copied(), 0.0);
        let mut p_values = Vec::with_capacity(4);
        let mut shift = None;
        for series in [&values, &scores] {
            let level = series.on([&ones, &step]).solve();
            let level = level.posterior([0.0, 1.0], p::PRIOR_OF_SIDES).widen(comparison.widening());
            let sloped = series.on([&ones, &step, &slope]).solve();
            let sloped =
                sloped.posterior([0.0, 1.0, 0.0], p::PRIOR_OF_SIDES).widen(comparison.widening());
            p_values.extend([level.p_value(0.0), sloped.p_value(0.0)]);
            shift.get_or_insert(level);
        }
        let mut p_of_shift = combine(&p_values);
        let p_of_scores = scores::p_value(&scores_of_points, baseline);
        if p_of_scores > p::GATE_AFTER {
            p_of_shift = p_of_shift.max(p_of_scores);
        }
        Some(Self { points, canary, values, scores, ones, step, shift: shift?, p_of_shift })
    }

    pub(crate) fn shift(&self) -> Posterior {
        self.shift
    }

    pub(crate) fn p_of_shift(&self) -> f64 {
        self.p_of_shift
    }

    /// A stretch of the canary, which must be higher than the baseline by more than `usual`.
    pub(super) fn stretch(&self, stretch: Stretch, usual: f64) -> Option<Candidate> {
        if stretch.since >= self.canary {
            return None;
        }
        let points = stretch.range(self.points);
        let inside: Vec<f64> =
            (0..self.points).map(|i| f64::from(u8::from(points.contains(&i)))).collect();
        let mut p_values = [1.0; 2];
        let mut of_values = None;
        let both = [(&self.values, usual), (&self.scores, 0.0)];
        for (p_value, (series, usual)) in p_values.iter_mut().zip(both) {
            let solved = series.on([&self.ones, &self.step, &inside]).solve();
            let height = solved.posterior([0.0, 1.0, 1.0], p::PRIOR_OF_SIDES);
            let change = solved.posterior([0.0, 0.0, 1.0], p::PRIOR_OF_SIDES);
            *p_value = height.p_value(usual).max(change.p_value(0.0));
            of_values.get_or_insert(height);
        }
        Some(Candidate { p: p_values[0].max(p_values[1]), stretch, height: of_values? })
    }
}
