//! Estimates the size of a change, over all points and over the latest. Small changes are no harm, however
//! certain they are.

use crate::config::evidence::MinimumChange;
use crate::config::{EffectMeasure, MetricConfig};
use crate::judgement::Change;

/// If a metric has a bound (1, or 100 percent) and its baseline is within this share of it, a decrease is
/// relative to the distance from the bound, as in `EvidenceJudge-v1`.
const NEAR_BOUND: f64 = 0.05;

/// One pair of points, each with its exposure, which is 1 for values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) canary: f64,
    pub(super) baseline: f64,
    pub(super) exposures: Option<(f64, f64)>,
}

/// Means of a stretch of pairs.
#[derive(Debug, Clone, Copy, Default)]
struct Means {
    pairs: f64,
    canary: f64,
    baseline: f64,
    canary_exposure: f64,
    baseline_exposure: f64,
    /// Pairs in which the canary is higher; equal ones count half.
    higher: f64,
}

impl Means {
    fn add(&mut self, pair: Pair) {
        self.pairs += 1.0;
        let (canary_exposure, baseline_exposure) = pair.exposures.unwrap_or((1.0, 1.0));
        for (mean, value) in [
            (&mut self.canary, pair.canary),
            (&mut self.baseline, pair.baseline),
            (&mut self.canary_exposure, canary_exposure),
            (&mut self.baseline_exposure, baseline_exposure),
            (&mut self.higher, how_often(pair.canary, pair.baseline)),
        ] {
            *mean += (value - *mean) / self.pairs;
        }
    }

    /// The means of the pairs after `before`.
    fn since(&self, before: &Self) -> Self {
        let pairs = self.pairs - before.pairs;
        if pairs <= 0.0 {
            return *self;
        }
        let rest = |all: f64, old: f64| all + (all - old) * (before.pairs / pairs);
        Self {
            pairs,
            canary: rest(self.canary, before.canary),
            baseline: rest(self.baseline, before.baseline),
            canary_exposure: rest(self.canary_exposure, before.canary_exposure),
            baseline_exposure: rest(self.baseline_exposure, before.baseline_exposure),
            higher: rest(self.higher, before.higher),
        }
    }

    /// The canary's mean, scaled to the baseline's exposure.
    fn canary_like_baseline(&self) -> f64 {
        self.canary * (self.baseline_exposure / self.canary_exposure)
    }

    fn shift(&self) -> f64 {
        self.canary_like_baseline() - self.baseline
    }
}

fn how_often(canary: f64, baseline: f64) -> f64 {
    if canary > baseline {
        1.0
    } else if canary < baseline {
        0.0
    } else {
        0.5
    }
}

/// Variance by Welford's (1962) updates.
#[derive(Debug, Clone, Copy, Default)]
struct Variance {
    mean: f64,
    squares: f64,
}

impl Variance {
    fn add(&mut self, value: f64, count: f64) {
        let before = value - self.mean;
        self.mean += before / count;
        self.squares += before * (value - self.mean);
    }

    fn deviation(&self, count: f64) -> f64 {
        if count > 1.0 { (self.squares / (count - 1.0)).sqrt() } else { 0.0 }
    }
}

/// Changes of one metric, in O(1) memory. The latest points are those since the last power of two but one.
#[derive(Debug, Clone, Default)]
pub(super) struct Estimates {
    all: Means,
    older: Means,
    newer: Means,
    baseline: Variance,
    difference: Variance,
    least: f64,
    largest: f64,
}

impl Estimates {
    pub(super) fn add(&mut self, pair: Pair) {
        if self.all.pairs.to_bits().trailing_zeros() >= MANTISSA {
            self.older = self.newer;
            self.newer = self.all;
        }
        self.all.add(pair);
        let count = self.all.pairs;
        self.baseline.add(pair.baseline, count);
        self.difference.add(pair.canary - pair.baseline, count);
        self.least = self.least.min(pair.canary).min(pair.baseline);
        self.largest = self.largest.max(pair.canary).max(pair.baseline);
    }

    /// Mean of the canary less mean of the baseline. With an exposure: the canary's rate times the baseline's
    /// exposure, less the mean of the baseline.
    pub(super) fn shift(&self) -> f64 {
        self.all.shift()
    }

    /// The canary's mean or rate divided by the baseline's; NaN if that is 0.
    pub(super) fn ratio(&self) -> f64 {
        self.all.canary_like_baseline() / self.all.baseline
    }

    /// Whether the change of all points, or of the latest ones, is large enough to matter.
    pub(super) fn matters(
        &self,
        change: Change,
        config: &MetricConfig,
        minimum: MinimumChange,
    ) -> bool {
        let latest = self.all.since(&self.older);
        [self.all, latest].iter().any(|means| self.is_enough(means, change, config, minimum))
    }

    fn is_enough(
        &self,
        means: &Means,
        change: Change,
        config: &MetricConfig,
        minimum: MinimumChange,
    ) -> bool {
        let size = &config.effect_size;
        let (shift, higher, allowed) = match change {
            Change::Increase => (means.shift(), means.higher, size.allowed_increase()),
            Change::Decrease => (-means.shift(), 1.0 - means.higher, size.allowed_decrease()),
        };
        let is_increase = change == Change::Increase;
        match size.measure() {
            EffectMeasure::MeanRatio => {
                let share = if is_increase { allowed - 1.0 } else { 1.0 - allowed };
                if share > 0.0 {
                    return shift > share * means.baseline.abs();
                }
            }
            EffectMeasure::Cles => {
                let often = if is_increase { allowed } else { 1.0 - allowed };
                if higher < often {
                    return false;
                }
            }
        }
        let relative = minimum.relative.get() * self.distance_from_bound(means, change);
        let needed = relative.max(minimum.noise.get() * self.noise());
        // A shift that overflowed is not small.
        !shift.is_finite() || shift > 0.0 && shift >= needed.max(minimum.absolute.get())
    }

    /// Standard deviation of the baseline, or of the noise that the sides do not share.
    fn noise(&self) -> f64 {
        let count = self.all.pairs;
        let apart = self.difference.deviation(count) * std::f64::consts::FRAC_1_SQRT_2;
        self.baseline.deviation(count).min(apart)
    }

    fn distance_from_bound(&self, means: &Means, change: Change) -> f64 {
        let location = means.baseline.abs();
        for bound in [1.0, 100.0] {
            let is_near = ((1.0 - NEAR_BOUND) * bound..=bound).contains(&means.baseline);
            if change == Change::Decrease && is_near && self.least >= 0.0 && self.largest <= bound {
                return bound - location;
            }
        }
        location
    }
}

/// Bits of a double's mantissa; they are all 0 in a power of two.
const MANTISSA: u32 = 52;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EffectSize;

    fn estimates(canary: impl Fn(usize) -> f64, baseline: impl Fn(usize) -> f64) -> Estimates {
        let mut estimates = Estimates::default();
        for index in 0..100 {
            let (canary, baseline) = (canary(index), baseline(index));
            estimates.add(Pair { canary, baseline, exposures: None });
        }
        estimates
    }

    #[test]
    fn changes_that_matter() {
        let noise = |index: usize| [90.0, 110.0, 100.0][index % 3];
        let config = MetricConfig::default();
        let allowing = |allowed_increase| MetricConfig {
            effect_size: EffectSize::default().with_allowed_increase(allowed_increase).unwrap(),
            ..MetricConfig::default()
        };
        for (shift, config, expected) in [
            (1.0, &config, false),
            (4.0, &config, true),
            (-4.0, &config, false),
            (8.0, &allowing(1.1), false),
            (12.0, &allowing(1.1), true),
        ] {
            let of = estimates(|index| noise(index + 1) + shift, noise);
            let matters = of.matters(Change::Increase, config, MinimumChange::DEFAULT);
            assert_eq!(matters, expected, "{shift}");
            assert!((of.shift() - shift).abs() < 0.5);
        }
    }

    #[test]
    fn a_change_of_the_latest_points_matters() {
        let late = |index: usize| if index > 70 { 105.0 } else { 100.0 };
        let of = estimates(late, |_| 100.0);
        assert!(of.shift() < 2.0);
        assert!(of.matters(Change::Increase, &MetricConfig::default(), MinimumChange::DEFAULT));
    }

    #[test]
    fn shares_near_their_bound_are_held_against_the_distance_from_it() {
        let of = estimates(|_| 98.1, |_| 99.9);
        assert!(of.matters(Change::Decrease, &MetricConfig::default(), MinimumChange::DEFAULT));
        let of = estimates(|_| 50.1, |_| 50.9);
        assert!(!of.matters(Change::Decrease, &MetricConfig::default(), MinimumChange::DEFAULT));
    }

    #[test]
    fn rates_are_compared_at_one_exposure() {
        let mut of = Estimates::default();
        for _ in 0..10 {
            of.add(Pair { canary: 2.0, baseline: 20.0, exposures: Some((100.0, 1000.0)) });
        }
        assert!(of.shift().abs() < 1e-12 && (of.ratio() - 1.0).abs() < 1e-12);
        assert!(!of.matters(Change::Increase, &MetricConfig::default(), MinimumChange::DEFAULT));
    }
}
