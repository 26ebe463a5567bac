//! Does the canary end above the bar?
//!
//! What promotion makes permanent is the end state. **Null**: the canary's last points are no higher
//! than the bar. **Statistic**: of all stretches that end with the last point, from four points to
//! four fifths of the window, the largest mean in units of its standard error. **p**: of the maximum
//! of a Brownian motion's standardised sums over that range (Siegmund 1985, "Sequential Analysis",
//! eq. 4.43), which grows with the logarithm of the range only; ranks must agree, and memory is that
//! of the points before it. **Effect**: the shift over that stretch. **Cost**: O(n log n).

use super::case::Case;
use super::stretch::{self, Buffers, Chosen, Stretches};
use super::usual::{self, SHORTEST};

/// How the canary ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct EndState {
    /// Points of the stretch.
    pub(super) length: usize,
    pub(super) z: f64,
    pub(super) p: f64,
    /// Mean above the bar.
    pub(super) above: f64,
}

pub(super) fn find(
    case: &Case,
    stretches: &Stretches,
    sums: &mut Vec<f64>,
    buffers: &mut Buffers,
) -> Option<EndState> {
    let n = case.above.len();
    let longest = n * 4 / 5;
    if longest < SHORTEST {
        return None;
    }
    // Of the stretch with the largest square of sum over error: its length, and both squares.
    let (mut best, mut square, mut error) = (0, 0.0, 1.0);
    let mut sum = 0.0;
    let last = case.above.iter().rev().take(longest);
    for (index, (&value, own_error)) in last.zip(stretches.squared_errors_of_sums()).enumerate() {
        sum += stretches.clipped(value);
        let length = index + 1;
        if length >= SHORTEST && sum > 0.0 && sum * sum * error > square * own_error {
            (best, square, error) = (length, sum * sum, own_error);
        }
    }
    if best == 0 {
        return None;
    }
    let (length, clipped) = (best, square.sqrt() / best as f64);
    let above = case.above[n - length..].iter().sum::<f64>() / length as f64;
    let p_of = |z: f64| stretch::p_of_nested(z, SHORTEST, longest);
    let Chosen { z, p } = stretches.chosen(case, clipped, n - length..n, buffers, p_of);
    let p = usual::bounded(p, (square / error).sqrt(), case, stretches, sums);
    Some(EndState { length, z, p, above })
}
