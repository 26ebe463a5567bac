//! The pairs of values whose order is in question between two shifts.

/// What changes between two shifts, both excluded.
#[derive(Debug, Default)]
pub(super) struct Open {
    pub(super) from: f64,
    pub(super) to: f64,
    /// Of how many pairs x lies above y at `to`.
    above: usize,
    /// The pairs above at `from` and not at `to`: of distinct values, one of each side, and how many
    /// pairs of values have these two. Apart, so that many are compared at once.
    x: Vec<f64>,
    y: Vec<f64>,
    count: Vec<usize>,
}

impl Open {
    /// Forgets everything.
    pub(super) fn close(&mut self) {
        self.from = f64::NAN;
    }

    /// Starts anew, with no pair in question.
    pub(super) fn restart(&mut self, from: f64, to: f64, above: usize) {
        (self.from, self.to, self.above) = (from, to, above);
        self.x.clear();
        self.y.clear();
        self.count.clear();
    }

    /// Adds the pairs of `x`, which occurs `times`, with the values `y`, whose ranks and the next one's
    /// are `ranks`.
    pub(super) fn add(&mut self, x: f64, times: usize, y: &[f64], ranks: &[usize]) {
        for (y, rank) in y.iter().zip(ranks.windows(2)) {
            self.x.push(x);
            self.y.push(*y);
            self.count.push(times * (rank[1] - rank[0]));
        }
    }

    /// Whether it answers for `shift`.
    pub(super) fn holds(&self, shift: f64) -> bool {
        self.from < shift && shift < self.to
    }

    /// Of how many pairs x − `shift` lies above y, if none ties.
    pub(super) fn above(&self, shift: f64) -> Option<usize> {
        let (mut above, mut tied) = (self.above, 0);
        // Masks rather than branches: no processor can predict these, and masks compare two at once.
        let mask = |is: bool| if is { usize::MAX } else { 0 };
        for ((x, y), count) in self.x.iter().zip(&self.y).zip(&self.count) {
            let x = x - shift;
            above += mask(*y < x) & count;
            tied |= mask(*y == x);
        }
        (tied == 0).then_some(above)
    }
}
