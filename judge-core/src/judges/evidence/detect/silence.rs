//! Does the canary still report?
//!
//! A canary is silent if it has no points at the end of the window while the baseline has some, or if it has far fewer points than its
//! baseline over the same window. It is stuck if it repeats one value while the baseline moves. There is no p-value: missing
//! points are no matter of chance. **Cost**: O(n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::timeline::{PairTimeline, Times, count};

/// What is odd about a canary's points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Silence {
    pub(crate) kind: SilenceKind,
    /// Points that are missing at the end or that are equal; for gaps those that the canary has.
    pub(crate) points: usize,
    /// Share of the canary's points that are missing or equal.
    pub(crate) share: f64,
}

/// How a canary is silent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum SilenceKind {
    /// The last points are missing.
    End,
    /// Many points are missing; the baseline has `baseline` points.
    Gaps { baseline: usize },
    /// One value is repeated; `value` is in the metric's unit.
    Stuck { value: f64 },
}

/// Finds silence in a metric whose canary has at least one point.
pub(crate) fn find(timeline: &PairTimeline) -> Option<Silence> {
    let (canary, baseline) = (&timeline.canary, &timeline.baseline);
    let (m, n) = (count(canary), count(baseline));
    let missing = 1.0 - m as f64 / canary.len().max(1) as f64;
    if timeline.times == Times::Same && n > 0 {
        let last = canary.iter().rposition(|v| !v.is_nan()).map_or(0, |index| index + 1);
        let silent = count(&baseline[last..]);
        if silent >= p::SILENT_FEWEST && silent as f64 >= p::SILENT_END * n as f64 {
            return Some(Silence { kind: SilenceKind::End, points: silent, share: missing });
        }
    }
    // A window of another length has another number of points.
    let expected = n as f64 * canary.len() as f64 / baseline.len().max(1) as f64;
    if (m as f64) < p::SILENT_SHARE * expected && expected - m as f64 >= p::SILENT_FEWEST as f64 {
        return Some(Silence {
            kind: SilenceKind::Gaps { baseline: n },
            points: m,
            share: missing,
        });
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
    let value = libm::ldexp(value, timeline.exponent());
    let share = equal as f64 / m as f64;
    (is_stuck && moves).then_some(Silence {
        kind: SilenceKind::Stuck { value },
        points: equal,
        share,
    })
}
