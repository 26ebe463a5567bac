//! Pairs without a difference, cut from recorded series.

use judge_core::MetricPair;

use crate::random::Random;

/// Cuts a pair from a stretch of `series`: alternating points, so that both sides come from the same host and time.
///
/// `None` if the series is too short.
pub fn interleaved_pair(
    name: &str,
    series: &[f64],
    n: usize,
    random: &mut Random,
) -> Option<MetricPair> {
    let spare = series.len().checked_sub(2 * n)?;
    let start = random.below(spare + 1);
    let first = usize::from(random.chance(0.5));
    let side = |from: usize| -> Vec<f64> {
        series[start..start + 2 * n].iter().skip(from).step_by(2).copied().collect()
    };
    Some(MetricPair::new(name, side(first), side(1 - first)))
}
