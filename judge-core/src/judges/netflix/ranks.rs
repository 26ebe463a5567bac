//! Ranks at one shift, as far as the rank statistic needs them.

/// Ranks at one shift, as far as W needs them.
#[derive(Debug, Clone, Copy)]
pub(super) struct RankStatistics {
    /// Twice the Mann–Whitney U of x, a whole number.
    pub(super) twice_u: f64,
    /// Σ(t³ − t) over the tie groups.
    pub(super) ties: f64,
}

/// t³ − t for a tie of `count`, exact in a double up to 2·10⁵.
pub(super) fn cube_minus(count: usize) -> f64 {
    let t = count as f64;
    t * t * t - t
}
