//! How much change a config allows.

use crate::config::evidence::{EvidenceConfig, MinimumChange};
use crate::config::{EffectMeasure, MetricConfig};
use crate::judgement::Change;
use crate::judges::evidence::parameters as p;
use crate::math;

use super::axis::{Axis, allow};
use super::comparison::Comparison;
use super::timeline::PairTimeline;

/// The threshold that a change is compared with, in one direction of harm.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Threshold {
    /// Allowed share of the baseline, at least 0: 0.1 for `allowedIncrease` 1.1.
    pub(crate) share: f64,
    /// Share of the pairs of points in which the canary must be worse; 0 unless the effect measure is `cles`.
    pub(crate) least_superiority: f64,
    /// The smallest change that matters if no allowance is stated, in the timeline's unit.
    pub(crate) minimum: f64,
    /// The same for single points, for which the noise that both sides share counts, too.
    pub(crate) minimum_of_points: f64,
    /// Whether a smaller change matters if it is in plain sight. True if the config leaves the smallest change
    /// at its default.
    pub(crate) allows_plain_sight: bool,
}

impl Threshold {
    /// Reads the config of a metric.
    pub(crate) fn from_config(
        config: &MetricConfig,
        judge: &EvidenceConfig,
        change: Change,
        comparison: &Comparison,
        timeline: &PairTimeline,
    ) -> Self {
        let size = &config.effect_size;
        let (share, least_superiority) = match (size.measure(), change) {
            (EffectMeasure::MeanRatio, Change::Increase) => (size.allowed_increase() - 1.0, 0.0),
            (EffectMeasure::MeanRatio, Change::Decrease) => (1.0 - size.allowed_decrease(), 0.0),
            (EffectMeasure::Cles, Change::Increase) => (0.0, size.allowed_increase()),
            (EffectMeasure::Cles, Change::Decrease) => (0.0, 1.0 - size.allowed_decrease()),
        };
        // f64::max leaves NaN out.
        let share = share.max(0.0);
        let minimum = config.evidence.minimum_change(judge);
        let relative = minimum.relative.get() * distance_from_bound(timeline, comparison.axis);
        let absolute = timeline.in_unit(minimum.absolute.get());
        let minimum_with = |noise: f64| relative.max(absolute).max(minimum.noise.get() * noise);
        Self {
            share,
            least_superiority,
            minimum: minimum_with(comparison.own_noise()),
            minimum_of_points: minimum_with(comparison.noise),
            allows_plain_sight: minimum == MinimumChange::DEFAULT,
        }
    }

    /// Whether the config states an allowance, which then is the threshold.
    pub(crate) fn is_stated(&self) -> bool {
        self.share > 0.0
    }

    /// The threshold as a shift of the axis.
    pub(crate) fn shift(&self, comparison: &Comparison) -> f64 {
        if self.is_stated() {
            allow(comparison.robust_y.median, self.share) - comparison.robust_y.median
        } else {
            self.minimum
        }
    }

    /// Whether a shift of the axis is large enough to matter. A stated allowance must be exceeded.
    pub(crate) fn is_reached(&self, comparison: &Comparison, shift: f64) -> bool {
        if self.is_stated() { shift > self.shift(comparison) } else { self.reaches_minimum(shift) }
    }

    /// Whether a shift of the axis is at least the smallest change that matters if no allowance is stated.
    pub(crate) fn reaches_minimum(&self, shift: f64) -> bool {
        shift > 0.0 && shift >= self.minimum * (1.0 - p::ROUNDING)
    }

    /// Whether a shift below the smallest relative change matters all the same: it is much larger than the
    /// noise of sides that move together.
    pub(crate) fn is_in_plain_sight(&self, comparison: &Comparison, shift: f64) -> bool {
        !self.is_stated()
            && self.allows_plain_sight
            && shift > 0.0
            && shift >= p::PLAIN_SIGHT * comparison.robust_y.scale.max(comparison.noise)
            && comparison.moves_together()
    }
}

/// The value that a relative change of a metric refers to: the baseline's median. For shares and percentages near their bound
/// it is the distance from the bound: from 99.95 to 98.05 percent of successful requests, 39 times as many fail. Between near
/// and far it goes over from one to the other, so that two baselines that differ little have much the same threshold.
fn distance_from_bound(timeline: &PairTimeline, axis: Axis) -> f64 {
    let size = axis.baseline_size();
    if axis.sign() > 0.0 {
        return size;
    }
    let sides = [&timeline.sorted_canary, &timeline.sorted_baseline];
    let largest = sides.iter().filter_map(|side| side.last()).copied().fold(0.0, f64::max);
    let least = sides.iter().filter_map(|side| side.first()).copied().fold(0.0, f64::min);
    for bound in [1.0, 100.0].map(|bound| timeline.in_unit(bound)) {
        let distance = bound - size;
        let is_bounded = least >= 0.0 && largest <= p::ABOVE_BOUND * bound && distance >= 0.0;
        if is_bounded && distance <= p::FAR_FROM_BOUND * bound {
            let nearness =
                (p::FAR_FROM_BOUND - distance / bound) / (p::FAR_FROM_BOUND - p::NEAR_BOUND);
            // As a weighted geometric mean; a distance of 0 is near.
            return if nearness >= 1.0 {
                distance
            } else {
                size * math::pow(distance / size, nearness)
            };
        }
    }
    size
}
