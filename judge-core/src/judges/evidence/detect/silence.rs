//! Does the canary still report?
//!
//! A canary is silent if it has no points at the end of the window while the baseline has some, or if it has far fewer points than its
//! baseline over the same window. It is stuck if it repeats one value while the baseline moves. There is no p-value: missing
//! points are no matter of chance. **Cost**: O(n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::timeline::{PairTimeline, Times, count};

/// What is odd about a canary's points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Silence {
    /// The last points are missing.
    End {
        /// How many.
        points: usize,
    },
    /// Many points are missing.
    Gaps {
        /// Points of the canary.
        canary: usize,
        /// Points of the baseline.
        baseline: usize,
    },
    /// One value is repeated.
    Stuck {
        /// How many points have it.
        points: usize,
        /// The value, in the timeline's unit.
        value: f64,
    },
}

/// Finds silence in a metric whose canary has at least one point.
pub(crate) fn find(timeline: &PairTimeline) -> Option<Silence> {
    let (canary, baseline) = (&timeline.canary, &timeline.baseline);
    let (m, n) = (count(canary), count(baseline));
    if timeline.times == Times::Same && n > 0 {
        let last = canary.iter().rposition(|v| !v.is_nan()).map_or(0, |index| index + 1);
        let silent = count(&baseline[last..]);
        if silent >= p::SILENT_FEWEST && silent as f64 >= p::SILENT_END * n as f64 {
            return Some(Silence::End { points: silent });
        }
    }
    // A window of another length has another number of points.
    let expected = n as f64 * canary.len() as f64 / baseline.len().max(1) as f64;
    if (m as f64) < p::SILENT_SHARE * expected && expected - m as f64 >= p::SILENT_FEWEST as f64 {
        return Some(Silence::Gaps { canary: m, baseline: n });
    }
    let most = |sorted: &[f64]| {
        let groups = sorted.chunk_by(|a, b| a == b).map(|equal| (equal.len(), equal[0]));
        groups.max_by_key(|(points, _)| *points).unwrap_or((0, 0.0))
    };
    let ((equal, value), (baseline_equal, _)) =
        (most(&timeline.sorted_canary), most(&timeline.sorted_baseline));
    let is_stuck = equal as f64 >= p::STUCK_SHARE * m as f64 && m >= p::FEWEST;
    // If the baseline repeats a value half of the time, the canary may repeat it by chance.
    let moves = 2 * baseline_equal <= n && n >= p::FEWEST;
    (is_stuck && moves).then_some(Silence::Stuck { points: equal, value })
}
