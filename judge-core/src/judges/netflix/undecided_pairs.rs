//! Pairs of values whose order changes between two shifts.

/// The pairs that change between two shifts, both excluded.
#[derive(Debug, Default)]
pub(super) struct UndecidedPairs {
    pub(super) from: f64,
    pub(super) to: f64,
    /// Number of pairs with x above y at `to`.
    above: usize,
    /// Pairs with x above y at `from` and not at `to`: two distinct values, and how many pairs of points have
    /// them. Separate vectors, so that several pairs are compared at once.
    x: Vec<f64>,
    y: Vec<f64>,
    count: Vec<usize>,
}

impl UndecidedPairs {
    /// Forgets all pairs.
    pub(super) fn close(&mut self) {
        self.from = f64::NAN;
    }

    /// Starts again, with no pairs.
    pub(super) fn restart(&mut self, from: f64, to: f64, above: usize) {
        (self.from, self.to, self.above) = (from, to, above);
        self.x.clear();
        self.y.clear();
        self.count.clear();
    }

    /// Adds the pairs of `x`, which occurs `times` times, with the values `y`. `ranks` are the ranks of those
    /// values and of the next one.
    pub(super) fn add(&mut self, x: f64, times: usize, y: &[f64], ranks: &[usize]) {
        for (y, rank) in y.iter().zip(ranks.windows(2)) {
            self.x.push(x);
            self.y.push(*y);
            self.count.push(times * (rank[1] - rank[0]));
        }
    }

    /// Whether the pairs are known for `shift`.
    pub(super) fn holds(&self, shift: f64) -> bool {
        self.from < shift && shift < self.to
    }

    /// Number of pairs with x − `shift` above y; `None` if a pair ties.
    pub(super) fn above(&self, shift: f64) -> Option<usize> {
        let (mut above, mut tied) = (self.above, 0);
        // Masks instead of branches: no processor can predict these branches, and masks compare two pairs at
        // once.
        let mask = |is: bool| if is { usize::MAX } else { 0 };
        for ((x, y), count) in self.x.iter().zip(&self.y).zip(&self.count) {
            let x = x - shift;
            above += mask(*y < x) & count;
            tied |= mask(*y == x);
        }
        (tied == 0).then_some(above)
    }
}
