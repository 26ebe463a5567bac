//! Ranks of two sorted samples at a sequence of shifts that converges.
//!
//! The root finder asks for ranks about 40 times. Runs of equal values are collected once. The first shifts
//! of each root need a merge of both samples. Every pair of values changes its order at one shift only, so
//! two earlier merges tell which pairs can still change between their shifts. Once these are few, only they
//! are compared.

use crate::order::key;

use super::merge::Positions;
use super::ranks::{RankStatistics, cube_minus};
use super::undecided_pairs::UndecidedPairs;

/// Both samples by distinct value, and what is known of their ranks; reused between metrics.
#[derive(Debug, Default)]
pub(super) struct ShiftedRanks {
    /// Distinct values of x, then infinity, which ends every merge.
    x: Vec<f64>,
    /// How often each value of x occurs.
    count: Vec<usize>,
    /// Distinct values of y, then NaN.
    y: Vec<f64>,
    /// Keys of the values in `y`.
    keys: Vec<i64>,
    /// Number of points of y below the distinct value at this index; all points at the end.
    rank: Vec<usize>,
    /// Whether every value occurs once on its side.
    single: bool,
    /// Smallest distance between distinct values of x.
    closest: f64,
    /// Σ(t³ − t) over the runs of equal values on each side.
    own_ties: f64,
    /// The last merges; the next merge replaces the one at `oldest`.
    merges: [Positions; 4],
    oldest: usize,
    /// Buffer of a merge for the keys of x − shift.
    moved: Vec<i64>,
    /// Shifts without ties at which a merge was made, ascending.
    known: Vec<KnownShift>,
    undecided: UndecidedPairs,
}

/// Number of pairs with x above y at a shift.
#[derive(Debug, Clone, Copy)]
struct KnownShift {
    shift: f64,
    /// Pairs of values.
    above: usize,
    /// Pairs of distinct values.
    distinct: usize,
}

impl ShiftedRanks {
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
        self.undecided.close();
    }

    /// Ranks of x − `shift` among y.
    pub(super) fn ranks(&mut self, shift: f64) -> RankStatistics {
        // Kayenta subtracts first and compares then, so rounding makes and breaks ties; this code must do the
        // same.
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

    fn untied(&self, above: usize) -> RankStatistics {
        RankStatistics { twice_u: 2.0 * above as f64, ties: self.own_ties }
    }

    /// Ranks if x lies entirely above or below y, except for one pair of values that may touch. Every root
    /// starts from two such shifts.
    fn at_an_end(&self, shift: f64) -> Option<RankStatistics> {
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

    /// Ranks if `others` pairs have x above, and in addition the values `x` and `y`, which occur `counts`
    /// times.
    fn but_for(&self, x: f64, y: f64, counts: (usize, usize), others: usize) -> RankStatistics {
        let pairs = counts.0 * counts.1;
        let ties = joined(counts.0, counts.1);
        let (twice, ties) = if x > y {
            (2 * pairs, 0.0)
        } else if x == y {
            (pairs, ties)
        } else {
            (0, 0.0)
        };
        RankStatistics { twice_u: (2 * others + twice) as f64, ties: self.own_ties + ties }
    }

    /// Whether distinct values of x stay distinct after `shift` is subtracted. Each difference is rounded by
    /// at most half of 2⁻⁵² of itself.
    fn stays_apart(&self, shift: f64) -> bool {
        let [low, .., high, _] = self.x.as_slice() else { return true };
        let largest = (low - shift).abs().max((high - shift).abs());
        self.closest > 2.0 * f64::EPSILON * largest
    }

    /// Number of pairs with x − `shift` above y, if only few pairs can change and none ties.
    fn without_merge(&mut self, shift: f64) -> Option<usize> {
        if !self.undecided.holds(shift) {
            let next = self.known.partition_point(|known| known.shift <= shift);
            let (left, right) = (*self.known.get(next.checked_sub(1)?)?, *self.known.get(next)?);
            if left.distinct - right.distinct > self.x.len() + self.y.len() {
                return None;
            }
            self.narrow(left, right);
        }
        self.undecided.above(shift)
    }

    /// Collects the pairs with x above y at `left` and not at `right`.
    fn narrow(&mut self, left: KnownShift, right: KnownShift) {
        self.undecided.restart(left.shift, right.shift, right.above);
        if left.distinct == right.distinct {
            return;
        }
        let (left, right) = (self.merge(left.shift), self.merge(right.shift));
        let spans = self.merges[right].below.iter().zip(&self.merges[left].below);
        for ((x, count), (&from, &to)) in self.x.iter().zip(&self.count).zip(spans) {
            if from < to {
                self.undecided.add(*x, *count, &self.y[from..to], &self.rank[from..=to]);
            }
        }
    }

    /// Index of the merge at `shift`. The merge of the call before is still valid.
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

    /// Counts the pairs with x above y at a merge without ties.
    fn know(&self, merge: usize) -> KnownShift {
        let Positions { shift, below, .. } = &self.merges[merge];
        let below = || below.iter().take(self.count.len());
        let distinct = below().sum();
        let above = if self.single {
            distinct
        } else {
            below().zip(&self.count).map(|(&below, count)| count * self.rank[below]).sum()
        };
        KnownShift { shift: *shift, above, distinct }
    }

    /// Ranks at a merge with ties.
    fn with_ties(&self, merge: usize) -> RankStatistics {
        let Positions { shift, below, .. } = &self.merges[merge];
        let (mut twice_u, mut ties) = (0, self.own_ties);
        let mut previous = f64::NAN;
        // Points that tie with the current run: earlier points of x, and points of y.
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
        RankStatistics { twice_u: twice_u as f64, ties }
    }
}

/// Growth of Σ(t³ − t) when ties of `one` and `other` points become one.
fn joined(one: usize, other: usize) -> f64 {
    cube_minus(one + other) - cube_minus(one) - cube_minus(other)
}
