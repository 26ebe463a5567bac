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
    pub(super) const fn closed(low: f64, high: f64) -> Self {
        Self { floor: just_below(low), ceiling: high }
    }

    /// Where the band starts and ends.
    pub(super) const fn cuts(self) -> [f64; 2] {
        [self.floor, self.ceiling]
    }

    /// Whether only differences equal to the ceiling are in the band.
    pub(super) fn is_one_value(self) -> bool {
        self.floor == just_below(self.ceiling)
    }
}

/// The cut that excludes `value` and everything above it.
const fn just_below(value: f64) -> f64 {
    if value == f64::NEG_INFINITY { f64::NAN } else { value.next_down() }
}

/// Columns at which the differences up to each cut start, in consecutive rows.
pub(super) struct RowBlock<'a, const C: usize> {
    /// The values of x of these rows.
    pub(super) x: &'a [f64],
    columns: &'a [[usize; BLOCK]; C],
}

impl<const C: usize> RowBlock<'_, C> {
    /// For each row, the first column whose difference is at most cut `c`.
    pub(super) fn columns(&self, c: usize) -> &[usize] {
        &self.columns[c][..self.x.len()]
    }
}

/// Walks along all cuts at once, in O(m + n), calling `visit` with blocks of rows in order. No difference is up to a
/// cut of NaN.
pub(super) fn walk<const C: usize>(
    x: &[f64],
    y: &[f64],
    cuts: &[f64; C],
    mut visit: impl FnMut(&RowBlock<'_, C>),
) {
    let mut columns = [[0_usize; BLOCK]; C];
    let mut reached = [0_usize; C];
    for rows in x.chunks(BLOCK) {
        walk_block(rows, y, cuts, &mut reached, &mut columns);
        visit(&RowBlock { x: rows, columns: &columns });
    }
}

/// Continues from the columns that the rows before have `reached`.
fn walk_block<const C: usize>(
    x: &[f64],
    y: &[f64],
    cuts: &[f64; C],
    reached: &mut [usize; C],
    columns: &mut [[usize; BLOCK]; C],
) {
    let mut rows = [0_usize; C];
    // Of a known length, so that rows need no check; never more than a block's.
    let mut block = [0.0; BLOCK];
    block[..x.len()].copy_from_slice(x);
    loop {
        // Every step moves one row or one column: this many cannot leave the matrix.
        let mut safe = usize::MAX;
        for c in 0..C {
            safe = safe.min(x.len() - rows[c]).min(y.len() - reached[c]);
        }
        if safe == 0 {
            break;
        }
        for _ in 0..safe {
            for c in 0..C {
                let (i, j) = (rows[c], reached[c]);
                let i_in = i % BLOCK;
                columns[c][i_in] = j;
                let is_up_to = usize::from(block[i_in] - y[j] <= cuts[c]);
                rows[c] = i + is_up_to;
                reached[c] = j + 1 - is_up_to;
            }
        }
    }
    for c in 0..C {
        finish_block(x, y, cuts[c], rows[c], &mut reached[c], &mut columns[c]);
    }
}

/// Finishes one staircase after another has reached an edge of the block.
fn finish_block(
    x: &[f64],
    y: &[f64],
    cut: f64,
    mut row: usize,
    column: &mut usize,
    columns: &mut [usize; BLOCK],
) {
    while row < x.len() && *column < y.len() {
        columns[row] = *column;
        let is_up_to = usize::from(x[row] - y[*column] <= cut);
        row += is_up_to;
        *column += 1 - is_up_to;
    }
    if row < x.len() {
        columns[row..x.len()].fill(y.len());
    }
}
