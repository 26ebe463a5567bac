//! Rank sums of two sorted sides, in integers.

/// Counts and sums from which U, its null variance and the placements' variances follow.
///
/// The placement of an x is the number of y below it, that of a y the number of x above it; equal values
/// count half. Placements are doubled here, so that they are integers. Both sums are 2U.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RankSums {
    pub(super) m: u64,
    pub(super) n: u64,
    /// 2U of x: pairs with x > y twice, pairs with x = y once.
    pub(super) twice_u: u64,
    /// Σ(t³ − t) over the groups of t equal values of x, of y, and of both together.
    pub(super) x_ties: u128,
    pub(super) y_ties: u128,
    pub(super) pooled_ties: u128,
    /// Sums of squared doubled placements: y below each x, and x above each y.
    pub(super) x_squares: u128,
    pub(super) y_squares: u128,
}

/// Collects [`RankSums`] from rows in order, without branches on the data: ties are unpredictable, and a
/// mispredicted branch costs more than all the arithmetic here.
#[derive(Debug, Default)]
pub(super) struct RankCollector {
    rows_left: u64,
    sums: RankSums,
    /// Value of x in the row before, and the number of rows with that value.
    value: f64,
    run: u64,
    /// Over groups of a equal x and b equal y: Σ ab, Σ ab², Σ a²b.
    equal: u128,
    equal_by_y: u128,
    equal_by_x: u128,
}

impl RankCollector {
    /// Starts with two sorted sides and counts the ties within them. O(m + n).
    pub(super) fn new(x: &[f64], y: &[f64]) -> Self {
        let (x_ties, y_ties) = (tie_sum(x), tie_sum(y));
        let pooled_ties = x_ties + y_ties;
        let (m, n) = (x.len() as u64, y.len() as u64);
        let sums = RankSums { m, n, x_ties, y_ties, pooled_ties, ..RankSums::default() };
        Self { rows_left: m, sums, value: f64::NAN, ..Self::default() }
    }

    /// What is known before any row: sizes, and ties as if the sides shared no value.
    pub(super) fn within_ties_only(&self) -> RankSums {
        self.sums
    }

    /// Takes rows: their x and, for each, how many y are at most that and how many are below it.
    pub(super) fn visit(&mut self, x: &[f64], at_most: &[usize], below: &[usize]) {
        for ((&x, &at_most), &below) in x.iter().zip(at_most).zip(below) {
            let (at_most, below) = (at_most as u64, below as u64);
            let placement = at_most + below;
            self.sums.twice_u += placement;
            self.sums.x_squares += u128::from(placement * placement);
            // The squares of the columns' counts, row by row: the s-th largest of the 2m column
            // bounds counts 2s − 1 times (a sum over a conjugate partition).
            let rank = 4 * self.rows_left - 1;
            self.sums.y_squares += u128::from(below * rank) + u128::from(at_most * (rank - 2));
            self.rows_left -= 1;

            self.run = u64::from(x == self.value) * self.run + 1;
            self.value = x;
            let equal = at_most - below;
            self.equal += u128::from(equal);
            self.equal_by_y += u128::from(equal * equal);
            // 1 + 3 + 5 + ... is the square of the run's length in the end.
            self.equal_by_x += u128::from(equal * (2 * self.run - 1));
        }
    }

    /// The sums; in O(m + n) when the rows were not seen.
    pub(super) fn finish(self, x: &[f64], y: &[f64]) -> RankSums {
        if self.rows_left > 0 {
            return by_groups(self.sums, x, y);
        }
        let mut sums = self.sums;
        // (a + b)³ − (a + b) less what a and b alone count for.
        sums.pooled_ties += 3 * (self.equal_by_x + self.equal_by_y);
        // Equal x have all their lower bounds before their upper ones, where the rows took turns.
        sums.y_squares -= self.equal_by_x - self.equal;
        sums
    }
}

/// Σ(t³ − t) over groups of equal neighbours: Σ 3k(k − 1) over the positions k in the groups.
fn tie_sum(sorted: &[f64]) -> u128 {
    let mut place = 1;
    let mut sum = 0;
    for (value, next) in sorted.iter().zip(sorted.iter().skip(1)) {
        place = u64::from(value == next) * place + 1;
        sum += u128::from(3 * place * (place - 1));
    }
    sum
}

/// The sums by groups of equal values, in ascending order over both sides.
fn by_groups(within: RankSums, x: &[f64], y: &[f64]) -> RankSums {
    let mut sums = RankSums { twice_u: 0, x_squares: 0, y_squares: 0, ..within };
    let mut x_groups = x.chunk_by(|a, b| a == b).peekable();
    let mut y_groups = y.chunk_by(|a, b| a == b).peekable();
    let (mut x_below, mut y_below) = (0_u64, 0_u64);
    loop {
        let next = match (x_groups.peek(), y_groups.peek()) {
            (Some(x_group), Some(y_group)) => x_group[0].min(y_group[0]),
            (Some(group), None) | (None, Some(group)) => group[0],
            (None, None) => return sums,
        };
        let at = |group: &&[f64]| group[0] == next;
        let a = x_groups.next_if(at).map_or(0, <[f64]>::len) as u64;
        let b = y_groups.next_if(at).map_or(0, <[f64]>::len) as u64;
        // y below each of these x, and x above each of these y, doubled.
        let x_placement = 2 * y_below + b;
        let y_placement = 2 * (within.m - x_below) - a;
        sums.twice_u += a * x_placement;
        sums.x_squares += u128::from(a) * u128::from(x_placement).pow(2);
        sums.y_squares += u128::from(b) * u128::from(y_placement).pow(2);
        // (a + b)³ − (a + b) less what a and b alone count for.
        sums.pooled_ties += 3 * u128::from(a) * u128::from(b) * u128::from(a + b);
        x_below += a;
        y_below += b;
    }
}

impl RankSums {
    /// From sorted sides, in O(m + n).
    pub(super) fn from_sorted(x: &[f64], y: &[f64]) -> Self {
        use super::staircase::{Band, RowBlock, walk};
        let mut collector = RankCollector::new(x, y);
        walk(x, y, &Band::closed(0.0, 0.0).cuts(), |rows: &RowBlock<'_, 2>| {
            collector.visit(rows.x, rows.columns(0), rows.columns(1));
        });
        collector.finish(x, y)
    }

    pub(super) fn pairs(self) -> f64 {
        self.m as f64 * self.n as f64
    }

    /// P(x > y) + P(x = y)/2 over all pairs.
    pub(super) fn superiority(self) -> f64 {
        self.twice_u as f64 / (2.0 * self.pairs())
    }

    pub(super) fn has_ties(self) -> bool {
        self.pooled_ties != 0
    }

    /// The variance of U if both sides come from one distribution, given the sum over ties.
    pub(super) fn null_variance(self, ties: u128) -> f64 {
        // σ² = mn/12 · (N + 1 − T/(N(N − 1))) = mn (N³ − N − T) / (12 N (N − 1)). In integers: in
        // floating point the difference comes out near, not at, 0 when all values are equal.
        let total = u128::from(self.m + self.n);
        let free = total * total * total - total - ties;
        let total = total as f64;
        self.pairs() / 12.0 * (free as f64 / (total * (total - 1.0)))
    }
}
