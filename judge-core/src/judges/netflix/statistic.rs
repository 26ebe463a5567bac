//! W(μ): how far the canary, moved down by μ, ranks above the baseline, in standard deviations.

use thiserror::Error;

/// The test has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "no interval: all values tie once the canary is shifted, or a side is empty, or the level is \
     above 1"
)]
pub struct Untestable;

/// W of two sorted samples as a function of the shift.
///
/// The root finder asks for W some 40 times, at shifts that draw together. So equal values are
/// merged once, and each walk starts where the last one ended.
#[derive(Debug)]
pub(super) struct Statistic<'a> {
    x: &'a [f64],
    y: &'a [f64],
    runs: &'a mut Runs,
    /// The shift at which `runs.below` was found; NaN before the first.
    last: f64,
    /// Σ(t³ − t) over the runs of equal values on each side.
    own_ties: f64,
    /// Whether comparing doubles by `<` ranks them as Java does.
    plain: bool,
}

/// Both samples by distinct value; the buffers are reused between metrics.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// Distinct values of x, how often each occurs, and how many distinct values of y are smaller.
    x: Vec<f64>,
    count: Vec<usize>,
    below: Vec<usize>,
    /// Distinct values of y between two NaN, at which every walk ends.
    y: Vec<f64>,
    /// How many values of y are smaller than the distinct one at this index; all of them at the end.
    rank: Vec<usize>,
    /// Room for the rare way.
    pooled: Vec<Ranked>,
}

#[derive(Debug, Clone, Copy)]
struct Ranked {
    value: f64,
    of_x: bool,
}

struct Ranks {
    /// Twice the Mann–Whitney U of x, a whole number.
    twice_u: f64,
    /// Σ(t³ − t) over the tie groups.
    ties: f64,
}

const NEGATIVE_ZERO: u64 = 1 << 63;

/// A walk from the last positions may take this many steps a value. Beyond that it is cheaper to
/// start again from the first.
const STEPS_A_VALUE: usize = 2;

impl<'a> Statistic<'a> {
    /// Both samples are sorted by `total_cmp`. O(m + n).
    pub(super) fn new(x: &'a [f64], y: &'a [f64], runs: &'a mut Runs) -> Self {
        let plain = |values: &[f64]| {
            values.iter().all(|value| value.is_finite() && value.to_bits() != NEGATIVE_ZERO)
        };
        let plain = plain(x) && plain(y);
        let own_ties = if plain { runs.refill(x, y) } else { 0.0 };
        Self { x, y, runs, last: f64::NAN, own_ties, plain }
    }

    /// W at `shift`: (d − ½·sign d)/σ, with d the rank sum of x − `shift` less its expectation and
    /// σ² corrected for ties.
    pub(super) fn at(&mut self, shift: f64) -> Result<f64, Untestable> {
        let ranks = self.ranks(shift);
        let (m, n) = (self.x.len() as f64, self.y.len() as f64);
        let total = m + n;
        let spread = m * n / 12.0 * ((total + 1.0) - ranks.ties / (total * (total - 1.0)));
        let sigma = spread.sqrt();
        if sigma == 0.0 {
            return Err(Untestable);
        }
        let d = ranks.twice_u / 2.0 - m * n / 2.0;
        let correction = if d == 0.0 { 0.0 } else { 0.5_f64.copysign(d) };
        Ok((d - correction) / sigma)
    }

    /// Twice the Mann–Whitney U of x.
    pub(super) fn twice_u(&mut self) -> f64 {
        self.ranks(0.0).twice_u
    }

    fn ranks(&mut self, shift: f64) -> Ranks {
        if !(self.plain && shift.is_finite()) {
            return self.rank_as_java(shift);
        }
        let near = match self.last {
            last if shift >= last => self.runs.sink(shift),
            last if shift < last => self.runs.rise(shift),
            _ => None,
        };
        if near.is_none() {
            self.runs.merge(shift);
        }
        self.last = shift;
        self.runs.rank(shift, self.own_ties)
    }

    /// Ranks by Java's order of doubles, which puts −0.0 below 0.0 and NaN above infinity.
    fn rank_as_java(&mut self, shift: f64) -> Ranks {
        let pooled = &mut self.runs.pooled;
        let positive = |value: f64| if value.is_nan() { f64::NAN } else { value };
        pooled.clear();
        pooled.extend(self.x.iter().map(|x| Ranked { value: positive(x - shift), of_x: true }));
        pooled.extend(self.y.iter().map(|y| Ranked { value: positive(*y), of_x: false }));
        pooled.sort_unstable_by(|a, b| a.value.total_cmp(&b.value));
        let (mut twice_u, mut ties, mut y_below) = (0.0, 0.0, 0);
        for run in pooled.chunk_by(|a, b| a.value.to_bits() == b.value.to_bits()) {
            let of_x = run.iter().filter(|ranked| ranked.of_x).count();
            let of_y = run.len() - of_x;
            twice_u += (of_x * (2 * y_below + of_y)) as f64;
            ties += cube_minus(run.len());
            y_below += of_y;
        }
        Ranks { twice_u, ties }
    }
}

impl Runs {
    /// Splits both samples into runs of equal values; Σ(t³ − t) over them.
    fn refill(&mut self, x: &[f64], y: &[f64]) -> f64 {
        let mut ties = 0.0;
        self.x.clear();
        self.count.clear();
        for run in x.chunk_by(|a, b| a == b) {
            self.x.extend(run.first());
            self.count.push(run.len());
            ties += cube_minus(run.len());
        }
        self.below.clear();
        self.below.resize(self.x.len() + 1, 0);
        self.y.clear();
        self.y.push(f64::NAN);
        self.rank.clear();
        let mut rank = 0;
        for run in y.chunk_by(|a, b| a == b) {
            self.y.extend(run.first());
            self.rank.push(rank);
            rank += run.len();
            ties += cube_minus(run.len());
        }
        self.y.push(f64::NAN);
        self.rank.push(rank);
        ties
    }

    /// Positions at a larger shift than the last, or `None` when they are far away.
    fn sink(&mut self, shift: f64) -> Option<()> {
        let mut budget = STEPS_A_VALUE * (self.x.len() + self.y.len());
        for (x, below) in self.x.iter().zip(&mut self.below) {
            let value = x - shift;
            let start = *below;
            // The value below position p is y[p].
            while self.y[*below] >= value {
                *below -= 1;
            }
            budget = budget.checked_sub(start - *below)?;
        }
        Some(())
    }

    /// Positions at a smaller shift than the last, or `None` when they are far away.
    fn rise(&mut self, shift: f64) -> Option<()> {
        let mut budget = STEPS_A_VALUE * (self.x.len() + self.y.len());
        for (x, below) in self.x.iter().zip(&mut self.below) {
            let value = x - shift;
            let start = *below;
            while self.y[*below + 1] < value {
                *below += 1;
            }
            budget = budget.checked_sub(*below - start)?;
        }
        Some(())
    }

    /// Positions at `shift` by merging both samples. Four merges run side by side, each a quarter of
    /// the way: one alone would wait for its own comparisons, which no processor can predict.
    fn merge(&mut self, shift: f64) {
        let steps = (self.x.len() + self.y.len() - 2) / LANES;
        let mut lanes: [Lane; LANES] = std::array::from_fn(|lane| self.lane(lane * steps, shift));
        for _ in 0..steps {
            for lane in &mut lanes {
                self.step(lane, shift);
            }
        }
        // The last lane has what the division left over.
        let [.., last] = &mut lanes;
        while last.x < self.x.len() {
            self.step(last, shift);
        }
    }

    #[inline]
    fn step(&mut self, lane: &mut Lane, shift: f64) {
        // Past its last value of x a lane has only y left to pass.
        let Some(x) = self.x.get(lane.x) else { return };
        let passes = self.y[lane.y + 1] < x - shift;
        // A lane that stops amid the values of y below x[lane.x] must not write there: the next lane
        // starts with it. What it would write goes to a place behind the last.
        let place = if passes { self.x.len() } else { lane.x };
        self.below[place] = lane.y;
        lane.y += usize::from(passes);
        lane.x += usize::from(!passes);
    }

    /// Where a merge stands after `steps` steps: by bisection (Odeh et al. 2012, "Merge Path").
    fn lane(&self, steps: usize, shift: f64) -> Lane {
        let n = self.y.len() - 2;
        let (mut low, mut high) = (steps.saturating_sub(n), steps.min(self.x.len()));
        while low < high {
            let x = low.midpoint(high);
            // x is taken once every smaller y is.
            let taken = steps - x - 1;
            if taken < n && self.y[taken + 1] < self.x[x] - shift {
                high = x;
            } else {
                low = x + 1;
            }
        }
        Lane { x: low, y: steps - low }
    }

    /// Ranks from the positions at `shift`.
    fn rank(&self, shift: f64, own_ties: f64) -> Ranks {
        let mut below_all = 0;
        let mut tied = false;
        let mut previous = f64::NAN;
        for ((x, count), &below) in self.x.iter().zip(&self.count).zip(&self.below) {
            let value = x - shift;
            below_all += count * self.rank[below];
            // Two steps, so that neither comparison is a branch.
            tied |= value == previous;
            tied |= value == self.y[below + 1];
            previous = value;
        }
        if tied {
            return self.rank_with_ties(shift, own_ties);
        }
        Ranks { twice_u: 2.0 * below_all as f64, ties: own_ties }
    }

    /// Ranks from the positions at `shift` where it makes ties. Subtracting first and comparing then
    /// is what makes and breaks ties by rounding, as it does in Kayenta.
    fn rank_with_ties(&self, shift: f64, own_ties: f64) -> Ranks {
        let (mut twice_u, mut ties) = (0, own_ties);
        let mut previous = f64::NAN;
        // Values that tie with the current run: of x before it, and of y.
        let (mut before, mut equal) = (0, 0);
        for ((x, &count), &below) in self.x.iter().zip(&self.count).zip(&self.below) {
            let value = x - shift;
            if value != previous {
                before = 0;
                equal = if value == self.y[below + 1] {
                    self.rank[below + 1] - self.rank[below]
                } else {
                    0
                };
            }
            twice_u += count * (2 * self.rank[below] + equal);
            let rest = before + equal;
            ties += cube_minus(rest + count) - cube_minus(rest) - cube_minus(count);
            before += count;
            previous = value;
        }
        Ranks { twice_u: twice_u as f64, ties }
    }
}

/// How many merges run side by side.
const LANES: usize = 4;

/// The next value of x and how many distinct ones of y are below it at least.
#[derive(Debug, Clone, Copy)]
struct Lane {
    x: usize,
    y: usize,
}

/// t³ − t for a tie of `count`, exact in a double up to 2·10⁵.
fn cube_minus(count: usize) -> f64 {
    let t = count as f64;
    t * t * t - t
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
        /// Sorting the pooled values anew for every shift, as Kayenta does, is the definition.
        #[test]
        fn every_way_of_walking_ranks_alike(
            x in sample(),
            y in sample(),
            shifts in vec(prop_oneof![-2e3..2e3_f64, -10.0..10.0_f64, Just(0.01)], 1..12),
            pairs in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..4),
        ) {
            let exact = pairs.iter().map(|(i, j)| x[i.index(x.len())] - y[j.index(y.len())]);
            let shifts: Vec<f64> = shifts.iter().copied().chain(exact).collect();
            let mut runs = Runs::default();
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
