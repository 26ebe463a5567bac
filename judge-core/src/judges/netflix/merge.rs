//! Where each value of x, moved down, falls among those of y.

/// For each distinct value of x how many distinct ones of y are smaller, at one shift.
#[derive(Debug, Default)]
pub(super) struct Positions {
    /// NaN before the first.
    pub(super) shift: f64,
    /// As many as there are values of x.
    pub(super) below: Vec<usize>,
    /// Whether a value of x equals one of y.
    pub(super) tied: bool,
}

/// How many merges run side by side.
const LANES: usize = 4;

/// The next value of x and the next of y.
#[derive(Debug, Clone, Copy)]
struct Lane {
    x: usize,
    y: usize,
}

impl Positions {
    /// Merges `x` − `shift` with `y`, both ascending without equal values, infinity behind those of x
    /// and NaN behind those of y. Four merges run side by side, each a quarter of the way, without a
    /// branch: one alone would wait for its own comparisons, which no processor can predict.
    pub(super) fn find(&mut self, x: &[f64], y: &[f64], shift: f64) {
        let (m, n) = (x.len() - 1, y.len() - 1);
        self.shift = shift;
        self.below.clear();
        // One more, to write to what is not to be kept.
        self.below.resize(m + 1, 0);
        let below = self.below.as_mut_slice();
        let mut tied = false;
        let mut step = |lane: &mut Lane| {
            let (x, y) = (x[lane.x] - shift, y[lane.y]);
            let passes = y < x;
            tied |= y == x;
            // A lane that stops amid the values of y below x[lane.x] must not write there: the next
            // lane starts with it.
            below[if passes { m } else { lane.x }] = lane.y;
            lane.y += usize::from(passes);
            lane.x += usize::from(!passes);
        };
        let steps = (m + n) / LANES;
        let mut lanes: [Lane; LANES] =
            std::array::from_fn(|lane| Lane::after(lane * steps, x, y, shift));
        for _ in 0..steps {
            for lane in &mut lanes {
                step(lane);
            }
        }
        let [.., last] = &mut lanes;
        for _ in LANES * steps..m + n {
            step(last);
        }
        self.below.truncate(m);
        self.tied = tied;
    }
}

impl Lane {
    /// Where a merge stands after `steps` steps: by bisection (Odeh et al. 2012, "Merge Path").
    fn after(steps: usize, x: &[f64], y: &[f64], shift: f64) -> Self {
        let (m, n) = (x.len() - 1, y.len() - 1);
        let (mut low, mut high) = (steps.saturating_sub(n), steps.min(m));
        while low < high {
            let middle = low.midpoint(high);
            // x[middle] is taken once every smaller y is.
            let taken = steps - middle - 1;
            if taken < n && y[taken] < x[middle] - shift {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Self { x: low, y: steps - low }
    }
}
