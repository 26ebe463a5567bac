//! Ranks of two sorted samples at many shifts that draw together.
//!
//! The root finder asks for ranks some 40 times. Equal values are merged once. The first shifts of
//! each root take a merge of both samples. As a pair of values changes its order at one shift only,
//! two shifts already known tell which pairs can still change theirs in between; once these are few,
//! they alone are looked at.

use super::merge::Positions;
use super::statistic::Ranks;

/// Both samples by distinct value, and what is known of their ranks; reused between metrics.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// Distinct values of x, and infinity behind them, at which every merge ends.
    x: Vec<f64>,
    /// How often each occurs.
    count: Vec<usize>,
    /// Distinct values of y, and NaN behind them.
    y: Vec<f64>,
    /// How many values of y are smaller than the distinct one at this index; all of them at the end.
    rank: Vec<usize>,
    /// Whether no value occurs twice on its side.
    single: bool,
    /// The smallest distance between distinct values of x.
    closest: f64,
    /// Σ(t³ − t) over the runs of equal values on each side.
    own_ties: f64,
    /// The last two merges.
    newer: Positions,
    older: Positions,
    /// Shifts that make no ties, ascending.
    known: Vec<Known>,
    open: Open,
}

/// Of how many pairs x lies above y at a shift.
#[derive(Debug, Clone, Copy)]
struct Known {
    shift: f64,
    above: usize,
}

/// The pairs that change their order between two shifts, both excluded.
#[derive(Debug, Default)]
struct Open {
    from: f64,
    to: f64,
    /// Of how many pairs x lies above y at `to`.
    above: usize,
    pairs: Vec<Pair>,
}

#[derive(Debug, Clone, Copy)]
struct Pair {
    x: f64,
    y: f64,
    /// How many pairs of values have these two.
    count: usize,
}

impl Runs {
    /// Starts with two samples, each ascending, finite and without −0.0. O(m + n).
    pub(super) fn refill(&mut self, x: &[f64], y: &[f64]) {
        let mut ties = 0.0;
        self.x.clear();
        self.count.clear();
        for run in x.chunk_by(|a, b| a == b) {
            self.x.extend(run.first());
            self.count.push(run.len());
            ties += cube_minus(run.len());
        }
        let gaps = self.x.iter().zip(self.x.iter().skip(1)).map(|(low, high)| high - low);
        self.closest = gaps.fold(f64::INFINITY, f64::min);
        self.x.push(f64::INFINITY);
        self.y.clear();
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
        self.single = self.count.len() == x.len() && self.rank.len() == y.len() + 1;
        self.own_ties = ties;
        self.newer.shift = f64::NAN;
        self.older.shift = f64::NAN;
        self.known.clear();
        self.open.from = f64::NAN;
    }

    /// Ranks of x − `shift` among y.
    pub(super) fn ranks(&mut self, shift: f64) -> Ranks {
        // Subtracting first and comparing then is what makes and breaks ties by rounding, as it
        // does in Kayenta.
        if !self.stays_apart(shift) {
            self.merge(shift);
            return self.with_ties(shift);
        }
        let above = match self.count_open(shift) {
            Some(above) => above,
            None if self.merge(shift) => return self.with_ties(shift),
            None => self.above(),
        };
        let place = self.known.partition_point(|known| known.shift < shift);
        self.known.insert(place, Known { shift, above });
        Ranks { twice_u: 2.0 * above as f64, ties: self.own_ties }
    }

    /// Whether no two distinct values of x become one once `shift` is subtracted: each difference is
    /// rounded by at most half of 2⁻⁵² of itself.
    fn stays_apart(&self, shift: f64) -> bool {
        let [low, .., high, _] = self.x.as_slice() else { return true };
        let largest = (low - shift).abs().max((high - shift).abs());
        self.closest > 2.0 * f64::EPSILON * largest
    }

    /// Of how many pairs x − `shift` lies above y, if only few are in question and none ties.
    fn count_open(&mut self, shift: f64) -> Option<usize> {
        if !(self.open.from < shift && shift < self.open.to) {
            let next = self.known.partition_point(|known| known.shift <= shift);
            let (left, right) = (*self.known.get(next.checked_sub(1)?)?, *self.known.get(next)?);
            if left.above - right.above > self.x.len() + self.y.len() {
                return None;
            }
            self.narrow(left, right);
        }
        let (mut above, mut tied) = (self.open.above, false);
        for pair in &self.open.pairs {
            let value = pair.x - shift;
            above += if pair.y < value { pair.count } else { 0 };
            tied |= pair.y == value;
        }
        (!tied).then_some(above)
    }

    /// Gathers the pairs that are above at `left` and below at `right`.
    fn narrow(&mut self, left: Known, right: Known) {
        self.merge(left.shift);
        self.merge(right.shift);
        let open = &mut self.open;
        (open.from, open.to, open.above) = (left.shift, right.shift, right.above);
        open.pairs.clear();
        let spans = self.newer.below.iter().zip(&self.older.below);
        for ((x, count), (&from, &to)) in self.x.iter().zip(&self.count).zip(spans) {
            let ranks = self.rank[from..=to].windows(2);
            let between = self.y[from..to].iter().zip(ranks);
            open.pairs.extend(between.map(|(y, rank)| Pair {
                x: *x,
                y: *y,
                count: count * (rank[1] - rank[0]),
            }));
        }
    }

    /// Makes `newer` the positions at `shift`; whether a value of x then ties with one of y.
    fn merge(&mut self, shift: f64) -> bool {
        if self.newer.shift != shift {
            std::mem::swap(&mut self.newer, &mut self.older);
        }
        if self.newer.shift != shift {
            self.newer.find(&self.x, &self.y, shift);
        }
        self.newer.tied
    }

    /// Of how many pairs x lies above y at the newer positions.
    fn above(&self) -> usize {
        let below = self.newer.below.iter();
        if self.single {
            below.sum()
        } else {
            below.zip(&self.count).map(|(&below, count)| count * self.rank[below]).sum()
        }
    }

    /// Ranks at the newer positions where there are ties.
    fn with_ties(&self, shift: f64) -> Ranks {
        let (mut twice_u, mut ties) = (0, self.own_ties);
        let mut previous = f64::NAN;
        // Values that tie with the current run: of x before it, and of y.
        let (mut before, mut equal) = (0, 0);
        for ((x, &count), &below) in self.x.iter().zip(&self.count).zip(&self.newer.below) {
            let value = x - shift;
            if value != previous {
                before = 0;
                equal = if value == self.y[below] {
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

/// t³ − t for a tie of `count`, exact in a double up to 2·10⁵.
pub(super) fn cube_minus(count: usize) -> f64 {
    let t = count as f64;
    t * t * t - t
}
