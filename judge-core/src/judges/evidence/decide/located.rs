//! The location of the canary relative to its baseline.

use crate::judges::evidence::detect::healthy::Healthy;
use crate::judges::evidence::detect::location::Location;
use crate::judges::evidence::prepare::axis::Axis;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::posterior::Posterior;
use crate::judges::evidence::prepare::threshold::Threshold;
use crate::judges::evidence::prepare::timeline::PairTimeline;

/// The location of the canary relative to its baseline, with the axis that converts it to the metric's unit.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) shift: Posterior,
    /// P-value of the shift.
    pub(crate) p: f64,
    /// Half-width of the interval that is shown.
    pub(crate) reach: f64,
    /// The threshold, as a shift of the axis.
    pub(crate) threshold: f64,
    /// Where a healthy canary may be, if there is a history.
    pub(crate) healthy: Option<Healthy>,
    pub(crate) axis: Axis,
    /// Points of the side with fewer.
    pub(crate) points: usize,
    /// Noise of the shift at each time, on the axis; NaN for a gap. Empty if the canary is
    /// not worse.
    pub(crate) noise: Vec<f64>,
}

impl Located {
    pub(super) fn new(
        found: &Location,
        comparison: &Comparison,
        threshold: &Threshold,
        healthy: Option<Healthy>,
        timeline: &PairTimeline,
    ) -> Self {
        Self {
            shift: found.shift,
            p: found.p_of_shift,
            reach: found.reach,
            threshold: threshold
                .shift(comparison)
                .max(healthy.map_or(0.0, |healthy| healthy.upper)),
            healthy,
            axis: comparison.axis,
            points: comparison.x.len().min(comparison.y.len()),
            noise: noise_of_shift(timeline, comparison, &found.shift),
        }
    }
}

/// The canary's noise at each time, without the noise that it shares with the baseline. Empty if the canary is
/// not worse.
fn noise_of_shift(timeline: &PairTimeline, comparison: &Comparison, shift: &Posterior) -> Vec<f64> {
    if shift.mean() <= 0.0 {
        return Vec::new();
    }
    let paired = comparison.shares_noise();
    let (values, around) = if paired {
        (&comparison.differences, comparison.robust_differences)
    } else {
        (&comparison.x, comparison.robust_x)
    };
    let (mut values, reach) = (values.iter(), 3.0 * around.scale);
    let at = |(index, x): (usize, &f64)| {
        if index < comparison.start || x.is_nan() || paired && timeline.baseline[index].is_nan() {
            return f64::NAN;
        }
        values.next().map_or(f64::NAN, |v| (v - around.median).clamp(-reach, reach))
    };
    timeline.canary.iter().enumerate().map(at).collect()
}
