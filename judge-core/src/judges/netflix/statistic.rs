//! W(μ): how far the canary, moved down by μ, ranks above the baseline, in standard deviations.

use thiserror::Error;

use super::ranks::{RankStatistics, cube_minus};
use super::shifted_ranks::ShiftedRanks;

/// The rank statistic is undefined for these samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "no interval: all values tie once the canary is shifted, or a side is empty, or the level is \
     above 1"
)]
pub struct Untestable;

/// W of two sorted samples, as a function of the shift.
#[derive(Debug)]
pub(super) struct Statistic<'a> {
    x: &'a [f64],
    y: &'a [f64],
    runs: &'a mut ShiftedRanks,
    /// Whether `<` orders these doubles as Java does.
    plain: bool,
    pooled: Vec<RankedValue>,
    /// The last ties (NaN at first), and the standard deviation of W with them. Most shifts have the same.
    ties: f64,
    sigma: f64,
}

/// A value of either side, for the slow path.
#[derive(Debug, Clone, Copy)]
struct RankedValue {
    value: f64,
    of_x: bool,
}

const NEGATIVE_ZERO: u64 = 1 << 63;

impl<'a> Statistic<'a> {
    /// Both samples are sorted by `total_cmp`. O(m + n).
    pub(super) fn new(x: &'a [f64], y: &'a [f64], runs: &'a mut ShiftedRanks) -> Self {
        let plain = |values: &[f64]| {
            values.iter().all(|value| value.is_finite() && value.to_bits() != NEGATIVE_ZERO)
        };
        let plain = plain(x) && plain(y);
        if plain {
            runs.refill(x, y);
        }
        Self { x, y, runs, plain, pooled: Vec::new(), ties: f64::NAN, sigma: f64::NAN }
    }

    /// W at `shift`: (d − ½·sign d)/σ, where d is the rank sum of x − `shift` minus its expectation, and σ²
    /// is corrected for ties.
    pub(super) fn at(&mut self, shift: f64) -> Result<f64, Untestable> {
        let ranks = self.ranks(shift);
        let (m, n) = (self.x.len() as f64, self.y.len() as f64);
        if ranks.ties != self.ties {
            self.ties = ranks.ties;
            let total = m + n;
            let spread = m * n / 12.0 * ((total + 1.0) - ranks.ties / (total * (total - 1.0)));
            self.sigma = spread.sqrt();
        }
        if self.sigma == 0.0 {
            return Err(Untestable);
        }
        let d = ranks.twice_u / 2.0 - m * n / 2.0;
        let correction = if d == 0.0 { 0.0 } else { 0.5_f64.copysign(d) };
        Ok((d - correction) / self.sigma)
    }

    /// Twice the Mann–Whitney U of x.
    pub(super) fn twice_u(&mut self) -> f64 {
        self.ranks(0.0).twice_u
    }

    fn ranks(&mut self, shift: f64) -> RankStatistics {
        if self.plain && shift.is_finite() {
            self.runs.ranks(shift)
        } else {
            self.rank_as_java(shift)
        }
    }

    /// Ranks in Java's order of doubles: −0.0 is below 0.0, and NaN above infinity.
    fn rank_as_java(&mut self, shift: f64) -> RankStatistics {
        let pooled = &mut self.pooled;
        let positive = |value: f64| if value.is_nan() { f64::NAN } else { value };
        pooled.clear();
        pooled
            .extend(self.x.iter().map(|x| RankedValue { value: positive(x - shift), of_x: true }));
        pooled.extend(self.y.iter().map(|y| RankedValue { value: positive(*y), of_x: false }));
        pooled.sort_unstable_by(|a, b| a.value.total_cmp(&b.value));
        let (mut twice_u, mut ties, mut y_below) = (0.0, 0.0, 0);
        for run in pooled.chunk_by(|a, b| a.value.to_bits() == b.value.to_bits()) {
            let of_x = run.iter().filter(|ranked| ranked.of_x).count();
            let of_y = run.len() - of_x;
            twice_u += (of_x * (2 * y_below + of_y)) as f64;
            ties += cube_minus(run.len());
            y_below += of_y;
        }
        RankStatistics { twice_u, ties }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn sample() -> impl Strategy<Value = Vec<f64>> {
        let value = prop_oneof![
            -1e3..1e3_f64,
            (0..6_i32).prop_map(f64::from),
            (0..1000_i32).prop_map(|cents| f64::from(cents) / 100.0),
        ];
        vec(value, 1..60).prop_map(|mut values| {
            values.sort_unstable_by(f64::total_cmp);
            values
        })
    }

    proptest! {
        /// Kayenta sorts the pooled values again for every shift; that is the definition.
        #[test]
        fn every_way_of_walking_ranks_alike(
            x in sample(),
            y in sample(),
            shifts in vec(prop_oneof![-2e3..2e3_f64, -10.0..10.0_f64, Just(0.01)], 1..12),
            pairs in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..4),
        ) {
            let exact = pairs.iter().map(|(i, j)| x[i.index(x.len())] - y[j.index(y.len())]);
            let ends = [x[0] - y[y.len() - 1], x[x.len() - 1] - y[0]];
            let shifts: Vec<f64> = shifts.iter().copied().chain(exact).chain(ends).collect();
            let mut runs = ShiftedRanks::default();
            let mut statistic = Statistic::new(&x, &y, &mut runs);
            prop_assert!(statistic.plain);
            for shift in shifts {
                let walked = statistic.ranks(shift);
                let sorted = statistic.rank_as_java(shift);
                prop_assert_eq!(walked.twice_u, sorted.twice_u);
                prop_assert_eq!(walked.ties, sorted.ties);
            }
        }
    }
}
