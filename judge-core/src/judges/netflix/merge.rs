//! Positions of the values of x, moved down by a shift, among the values of y.

use crate::order::key;

/// For each distinct value of x, the number of distinct values of y below it, at one shift.
#[derive(Debug, Default)]
pub(super) struct Positions {
    /// The shift; NaN before the first merge.
    pub(super) shift: f64,
    /// One entry for each value of x, and a last one without meaning.
    pub(super) below: Vec<usize>,
    /// Whether a value of x equals one of y.
    pub(super) tied: bool,
}

/// Number of merges that run side by side.
const LANES: usize = 4;

impl Positions {
    /// Merges `x` − `shift` with `y`. Both are ascending without equal values; infinity ends x and NaN ends
    /// the keys `y`. `moved` is a buffer for the keys of x.
    ///
    /// Four merges run side by side, each over a quarter of the steps, without branches: one merge alone
    /// would wait for its own comparisons, which no processor can predict.
    pub(super) fn find(&mut self, x: &[f64], y: &[i64], shift: f64, moved: &mut Vec<i64>) {
        let (m, n) = (x.len() - 1, y.len() - 1);
        moved.clear();
        moved.extend(x.iter().map(|x| key(x - shift)));
        self.shift = shift;
        self.below.resize(m + 1, 0);
        let (x, below, y) = (&moved[..=m], &mut self.below[..=m], &y[..=n]);
        let steps = (m + n) / LANES;
        let starts: [usize; LANES] = std::array::from_fn(|lane| passed(lane * steps, x, y));
        let mut lanes = starts;
        let mut tied = false;
        // Step `at` of a merge stands at x[at − passed] and y[passed].
        let mut step = |at: usize, passed: &mut usize| {
            let next = at - *passed;
            below[next] = *passed;
            tied |= y[*passed] == x[next];
            *passed += usize::from(y[*passed] < x[next]);
        };
        for at in 0..steps {
            for (lane, passed) in lanes.iter_mut().enumerate() {
                step(lane * steps + at, passed);
            }
        }
        let [.., last] = &mut lanes;
        for at in LANES * steps..m + n {
            step(at, last);
        }
        // A lane that stops between values of y below its x has counted too few of them.
        for (lane, start) in starts.iter().enumerate().skip(1) {
            let next = lane * steps - start;
            below[next] = start + y[*start..].iter().take_while(|y| **y < x[next]).count();
        }
        self.tied = tied;
    }
}

/// Number of values of y that a merge has passed after `steps` steps. Bisection (Odeh et al. 2012, "Merge
/// Path"), without branches for the same reason.
fn passed(steps: usize, x: &[i64], y: &[i64]) -> usize {
    let (m, n) = (x.len() - 1, y.len() - 1);
    let (mut taken, end) = (steps.saturating_sub(n), steps.min(m));
    let mut open = end - taken;
    while open > 0 {
        let half = open / 2;
        // This x is taken once every smaller y is.
        let middle = taken + half;
        let is_taken = y[steps - middle - 1] >= x[middle];
        taken = if is_taken { middle + 1 } else { taken };
        open = if is_taken { open - half - 1 } else { half };
    }
    steps - taken
}
