//! Walks along the matrix of differences x − y without forming it.
//!
//! For ascending sides, `x[i] - y[j]` rises with `i` and falls with `j`, also after rounding (rounded
//! subtraction is monotone). So in row `i` the differences up to a cut start at some column, and that column
//! never falls from one row to the next: one walk of m + n steps finds them all. Each step depends on the
//! step before it, which leaves a processor mostly waiting; several staircases side by side cost little more
//! than one.

/// Rows per block: few enough that their columns stay in the first-level cache.
pub(super) const BLOCK: usize = 128;

/// The differences above `floor`, up to and including `ceiling`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    /// Differences up to this one are below the band; NaN if none is.
    pub(super) floor: f64,
    /// Differences up to this one, and above the floor, are in the band.
    pub(super) ceiling: f64,
}

impl Band {
    /// From `low` to `high`, both included.
    pub(super) fn closed(low: f64, high: f64) -> Self {
        Self { floor: just_below(low), ceiling: high }
    }

    /// Whether only differences equal to the ceiling are in the band.
    pub(super) fn is_one_value(self) -> bool {
        self.floor == just_below(self.ceiling)
    }
}

/// The cut that excludes `value` and everything above it.
pub(super) fn just_below(value: f64) -> f64 {
    if value == f64::NEG_INFINITY { f64::NAN } else { value.next_down() }
}

/// Columns at which the bands start and end in consecutive rows.
pub(super) struct RowBlock<'a, const B: usize> {
    /// The values of x of these rows.
    pub(super) x: &'a [f64],
    ends: &'a [[[usize; BLOCK]; 2]; B],
}

impl<const B: usize> RowBlock<'_, B> {
    /// For each row, the first column whose difference is at most the floor of band `b`.
    pub(super) fn floors(&self, b: usize) -> &[usize] {
        &self.ends[b][0][..self.x.len()]
    }

    /// For each row, the first column whose difference is at most the ceiling of band `b`.
    pub(super) fn ceilings(&self, b: usize) -> &[usize] {
        &self.ends[b][1][..self.x.len()]
    }
}

/// Walks the edges of all bands at once, in O(m + n), calling `visit` with blocks of rows in order.
pub(super) fn walk<const B: usize>(
    x: &[f64],
    y: &[f64],
    bands: &[Band; B],
    mut visit: impl FnMut(&RowBlock<'_, B>),
) {
    let cuts = bands.map(|band| [band.floor, band.ceiling]);
    let mut ends = [[[0_usize; BLOCK]; 2]; B];
    let mut columns = [[0_usize; 2]; B];
    for rows in x.chunks(BLOCK) {
        walk_block(rows, y, &cuts, &mut columns, &mut ends);
        visit(&RowBlock { x: rows, ends: &ends });
    }
}

fn walk_block<const B: usize>(
    x: &[f64],
    y: &[f64],
    cuts: &[[f64; 2]; B],
    columns: &mut [[usize; 2]; B],
    ends: &mut [[[usize; BLOCK]; 2]; B],
) {
    let mut rows = [[0_usize; 2]; B];
    // Of a known length, so that rows need no check; never more than a block's.
    let mut block = [0.0; BLOCK];
    block[..x.len()].copy_from_slice(x);
    loop {
        // Every step moves one row or one column: this many cannot leave the matrix.
        let mut safe = usize::MAX;
        for b in 0..B {
            for e in 0..2 {
                safe = safe.min(x.len() - rows[b][e]).min(y.len() - columns[b][e]);
            }
        }
        if safe == 0 {
            break;
        }
        for _ in 0..safe {
            for b in 0..B {
                for e in 0..2 {
                    let (i, j) = (rows[b][e], columns[b][e]);
                    let i_in = i % BLOCK;
                    ends[b][e][i_in] = j;
                    let reached = usize::from(block[i_in] - y[j] <= cuts[b][e]);
                    rows[b][e] = i + reached;
                    columns[b][e] = j + 1 - reached;
                }
            }
        }
    }
    for b in 0..B {
        for e in 0..2 {
            finish_block(x, y, cuts[b][e], rows[b][e], &mut columns[b][e], &mut ends[b][e]);
        }
    }
}

/// Finishes one staircase after another has reached an edge of the block.
fn finish_block(
    x: &[f64],
    y: &[f64],
    cut: f64,
    mut row: usize,
    column: &mut usize,
    ends: &mut [usize; BLOCK],
) {
    while row < x.len() && *column < y.len() {
        ends[row] = *column;
        let reached = usize::from(x[row] - y[*column] <= cut);
        row += reached;
        *column += 1 - reached;
    }
    if row < x.len() {
        ends[row..x.len()].fill(y.len());
    }
}
