//! Exact order statistics of all mn differences x − y, in O(m + n) for sorted sides.
//!
//! A thinned matrix (every t-th value of each side) gives a band that very likely contains the wanted ranks
//! and few other differences. One walk counts the differences below the band and collects those in it; a
//! selection among these gives the result. The thinned matrix is solved in the same way. Counting is exact,
//! so a band that misses costs time but never changes the result: then a wider band is tried, and at last the
//! weighted median of row medians, which removes at least a quarter each time.
//!
//! References: Johnson and Mizoguchi (1978), "Selecting the Kth element in X + Y and X1 + ... + Xm";
//! Frederickson and Johnson (1984), "Generalized selection and ranking: sorted matrices";
//! Monahan (1984), "Algorithm 616: fast computation of the Hodges-Lehmann location estimator".

use super::rank_targets::{DIRECT, Ends, RankRange, TARGETS};
use super::selection::{Weighted, ends_among, ends_among_all, weighted_median};
use super::staircase::{Band, RowBlock, walk};
use super::thinning::{Level, thin_down};
use super::tied::Tied;

/// Half width of a band, in standard deviations of the thinned count. With 3 more bands miss, and judgements of 60 and of
/// 1440 points take 2 to 5 % longer; 4 is as fast as this.
const TIGHT: f64 = 3.5;

/// Finds order statistics of the differences. It keeps its buffers, O(m + n), for the next pair.
#[derive(Debug, Default)]
pub(super) struct DifferenceSelector {
    /// Thinned sides, the coarsest last.
    levels: Vec<Level>,
    buffers: SelectionBuffers,
    tied: Tied,
}

#[derive(Debug, Default)]
struct SelectionBuffers {
    gathered: [Vec<f64>; TARGETS],
    medians: Vec<Weighted>,
}

impl DifferenceSelector {
    /// The differences at `targets`, for sorted sides.
    ///
    /// Unless many values are equal, one walk over all rows is needed anyway. `visit` gets its rows in order,
    /// block by block: the values of x, the columns from which x − y < 0, and the columns from which x − y ≤
    /// 0.
    pub(super) fn select(
        &mut self,
        x: &[f64],
        y: &[f64],
        targets: &[RankRange; TARGETS],
        mut visit: impl FnMut(&[f64], &[usize], &[usize]),
    ) -> [Ends; TARGETS] {
        let tied = self.tied.prepare(x, y);
        if tied && self.tied.len() <= DIRECT.max(x.len().midpoint(y.len())) {
            return self.tied.select_directly(targets);
        }
        if x.len().saturating_mul(y.len()) <= DIRECT {
            walk(x, y, &[Band::closed(0.0, 0.0)], |rows: &RowBlock<'_, 1>| {
                visit(rows.x, rows.floors(0), rows.ceilings(0));
            });
            return ends_among_all(x, y, targets, &mut self.buffers.gathered[0]);
        }
        let depth = thin_down(x, y, &mut self.levels);
        let matrix = Matrix { x, y, coarser: &self.levels[..depth] };
        if tied {
            let bands = matrix.bands_near(targets, Margin::Tight, &mut self.buffers);
            let found = self.tied.select_in(&bands, targets);
            let mut ends = [Ends::UNKNOWN; TARGETS];
            for (b, &target) in targets.iter().enumerate() {
                ends[b] = found[b].unwrap_or_else(|| {
                    let bracket = matrix.count(bands[b]);
                    matrix.find_ends(target, bracket, &mut self.buffers)
                });
            }
            return ends;
        }
        matrix.select(targets, &mut self.buffers, &mut |rows: &RowBlock<'_, { TARGETS + 1 }>| {
            visit(rows.x, rows.floors(TARGETS), rows.ceilings(TARGETS));
        })
    }
}

/// A matrix of differences with its thinned versions.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    x: &'a [f64],
    y: &'a [f64],
    coarser: &'a [Level],
}

/// How far around a rank a band reaches.
#[derive(Debug, Clone, Copy)]
enum Margin {
    /// Contains the rank nearly always, if values have no wide gaps.
    Tight,
    /// Contains the rank always.
    Wide,
}

/// Differences above `floor` and at most `ceiling`, with the numbers of differences up to either.
#[derive(Debug, Clone, Copy)]
struct Bracket {
    floor: f64,
    below: u64,
    ceiling: f64,
    through: u64,
}

impl Bracket {
    fn from_band(band: Band) -> Self {
        Self { floor: band.floor, below: 0, ceiling: band.ceiling, through: 0 }
    }

    fn band(self) -> Band {
        Band { floor: self.floor, ceiling: self.ceiling }
    }

    fn holds(self, rank: u64) -> bool {
        self.below < rank && rank <= self.through
    }

    fn len(self) -> u64 {
        self.through - self.below
    }

    /// The bracket of `rank`, narrowed by the counts at the ends of another bracket.
    fn narrowed(mut self, by: Self, rank: u64) -> Self {
        for (cut, count) in [(by.floor, by.below), (by.ceiling, by.through)] {
            if count < rank && count > self.below {
                (self.floor, self.below) = (cut, count);
            } else if count >= rank && count < self.through {
                (self.ceiling, self.through) = (cut, count);
            }
        }
        self
    }
}

fn unseen<const B: usize>(_: &RowBlock<'_, B>) {}

impl<'a> Matrix<'a> {
    fn thinned(self) -> Option<Matrix<'a>> {
        let (level, coarser) = self.coarser.split_first()?;
        Some(Matrix { x: &level.x, y: &level.y, coarser })
    }

    fn len(self) -> u64 {
        self.x.len() as u64 * self.y.len() as u64
    }

    /// A bracket with more differences than this is narrowed further instead of collected.
    fn limit(self) -> usize {
        2 * (self.x.len() + self.y.len()) + DIRECT
    }

    /// The differences at up to [`TARGETS`] ranges. Bands beyond the targets are the band of zero.
    fn select<const B: usize>(
        self,
        targets: &[RankRange],
        buffers: &mut SelectionBuffers,
        visit: &mut impl FnMut(&RowBlock<'_, B>),
    ) -> [Ends; TARGETS] {
        if self.coarser.is_empty() {
            return ends_among_all(self.x, self.y, targets, &mut buffers.gathered[0]);
        }
        let near = self.bands_near(targets, Margin::Tight, buffers);
        let mut bands = [Band::closed(0.0, 0.0); B];
        bands[..targets.len()].copy_from_slice(&near[..targets.len()]);
        let mut brackets = near.map(Bracket::from_band);
        buffers.gathered.iter_mut().for_each(Vec::clear);
        let limit = self.limit();
        walk(self.x, self.y, &bands, |rows| {
            for (b, bracket) in brackets[..targets.len()].iter_mut().enumerate() {
                gather(rows, b, self.y, limit, bracket, &mut buffers.gathered[b]);
            }
            visit(rows);
        });
        let mut found = [Ends::UNKNOWN; TARGETS];
        let settled = |b: usize| {
            let bracket = brackets[b];
            bracket.holds(targets[b].first)
                && bracket.holds(targets[b].last)
                && (near[b].is_one_value() || bracket.len() <= limit as u64)
        };
        for b in (0..targets.len()).filter(|&b| settled(b)) {
            found[b] = if near[b].is_one_value() {
                Ends { first: near[b].ceiling, last: near[b].ceiling }
            } else {
                ends_among(&mut buffers.gathered[b], targets[b], brackets[b].below)
            };
        }
        // After the settled targets, because finding the others uses the buffers.
        for b in (0..targets.len()).filter(|&b| !settled(b)) {
            found[b] = self.find_ends(targets[b], brackets[b], buffers);
        }
        found
    }

    /// Bands around the targets, from the thinned matrix; unlimited bands if there is none.
    fn bands_near(
        self,
        targets: &[RankRange],
        margin: Margin,
        buffers: &mut SelectionBuffers,
    ) -> [Band; TARGETS] {
        let Some(thinned) = self.thinned() else {
            return [Band { floor: f64::NAN, ceiling: f64::INFINITY }; TARGETS];
        };
        let edges = (thinned.x.len() + thinned.y.len()) as f64;
        let margin = match margin {
            // Thinning rounds the edge in every row and every column, each with variance 1/12.
            Margin::Tight => TIGHT * (edges / 12.0).sqrt() + 1.0,
            // A thinned count is off by at most the number of cells on its edge.
            Margin::Wide => edges + 2.0,
        };
        let total = thinned.len();
        let scale = total as f64 / self.len() as f64;
        let thinned_rank = |rank: u64| (rank as f64 - 0.5) * scale + 0.5;
        let mut wanted = [RankRange { first: 1, last: 1 }; TARGETS];
        let mut open = [(false, false); TARGETS];
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "casts saturate, and both ends are clamped"
        )]
        for (b, ranks) in targets.iter().enumerate() {
            let first = (thinned_rank(ranks.first) - margin).floor() as u64;
            let last = (thinned_rank(ranks.last) + margin).ceil() as u64;
            wanted[b] = RankRange { first: first.clamp(1, total), last: last.clamp(1, total) };
            open[b] = (first < 1, last > total);
        }
        let ends = thinned.select::<TARGETS>(&wanted[..targets.len()], buffers, &mut unseen);
        let mut bands = [Band::closed(0.0, 0.0); TARGETS];
        for b in 0..targets.len() {
            bands[b] = Band::closed(ends[b].first, ends[b].last);
            if open[b].0 {
                bands[b].floor = f64::NAN;
            }
            if open[b].1 {
                bands[b].ceiling = f64::INFINITY;
            }
        }
        bands
    }

    /// The differences at `ranks` if the first band did not settle them.
    fn find_ends(self, ranks: RankRange, first: Bracket, buffers: &mut SelectionBuffers) -> Ends {
        let value = self.find(ranks.first, first, buffers);
        let last =
            if ranks.last == ranks.first { value } else { self.find(ranks.last, first, buffers) };
        Ends { first: value, last }
    }

    /// The difference at `rank` if the first band did not settle it.
    fn find(self, rank: u64, first: Bracket, buffers: &mut SelectionBuffers) -> f64 {
        let everything =
            Bracket { floor: f64::NAN, below: 0, ceiling: f64::INFINITY, through: self.len() };
        let mut bracket = everything.narrowed(first, rank);
        if !first.holds(rank) {
            let target = RankRange { first: rank, last: rank };
            let band = self.bands_near(&[target], Margin::Wide, buffers)[0];
            bracket = bracket.narrowed(self.count(band), rank);
        }
        while bracket.len() > self.limit() as u64 {
            let Some(pivot) = self.median_of_row_medians(bracket.band(), &mut buffers.medians)
            else {
                break;
            };
            let counted = self.count(Band::closed(pivot, pivot));
            if counted.holds(rank) {
                return pivot;
            }
            bracket = bracket.narrowed(counted, rank);
        }
        let values = &mut buffers.gathered[0];
        values.clear();
        let mut gathered = Bracket::from_band(bracket.band());
        walk(self.x, self.y, &[bracket.band()], |rows: &RowBlock<'_, 1>| {
            gather(rows, 0, self.y, usize::MAX, &mut gathered, values);
        });
        ends_among(values, RankRange { first: rank, last: rank }, gathered.below).first
    }

    fn count(self, band: Band) -> Bracket {
        let mut bracket = Bracket::from_band(band);
        walk(self.x, self.y, &[band], |rows: &RowBlock<'_, 1>| {
            bracket.below += elements_from(rows.floors(0), self.y.len());
            bracket.through += elements_from(rows.ceilings(0), self.y.len());
        });
        bracket
    }

    /// A value in the band with at least a quarter of the band on either side of it or equal to it.
    fn median_of_row_medians(self, band: Band, medians: &mut Vec<Weighted>) -> Option<f64> {
        medians.clear();
        walk(self.x, self.y, &[band], |rows: &RowBlock<'_, 1>| {
            for ((xi, &start), &end) in rows.x.iter().zip(rows.ceilings(0)).zip(rows.floors(0)) {
                if start < end {
                    let value = xi - self.y[start.midpoint(end)];
                    medians.push(Weighted { value, weight: (end - start) as u64 });
                }
            }
        });
        weighted_median(medians)
    }
}

/// The number of elements from the given columns on.
fn elements_from(columns: &[usize], n: usize) -> u64 {
    (columns.len() * n - columns.iter().sum::<usize>()) as u64
}

/// Counts the differences of the rows in band `b` and collects them, up to `limit`.
fn gather<const B: usize>(
    rows: &RowBlock<'_, B>,
    b: usize,
    y: &[f64],
    limit: usize,
    bracket: &mut Bracket,
    gathered: &mut Vec<f64>,
) {
    let (starts, ends) = (rows.ceilings(b), rows.floors(b));
    bracket.below += elements_from(ends, y.len());
    bracket.through += elements_from(starts, y.len());
    if bracket.len() > limit as u64 {
        return;
    }
    // Most rows have at most two differences in the band. Two are always written, and surplus ones
    // overwritten, which avoids a branch misprediction in nearly every row.
    let mut at = gathered.len();
    let wanted: usize = ends.iter().sum::<usize>() - starts.iter().sum::<usize>();
    gathered.resize(at + wanted + 2, 0.0);
    for ((xi, &start), &end) in rows.x.iter().zip(starts).zip(ends) {
        for (slot, yj) in gathered[at..].iter_mut().zip(y[start..].iter().take(2)) {
            *slot = xi - yj;
        }
        if end > start + 2 {
            for (slot, yj) in gathered[at + 2..].iter_mut().zip(&y[start + 2..end]) {
                *slot = xi - yj;
            }
        }
        at += end - start;
    }
    gathered.truncate(at);
}
