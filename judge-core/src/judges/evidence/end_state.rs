//! Does the canary end above the bar?
//!
//! What promotion makes permanent is the end state. **Null**: the canary's last points are no higher
//! than the bar. **Statistic**: of all stretches that end with the last point, from four points to
//! four fifths of the window, the largest mean in units of its standard error. **p**: of the maximum
//! of a Brownian motion's standardised sums over that range (Siegmund 1985, "Sequential Analysis",
//! eq. 4.43), which grows with the logarithm of the range only; ranks must agree. **Effect**: the shift
//! over that stretch. **Cost**: O(n log n).

use super::case::Case;
use super::stretch::{self, Chosen, Stretches};

/// Fewer points are no state.
const SHORTEST: usize = 4;

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

pub(super) fn find(case: &Case, stretches: &Stretches) -> Option<EndState> {
    let n = case.above.len();
    let longest = n * 4 / 5;
    if longest < SHORTEST {
        return None;
    }
    let mut best: Option<(f64, f64, EndState)> = None;
    let (mut sum, mut plain) = (0.0, 0.0);
    let last = case.above.iter().rev().take(longest);
    for (index, (&value, error)) in last.zip(stretches.errors()).enumerate() {
        sum += stretches.clipped(value);
        plain += value;
        let length = index + 1;
        if length < SHORTEST || sum <= 0.0 {
            continue;
        }
        let clipped = sum / length as f64;
        let t = if error > 0.0 { clipped / error } else { f64::INFINITY };
        if best.is_none_or(|(largest, ..)| t > largest) {
            let above = plain / length as f64;
            best = Some((t, clipped, EndState { length, z: 0.0, p: 1.0, above }));
        }
    }
    let (_, clipped, best) = best?;
    let p_of = |z: f64| stretch::p_of_nested(z, SHORTEST, longest);
    let Chosen { z, p } =
        stretches.chosen(case, &case.usual_memory, clipped, n - best.length..n, p_of);
    Some(EndState { z, p, ..best })
}
