//! Ranks of two sorted samples at many shifts that draw together.
//!
//! The root finder asks for ranks some 40 times. Equal values are merged once. The first shifts of
//! each root take a merge of both samples. As a pair of values changes its order at one shift only,
//! two merges already made tell which pairs can still change theirs in between; once these are few,
//! they alone are looked at.

use crate::order::key;

use super::merge::Positions;
use super::open::Open;
use super::ranks::{Ranks, cube_minus};

/// Both samples by distinct value, and what is known of their ranks; reused between metrics.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// Distinct values of x, and infinity behind them, at which every merge ends.
    x: Vec<f64>,
    /// How often each occurs.
    count: Vec<usize>,
    /// Distinct values of y, and NaN behind them.
    y: Vec<f64>,
    /// The same as keys.
    keys: Vec<i64>,
    /// How many values of y are smaller than the distinct one at this index; all of them at the end.
    rank: Vec<usize>,
    /// Whether no value occurs twice on its side.
    single: bool,
    /// The smallest distance between distinct values of x.
    closest: f64,
    /// Σ(t³ − t) over the runs of equal values on each side.
    own_ties: f64,
    /// The last merges; the next one replaces that at `oldest`.
    merges: [Positions; 4],
    oldest: usize,
    /// Where a merge keeps x less the shift.
    moved: Vec<i64>,
    /// Shifts merged at that make no ties, ascending.
    known: Vec<Known>,
    open: Open,
}

/// Of how many pairs x lies above y at a shift.
#[derive(Debug, Clone, Copy)]
struct Known {
    shift: f64,
    /// Pairs of values.
    above: usize,
    /// Pairs of distinct values.
    distinct: usize,
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
        self.keys.clear();
        self.keys.extend(self.y.iter().map(|y| key(*y)));
        self.single = self.count.len() == x.len() && self.rank.len() == y.len() + 1;
        self.own_ties = ties;
        for merge in &mut self.merges {
            merge.shift = f64::NAN;
        }
        self.known.clear();
        self.open.close();
    }

    /// Ranks of x − `shift` among y.
    pub(super) fn ranks(&mut self, shift: f64) -> Ranks {
        // Subtracting first and comparing then is what makes and breaks ties by rounding, as it
        // does in Kayenta.
        let apart = self.stays_apart(shift);
        if let Some(ranks) = self.at_an_end(shift).filter(|_| apart) {
            return ranks;
        }
        if let Some(above) = self.without_merge(shift).filter(|_| apart) {
            return self.untied(above);
        }
        let merge = self.merge(shift);
        if !apart || self.merges[merge].tied {
            return self.with_ties(merge);
        }
        let known = self.know(merge);
        let place = self.known.partition_point(|known| known.shift < shift);
        self.known.insert(place, known);
        self.untied(known.above)
    }

    fn untied(&self, above: usize) -> Ranks {
        Ranks { twice_u: 2.0 * above as f64, ties: self.own_ties }
    }

    /// Ranks where x lies wholly above or below y, but for one pair of values that may touch: so it is
    /// at both shifts that every root starts from.
    fn at_an_end(&self, shift: f64) -> Option<Ranks> {
        let ([x_min, x_low, ..], [.., x_high, x_max, _]) = (&*self.x, &*self.x) else {
            return None;
        };
        let ([y_min, y_low, ..], [.., y_high, y_max, _]) = (&*self.y, &*self.y) else {
            return None;
        };
        let ([x_mins, ..], [.., x_maxes]) = (&*self.count, &*self.count) else { return None };
        let ([_, y_mins, ..], [.., below, n]) = (&*self.rank, &*self.rank) else { return None };
        if x_min - shift > *y_high && x_low - shift > *y_max {
            let y_maxes = n - below;
            let others = self.count.iter().sum::<usize>() * n - x_mins * y_maxes;
            Some(self.but_for(x_min - shift, *y_max, (*x_mins, y_maxes), others))
        } else if x_max - shift < *y_low && x_high - shift < *y_min {
            Some(self.but_for(x_max - shift, *y_min, (*x_maxes, *y_mins), 0))
        } else {
            None
        }
    }

    /// Ranks where `others` pairs have x above, and further ones `x` and `y`, as often as `counts` has it.
    fn but_for(&self, x: f64, y: f64, counts: (usize, usize), others: usize) -> Ranks {
        let pairs = counts.0 * counts.1;
        let ties = joined(counts.0, counts.1);
        let (twice, ties) = if x > y {
            (2 * pairs, 0.0)
        } else if x == y {
            (pairs, ties)
        } else {
            (0, 0.0)
        };
        Ranks { twice_u: (2 * others + twice) as f64, ties: self.own_ties + ties }
    }

    /// Whether no two distinct values of x become one once `shift` is subtracted: each difference is
    /// rounded by at most half of 2⁻⁵² of itself.
    fn stays_apart(&self, shift: f64) -> bool {
        let [low, .., high, _] = self.x.as_slice() else { return true };
        let largest = (low - shift).abs().max((high - shift).abs());
        self.closest > 2.0 * f64::EPSILON * largest
    }

    /// Of how many pairs x − `shift` lies above y, if only few are in question and none ties.
    fn without_merge(&mut self, shift: f64) -> Option<usize> {
        if !self.open.holds(shift) {
            let next = self.known.partition_point(|known| known.shift <= shift);
            let (left, right) = (*self.known.get(next.checked_sub(1)?)?, *self.known.get(next)?);
            if left.distinct - right.distinct > self.x.len() + self.y.len() {
                return None;
            }
            self.narrow(left, right);
        }
        self.open.above(shift)
    }

    /// Gathers the pairs that are above at `left` and below at `right`.
    fn narrow(&mut self, left: Known, right: Known) {
        self.open.restart(left.shift, right.shift, right.above);
        if left.distinct == right.distinct {
            return;
        }
        let (left, right) = (self.merge(left.shift), self.merge(right.shift));
        let spans = self.merges[right].below.iter().zip(&self.merges[left].below);
        for ((x, count), (&from, &to)) in self.x.iter().zip(&self.count).zip(spans) {
            if from < to {
                self.open.add(*x, *count, &self.y[from..to], &self.rank[from..=to]);
            }
        }
    }

    /// Which of the merges is that at `shift`; the one asked for before it is still there.
    fn merge(&mut self, shift: f64) -> usize {
        let known = self.merges.iter().position(|merge| merge.shift == shift);
        let index = known.unwrap_or(self.oldest);
        if known.is_none() {
            self.merges[index].find(&self.x, &self.keys, shift, &mut self.moved);
        }
        if index == self.oldest {
            self.oldest = (index + 1) % self.merges.len();
        }
        index
    }

    /// Of how many pairs x lies above y where none ties.
    fn know(&self, merge: usize) -> Known {
        let Positions { shift, below, .. } = &self.merges[merge];
        let below = || below.iter().take(self.count.len());
        let distinct = below().sum();
        let above = if self.single {
            distinct
        } else {
            below().zip(&self.count).map(|(&below, count)| count * self.rank[below]).sum()
        };
        Known { shift: *shift, above, distinct }
    }

    /// Ranks where there are ties.
    fn with_ties(&self, merge: usize) -> Ranks {
        let Positions { shift, below, .. } = &self.merges[merge];
        let (mut twice_u, mut ties) = (0, self.own_ties);
        let mut previous = f64::NAN;
        // Values that tie with the current run: of x before it, and of y.
        let (mut before, mut equal) = (0, 0);
        for ((x, &count), &below) in self.x.iter().zip(&self.count).zip(below) {
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
            ties += joined(rest, count);
            before += count;
            previous = value;
        }
        Ranks { twice_u: twice_u as f64, ties }
    }
}

/// By how much Σ(t³ − t) grows when ties of `one` and `other` values become one.
fn joined(one: usize, other: usize) -> f64 {
    cube_minus(one + other) - cube_minus(one) - cube_minus(other)
}
