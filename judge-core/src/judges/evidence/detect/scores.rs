//! Ranks with autocorrelation.
//!
//! If points jump between two values, or have spikes on either side, the mean hides a shift that ranks show.
//! The ranks, as normal scores, are regressed like values, so that autocorrelation counts.

use crate::judges::evidence::prepare::comparison::{Comparison, unpaired_shift_between};
use crate::judges::evidence::prepare::regression::{Regressand, Solutions};
use crate::stats::distribution::normal::upper_quantile;

/// P-value of the scores behind the first `baseline` ones: how likely it is that they are as high if nothing
/// shifted.
pub(super) fn p_value(scores: &[f64], baseline: usize) -> f64 {
    let side = |scores: &[f64]| {
        let mut side = Regressand::default();
        side.refill(scores.iter().copied(), 0.0);
        Solutions::fit(&side.on_line())
    };
    let (y, x) = scores.split_at(baseline);
    unpaired_shift_between(&side(x), &side(y)).p_value(0.0)
}

/// Normal scores (van der Waerden 1952) of the ranks among all points, baseline first; tied points share one
/// score.
pub(super) fn normal(comparison: &Comparison) -> Vec<f64> {
    let mut ascending: Vec<f64> =
        comparison.sorted_y.iter().chain(&comparison.sorted_x).copied().collect();
    // A stable sort finds the two ascending runs and merges them.
    ascending.sort_by(f64::total_cmp);
    let n = ascending.len() as f64;
    let mut below = 0.0;
    let scores: Vec<(f64, f64)> = ascending
        .chunk_by(|a, b| a == b)
        .map(|ties| {
            let rank = below + 0.5 * (ties.len() as f64 + 1.0);
            below += ties.len() as f64;
            (ties[0], -upper_quantile(rank / (n + 1.0)))
        })
        .collect();
    let score = |value: &f64| {
        let at = scores.partition_point(|(other, _)| other < value);
        scores.get(at).map_or(0.0, |(_, score)| *score)
    };
    comparison.y.iter().chain(&comparison.x).map(score).collect()
}
