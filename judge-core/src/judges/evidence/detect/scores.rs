//! Ranks with autocorrelation.
//!
//! Where points have two levels, or spikes on either side, their mean knows little of a shift and their ranks much. Ranks as
//! normal scores are regressed as values are, so that autocorrelation counts as it does there.

use crate::judges::evidence::prepare::comparison::{Comparison, apart};
use crate::judges::evidence::prepare::regression::{Regressand, Solutions};
use crate::stats::distribution::normal::upper_quantile;

/// How likely scores as high as those behind the first `baseline` ones are, if nothing has shifted.
pub(super) fn p_value(scores: &[f64], baseline: usize) -> f64 {
    let side = |of: &[f64]| {
        let mut side = Regressand::default();
        side.refill(of.iter().copied(), 0.0);
        Solutions::of(&side.on_line())
    };
    let (y, x) = scores.split_at(baseline);
    apart(&side(x), &side(y)).p_value(0.0)
}

/// Normal scores (van der Waerden 1952) of the ranks among all points, baseline first; ties share theirs.
pub(super) fn normal(of: &Comparison) -> Vec<f64> {
    let n = (of.x.len() + of.y.len()) as f64;
    let score = |value: &f64| {
        let below = |sorted: &[f64]| sorted.partition_point(|other| other < value) as f64;
        let up_to = |sorted: &[f64]| sorted.partition_point(|other| other <= value) as f64;
        let rank = 0.5
            * (below(&of.sorted_x)
                + up_to(&of.sorted_x)
                + below(&of.sorted_y)
                + up_to(&of.sorted_y)
                + 1.0);
        -upper_quantile(rank / (n + 1.0))
    };
    of.y.iter().chain(&of.x).map(score).collect()
}
