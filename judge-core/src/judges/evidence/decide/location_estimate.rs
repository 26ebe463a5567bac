//! The location of the canary relative to its baseline, and the shift that its points could have shown.

use crate::judgement::Panel;
use crate::judges::evidence::detect::healthy::Healthy;
use crate::judges::evidence::detect::location::Location;
use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::axis::Axis;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::posterior::Posterior;
use crate::judges::evidence::prepare::threshold::Threshold;
use crate::judges::evidence::prepare::timeline::PairTimeline;
use crate::math;
use crate::stats::distribution::normal;

/// Where the canary is, with the axis that converts it to the metric's unit.
#[derive(Debug)]
pub(crate) struct LocationEstimate {
    pub(crate) shift: Posterior,
    /// P-value of the shift.
    pub(crate) p: f64,
    /// Half-width of the interval that is shown.
    reach: f64,
    /// The threshold, as a shift of the axis.
    pub(crate) threshold: f64,
    /// Where a healthy canary may be, if there is a history.
    healthy: Option<Healthy>,
    axis: Axis,
    /// Points of the side with fewer.
    points: usize,
    /// Noise of the shift at each time, on the axis; NaN for a gap. Empty if the canary is
    /// not worse.
    pub(crate) noise: Vec<f64>,
}

impl LocationEstimate {
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

    /// The shift with its interval, in the metric's own sense and unit.
    pub(super) fn describe(&self, left_out: usize) -> Panel {
        let Self { axis, healthy, .. } = *self;
        let (mean, reach) = (self.shift.mean(), self.reach);
        Panel {
            estimate: axis.in_metric(mean),
            interval: axis.interval(mean - reach, mean + reach, p::SHOWN),
            allowed: axis.in_metric(self.threshold).abs(),
            would_find: 0.0,
            more_points: None,
            left_out,
            fails: false,
            healthy: healthy.map(|healthy| {
                axis.interval(healthy.lower, healthy.upper, 1.0 - 2.0 * healthy.level)
            }),
        }
    }

    /// The shift that would have been found in four canaries of five, in the metric's own sense and unit, by a location
    /// test at this significance `level`.
    pub(super) fn would_find(&self, level: f64) -> f64 {
        let error = self.shift.error();
        let significant =
            self.shift.half_width(1.0 - 2.0 * level * p::JOINED) + p::FOUR_IN_FIVE * error;
        let likely = self.threshold + (normal::score(1.0 - p::LIKELY) + p::FOUR_IN_FIVE) * error;
        self.axis.in_metric(significant.max(likely))
    }

    /// Additional points a side that would settle the metric in four cases of five, if its noise stays the same.
    pub(super) fn more_points(&self, level: f64) -> Option<usize> {
        let (error, mean) = (self.shift.error(), self.shift.mean());
        if error <= 0.0 || mean <= 0.0 {
            return None;
        }
        let times = (normal::upper_quantile(level) + p::FOUR_IN_FIVE) * error / mean;
        let times = (p::MORE_POINTS * times * times).clamp(p::TIMES_AS_MANY.0, p::TIMES_AS_MANY.1);
        Some(math::whole((self.points as f64 * (times - 1.0)).ceil()))
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
    let (mut values, reach) = (values.iter(), p::CLIP * around.scale);
    let at = |(index, x): (usize, &f64)| {
        if index < comparison.start || x.is_nan() || paired && timeline.baseline[index].is_nan() {
            return f64::NAN;
        }
        values.next().map_or(f64::NAN, |v| (v - around.median).clamp(-reach, reach))
    };
    timeline.canary.iter().enumerate().map(at).collect()
}
