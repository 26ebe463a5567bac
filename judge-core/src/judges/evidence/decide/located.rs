//! Where the canary is against its baseline.

use crate::judges::evidence::detect::healthy::Healthy;
use crate::judges::evidence::detect::location::Location;
use crate::judges::evidence::prepare::axis::Axis;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::posterior::Posterior;
use crate::judges::evidence::prepare::threshold::Threshold;
use crate::judges::evidence::prepare::timeline::Timeline;

/// Where the canary is, with what it takes to say it in the metric's unit.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) shift: Posterior,
    /// Half-width of the interval that is shown.
    pub(crate) reach: f64,
    /// The threshold, as a shift of the axis.
    pub(crate) threshold: f64,
    /// Where a healthy canary may be, where a history tells.
    pub(crate) healthy: Option<Healthy>,
    pub(crate) axis: Axis,
    /// Points of the side with fewer.
    pub(crate) points: usize,
    /// Noise of the shift at each time, in the metric's own sense; NaN where there is no point.
    pub(crate) noise: Vec<f64>,
}

impl Located {
    pub(super) fn new(
        found: &Location,
        of: &Comparison,
        threshold: &Threshold,
        healthy: Option<Healthy>,
        timeline: &Timeline,
    ) -> Self {
        Self {
            shift: found.shift,
            reach: found.reach,
            threshold: threshold.shift(of).max(healthy.map_or(0.0, |healthy| healthy.upper)),
            healthy,
            axis: of.axis,
            points: of.x.len().min(of.y.len()),
            noise: noise_of_shift(timeline, of),
        }
    }
}

/// The canary's noise at each time, without what the baseline shares of it.
fn noise_of_shift(timeline: &Timeline, of: &Comparison) -> Vec<f64> {
    let axis = of.axis;
    let paired = of.shares_noise();
    let (center, reach) = if paired {
        (of.robust_differences.median, 3.0 * of.robust_differences.scale)
    } else {
        (of.robust_x.median, 3.0 * of.robust_x.scale)
    };
    let at = |(index, x): (usize, &f64)| {
        let y = if paired { timeline.baseline[index] } else { 0.0 };
        if index < of.start || x.is_nan() || y.is_nan() {
            return f64::NAN;
        }
        let base = if paired { axis.coordinate(y) } else { 0.0 };
        axis.sign() * (axis.coordinate(*x) - base - center).clamp(-reach, reach)
    };
    timeline.canary.iter().enumerate().map(at).collect()
}
