//! Changes that are injected into a healthy window.

use judge_core::config::Direction;
use judge_core::stats;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use serde::Serialize;

use crate::profile::Profile;

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// Every point moves.
    Shift,
    /// Points lie farther from their median; the size is the relative increase of the distance.
    Spread,
    /// One point in 20, at least one, moves.
    Spikes,
    /// Points move in proportion to time, by the whole size at the last point.
    Drift,
}

/// Unit and direction of a change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Injection {
    pub(crate) kind: ChangeKind,
    decrease: bool,
    /// Unit of the size if the metric is not always above 0, so that factors are not possible.
    unit: Option<f64>,
}

/// One point in this many is a spike.
const POINTS_PER_SPIKE: usize = 20;

impl Injection {
    /// A change in the harmful direction; an increase if both directions are harmful.
    pub(crate) fn new(kind: ChangeKind, direction: Direction, profile: &Profile) -> Self {
        let unit = (!profile.positive).then_some(profile.mean_size);
        Self { kind, decrease: direction == Direction::Decrease, unit }
    }

    /// Whether the change is a decrease.
    pub(crate) fn is_decrease(self) -> bool {
        self.decrease && self.kind != ChangeKind::Spread
    }

    /// The signed relative change for a size. If decreases of a metric above 0 fail, `0.25` is a decrease by a fifth,
    /// which an increase by 25 % reverses.
    pub(crate) fn signed(self, size: f64) -> f64 {
        match (self.is_decrease(), self.unit) {
            (false, _) => size,
            (true, None) => 1.0 / (1.0 + size) - 1.0,
            (true, Some(_)) => -size,
        }
    }

    /// Changes `values` by `size`. Random choices depend on `seed`, not on the size.
    pub(crate) fn apply(self, size: f64, values: &mut [f64], seed: u64) {
        let change = self.signed(size);
        let moved = |value: f64, share: f64| match self.unit {
            None => value * (1.0 + change * share),
            Some(unit) => value + change * share * unit,
        };
        match self.kind {
            ChangeKind::Shift => {
                for value in values {
                    *value = moved(*value, 1.0);
                }
            }
            ChangeKind::Drift => {
                let last = values.len() as f64;
                for (value, at) in values.iter_mut().zip(1_u32..) {
                    *value = moved(*value, f64::from(at) / last);
                }
            }
            ChangeKind::Spikes => {
                for at in draw_spikes(values, seed) {
                    values[at] = moved(values[at], 1.0);
                }
            }
            ChangeKind::Spread => self.spread(size, values),
        }
    }

    /// Multiplies distances to the median by 1 + `size`. For metrics above 0, raises the ratio to the median to that
    /// power.
    fn spread(self, size: f64, values: &mut [f64]) {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        if sorted.is_empty() {
            return;
        }
        sorted.sort_unstable_by(f64::total_cmp);
        let median = stats::median(&sorted);
        for value in values {
            *value = match self.unit {
                None => median * (*value / median).powf(1.0 + size),
                Some(_) => median + (*value - median) * (1.0 + size),
            };
        }
    }
}

/// Chooses the points that become spikes: a twentieth of the present points, without replacement.
fn draw_spikes(values: &[f64], seed: u64) -> Vec<usize> {
    let mut present: Vec<usize> = (0..values.len()).filter(|at| values[*at].is_finite()).collect();
    let count = present.len().div_ceil(POINTS_PER_SPIKE);
    let mut random = Pcg64::seed_from_u64(seed);
    for drawn in 0..count {
        let other = random.random_range(drawn..present.len());
        present.swap(drawn, other);
    }
    present.truncate(count);
    present
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(values: &[f64]) -> Profile {
        Profile::measure([values].into_iter())
    }

    fn changed(kind: ChangeKind, direction: Direction, size: f64, values: &[f64]) -> Vec<f64> {
        let mut changed = values.to_vec();
        Injection::new(kind, direction, &profile(values)).apply(size, &mut changed, 3);
        changed
    }

    #[test]
    fn metrics_above_zero_are_multiplied_and_others_moved_by_their_level() {
        use {ChangeKind::*, Direction::*};
        for (kind, direction, values, expected) in [
            (Shift, Increase, vec![1.0, 3.0], vec![1.5, 4.5]),
            (Shift, Either, vec![1.0, 3.0], vec![1.5, 4.5]),
            (Shift, Decrease, vec![1.5, 4.5], vec![1.0, 3.0]),
            // The level is the mean size, 2.
            (Shift, Increase, vec![0.0, 4.0], vec![1.0, 5.0]),
            (Shift, Decrease, vec![0.0, -4.0], vec![-1.0, -5.0]),
            (Drift, Increase, vec![2.0, 2.0], vec![2.5, 3.0]),
            (Spread, Increase, vec![-2.0, 0.0, 2.0], vec![-3.0, 0.0, 3.0]),
            (Spread, Decrease, vec![1.0, 4.0, 16.0], vec![0.5, 4.0, 32.0]),
        ] {
            assert_eq!(changed(kind, direction, 0.5, &values), expected, "{kind:?} {direction:?}");
        }
    }

    #[test]
    fn one_point_in_twenty_is_a_spike_and_never_a_gap() {
        let mut values = vec![2.0; 41];
        values[7] = f64::NAN;
        let spiked = changed(ChangeKind::Spikes, Direction::Increase, 1.0, &values);
        assert_eq!(spiked.iter().filter(|value| **value == 4.0).count(), 2);
        assert!(spiked[7].is_nan());
        assert_eq!(spiked.iter().filter(|value| **value == 2.0).count(), 38);
    }

    #[test]
    fn every_change_of_size_zero_is_none() {
        let values = [3.0, 1.0, 2.0, f64::NAN, 7.0];
        for kind in [ChangeKind::Shift, ChangeKind::Spread, ChangeKind::Spikes, ChangeKind::Drift] {
            let same = changed(kind, Direction::Increase, 0.0, &values);
            let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12 || a.is_nan() && b.is_nan();
            assert!(same.iter().zip(&values).all(near), "{kind:?}: {same:?}");
        }
    }
}
