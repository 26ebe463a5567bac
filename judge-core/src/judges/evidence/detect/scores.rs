//! Ranks with autocorrelation.
//!
//! If points jump between two values, or have spikes on either side, the mean hides a shift that ranks show.
//! The ranks, as normal scores, are regressed like values, so that autocorrelation counts.

use crate::judges::evidence::prepare::comparison::{Comparison, unpaired_shift_between};
use crate::judges::evidence::prepare::regression::Regressand;
use crate::stats::distribution::normal::upper_quantile;

/// P-value of the scores behind the first `baseline` ones: how likely it is that they are as high if nothing
/// shifted.
pub(super) fn p_value(scores: &[f64], baseline: usize) -> f64 {
    let side = |scores: &[f64]| {
        let mut side = Regressand::default();
        side.refill(scores.iter().copied(), 0.0);
        side.on_line().solve()
    };
    let (y, x) = scores.split_at(baseline);
    unpaired_shift_between(&side(x), &side(y)).p_value(0.0)
}

/// The normal scores of ranks without ties, for one number of points. They are kept because most metrics have the
/// same number.
#[derive(Debug, Default)]
pub(crate) struct UntiedScores(Vec<f64>);

impl UntiedScores {
    fn fill(&mut self, points: usize) -> &[f64] {
        if self.0.len() != points {
            self.0.clear();
            self.0.extend((1..=points).map(|rank| score(rank as f64, points)));
        }
        &self.0
    }
}

/// Normal score (van der Waerden 1952) of a rank among `points`.
fn score(rank: f64, points: usize) -> f64 {
    -upper_quantile(rank / (points as f64 + 1.0))
}

/// Normal scores of the ranks among all points, baseline first; tied points share one score.
pub(super) fn normal(comparison: &Comparison, untied: &mut UntiedScores) -> Vec<f64> {
    let mut ascending: Vec<f64> =
        comparison.sorted_y.iter().chain(&comparison.sorted_x).copied().collect();
    // A stable sort finds the two ascending runs and merges them.
    ascending.sort_by(f64::total_cmp);
    let points = ascending.len();
    let of_ties: Vec<f64>;
    let scores = if ascending.windows(2).all(|pair| pair[0] != pair[1]) {
        untied.fill(points)
    } else {
        let mut below = 0.0;
        let shared = |ties: &[f64]| {
            let rank = below + 0.5 * (ties.len() as f64 + 1.0);
            below += ties.len() as f64;
            std::iter::repeat_n(score(rank, points), ties.len())
        };
        of_ties = ascending.chunk_by(|a, b| a == b).flat_map(shared).collect();
        &of_ties
    };
    let score = |value: &f64| {
        let at = ascending.partition_point(|other| other < value);
        scores.get(at).copied().unwrap_or_default()
    };
    comparison.y.iter().chain(&comparison.x).map(score).collect()
}
