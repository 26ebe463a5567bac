//! Order statistics of differences between sides with many equal values.
//!
//! Equal values make equal rows, so a weighted matrix of distinct values is smaller, and equal differences
//! that would flood a band become single entries.

use super::rank_targets::{Ends, RankRange, TARGETS};
use super::selection::{Weighted, weighted_select};
use super::staircase::{Band, RowBlock, walk};

/// Distinct values are used if at least one value in this many equals the value before.
const SHARE: usize = 2;

/// The distinct values of a sorted side.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    values: Vec<f64>,
    /// Index at which each distinct value starts; at the end, the number of values.
    starts: Vec<usize>,
}

impl Distinct {
    fn fill(&mut self, sorted: &[f64]) {
        self.values.clear();
        self.starts.clear();
        let mut start = 0;
        for group in sorted.chunk_by(|a, b| a == b) {
            self.values.push(group[0]);
            self.starts.push(start);
            start += group.len();
        }
        self.starts.push(start);
    }

    fn weight(&self, index: usize) -> u64 {
        self.weight_of(index, index + 1)
    }

    fn weight_of(&self, from: usize, to: usize) -> u64 {
        (self.starts[to] - self.starts[from]) as u64
    }
}

/// Number of values of a sorted side that differ from the value before. O(n), without branches on the data.
fn count_distinct(sorted: &[f64]) -> usize {
    let changes = sorted.iter().zip(sorted.iter().skip(1)).map(|(a, b)| usize::from(a != b));
    1 + changes.sum::<usize>()
}

/// Both sides by their distinct values.
#[derive(Debug, Default)]
pub(super) struct Tied {
    x: Distinct,
    y: Distinct,
    pairs: [Vec<Weighted>; TARGETS],
}

impl Tied {
    /// Collects distinct values if enough are equal for that to pay. Returns whether it did.
    pub(super) fn prepare(&mut self, x: &[f64], y: &[f64]) -> bool {
        let equal = x.len() - count_distinct(x) + y.len() - count_distinct(y);
        let tied = equal * SHARE >= x.len() + y.len();
        if tied {
            self.x.fill(x);
            self.y.fill(y);
        }
        tied
    }

    /// Number of differences of distinct values.
    pub(super) fn len(&self) -> usize {
        self.x.values.len() * self.y.values.len()
    }

    /// The values at `targets` among all differences, each formed once; O(their number).
    pub(super) fn select_directly(&mut self, targets: &[RankRange; TARGETS]) -> [Ends; TARGETS] {
        let pairs = &mut self.pairs[0];
        pairs.clear();
        for (i, xi) in self.x.values.iter().enumerate() {
            let row = self.x.weight(i);
            pairs.extend(
                self.y
                    .values
                    .iter()
                    .enumerate()
                    .map(|(j, yj)| Weighted { value: xi - yj, weight: row * self.y.weight(j) }),
            );
        }
        targets.map(|ranks| ends_among(pairs, ranks, 0))
    }

    /// The values at the targets whose band holds them and few others; `None` for the rest.
    pub(super) fn select_in(
        &mut self,
        bands: &[Band; TARGETS],
        targets: &[RankRange; TARGETS],
    ) -> [Option<Ends>; TARGETS] {
        let limit = 2 * (self.x.values.len() + self.y.values.len());
        let (x, y) = (&self.x, &self.y);
        let n = y.values.len();
        let mut below = [0; TARGETS];
        let mut through = [0; TARGETS];
        self.pairs.iter_mut().for_each(Vec::clear);
        let mut row = 0;
        let cuts = std::array::from_fn(|cut| bands[cut / 2].cuts()[cut % 2]);
        walk(&x.values, &y.values, &cuts, |rows: &RowBlock<'_, { 2 * TARGETS }>| {
            for b in 0..TARGETS {
                let columns = rows.columns(2 * b + 1).iter().zip(rows.columns(2 * b));
                for ((k, xi), (&start, &end)) in rows.x.iter().enumerate().zip(columns) {
                    let weight = x.weight(row + k);
                    below[b] += weight * y.weight_of(end, n);
                    through[b] += weight * y.weight_of(start, n);
                    if self.pairs[b].len() <= limit {
                        self.pairs[b].extend((start..end).map(|j| Weighted {
                            value: xi - y.values[j],
                            weight: weight * y.weight(j),
                        }));
                    }
                }
            }
            row += rows.x.len();
        });
        let mut found = [None; TARGETS];
        for b in 0..TARGETS {
            let inside = below[b] < targets[b].first && targets[b].last <= through[b];
            if inside && self.pairs[b].len() <= limit {
                found[b] = Some(ends_among(&mut self.pairs[b], targets[b], below[b]));
            }
        }
        found
    }
}

fn ends_among(pairs: &mut [Weighted], ranks: RankRange, below: u64) -> Ends {
    let first = weighted_select(pairs, ranks.first - below).unwrap_or(f64::NAN);
    let last = if ranks.last == ranks.first {
        first
    } else {
        weighted_select(pairs, ranks.last - below).unwrap_or(f64::NAN)
    };
    Ends { first, last }
}
