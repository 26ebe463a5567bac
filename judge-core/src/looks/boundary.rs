//! Exact boundaries of a test on growing windows.
//!
//! If a window grows by equally many points from look to look, its mean is a random walk: the statistics of
//! looks i and j correlate as √(i / j). Correlated looks alarm together, so each may have a larger nominal
//! level than the error that it spends. This module solves for those levels, look by look (Armitage,
//! `McPherson` and Rowe 1969; Lan and `DeMets` 1983): it integrates the density of walks that have not crossed
//! before.

use crate::config::evidence::Spending;
use crate::math;
use crate::stats::distribution::normal;

use super::{Looks, share_of};

/// With more looks than this, the nominal level of a look is what it spends.
const EXACT_MOST: u32 = 250;
/// Distance of the nodes, in standard deviations of a step.
const STEP: f64 = 0.2;
/// Density farther from a node than this counts as 0, in standard deviations of a step.
const REACH: f64 = 8.0;
/// Walks this many standard deviations below 0 do not come back.
const LOWEST: f64 = 6.0;
/// No walk that matters gets higher than this, in standard deviations.
const HIGHEST: f64 = 8.0;
/// A share of walks below this counts as 0.
const NOTHING: f64 = 1e-14;
/// Number of boundaries that are kept.
const KEPT: usize = 16;

/// A cache of computed boundaries.
#[derive(Debug, Default)]
pub(crate) struct Boundaries {
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    planned: u32,
    spending: Spending,
    bits: [u64; 2],
    /// Nominal level divided by the spent level, for each look.
    gains: Vec<f64>,
}

impl Boundaries {
    /// Factor by which the nominal level of a test on growing windows may exceed what the look spends of
    /// `budget`, the test's share of the significance level `alpha`. `None` if windows slide, or if there are
    /// too many looks.
    pub(crate) fn gain(
        &mut self,
        looks: Looks,
        spending: Spending,
        alpha: f64,
        budget: f64,
    ) -> Option<f64> {
        let planned = looks.planned();
        if looks.is_sliding() || planned > EXACT_MOST {
            return None;
        }
        let bits = [alpha.to_bits(), budget.to_bits()];
        let is_same = |known: &Known| {
            (known.planned, known.spending, known.bits) == (planned, spending, bits)
        };
        let index = self.known.iter().position(is_same).unwrap_or_else(|| {
            if self.known.len() >= KEPT {
                self.known.clear();
            }
            let spend = |look| budget * share_of(look, planned, spending, alpha);
            let gains = gains(planned, spend);
            self.known.push(Known { planned, spending, bits, gains });
            self.known.len() - 1
        });
        let gains = &self.known[index].gains;
        gains.get(looks.number() as usize - 1).copied()
    }
}

/// Nominal level of each look, divided by the spent level.
fn gains(planned: u32, spend: impl Fn(u32) -> f64) -> Vec<f64> {
    let mut walk = Walk::default();
    (1..=planned)
        .map(|look| {
            let spent = spend(look);
            let nominal = walk.cross(look, spent);
            // The first look has none before it.
            if look == 1 { 1.0 } else { (nominal / spent).max(1.0) }
        })
        .collect()
}

/// Density of a walk that has not crossed its boundary yet: nodes below the boundary, the nearest first.
#[derive(Debug, Default)]
struct Walk {
    boundary: f64,
    /// Density times Simpson's weights.
    weighted: Vec<f64>,
}

impl Walk {
    /// Sets the boundary of `look` so that `spent` of the walks cross there first. Returns the nominal level.
    fn cross(&mut self, look: u32, spent: f64) -> f64 {
        let scale = f64::from(look).sqrt();
        if spent < NOTHING {
            self.advance(look, HIGHEST * scale, scale);
            return spent;
        }
        let boundary =
            if look == 1 { normal::upper_quantile(spent) } else { self.solve(spent, scale) };
        self.advance(look, boundary, scale);
        normal::upper_tail(boundary / scale)
    }

    /// Share of the walks that are above `boundary` after the next step, and its derivative.
    fn above(&self, boundary: f64) -> (f64, f64) {
        let (mut share, mut density) = (0.0, 0.0);
        for (index, weighted) in self.weighted.iter().enumerate() {
            let step = boundary - (self.boundary - STEP * index as f64);
            if step > REACH {
                break;
            }
            share += weighted * normal::upper_tail(step);
            density += weighted * gauss(step);
        }
        (share, density)
    }

    /// The boundary above which `spent` of the walks are. Newton's method on the logarithm, which is nearly straight in
    /// the square of the boundary.
    fn solve(&self, spent: f64, scale: f64) -> f64 {
        let wanted = math::ln(spent);
        let (mut low, mut high) = (-HIGHEST * scale, HIGHEST * scale);
        let mut boundary = (normal::upper_quantile(spent) * scale).min(high);
        for _ in 0..40 {
            let (share, density) = self.above(boundary);
            if share > spent {
                low = boundary;
            } else {
                high = boundary;
            }
            let next = if share > 0.0 && density > 0.0 {
                boundary + (math::ln(share) - wanted) * share / density
            } else {
                f64::NAN
            };
            let next = if next > low && next < high { next } else { f64::midpoint(low, high) };
            let moved = (next - boundary).abs();
            boundary = next;
            if moved < 1e-9 * scale {
                break;
            }
        }
        boundary
    }

    /// Takes the step to `look`, and drops walks above `boundary`.
    fn advance(&mut self, look: u32, boundary: f64, scale: f64) {
        let nodes = 2 * count((boundary + LOWEST * scale) / (2.0 * STEP)) + 1;
        let density = |index: usize| {
            let at = boundary - STEP * index as f64;
            if look == 1 { gauss(at) } else { 0.0 }
        };
        let mut densities: Vec<f64> = (0..nodes).map(density).collect();
        if look > 1 {
            self.convolve(boundary, &mut densities);
        }
        let last = nodes - 1;
        for (index, density) in densities.iter_mut().enumerate() {
            *density *= STEP / 3.0
                * match index {
                    0 => 1.0,
                    index if index == last => 1.0,
                    index if index % 2 == 1 => 4.0,
                    _ => 2.0,
                };
        }
        (self.boundary, self.weighted) = (boundary, densities);
    }

    /// Densities after a step, at nodes below `boundary`.
    fn convolve(&self, boundary: f64, densities: &mut [f64]) {
        let offset = boundary - self.boundary;
        // New node j is offset + (i − j)·STEP above old node i: few values of the kernel are needed.
        let reach = (REACH / STEP).ceil();
        let lowest = (-offset / STEP).round() - reach;
        let kernel: Vec<f64> = (0..=2 * count(reach))
            .map(|index| gauss(offset + (lowest + index as f64) * STEP))
            .collect();
        for (j, density) in densities.iter_mut().enumerate() {
            // Old node of the kernel's first value; there are no nodes before the first.
            let first = j as f64 + lowest;
            let (old, kernel) = if first < 0.0 {
                (&self.weighted[..], kernel.get(count(-first)..))
            } else {
                (self.weighted.get(count(first)..).unwrap_or_default(), Some(&kernel[..]))
            };
            let pairs = old.iter().zip(kernel.unwrap_or_default());
            *density = pairs.map(|(weighted, kernel)| weighted * kernel).sum();
        }
    }
}

fn gauss(x: f64) -> f64 {
    const ROOT_OF_TAU: f64 = 2.506_628_274_631_000_2;
    math::exp(-0.5 * x * x) / ROOT_OF_TAU
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
fn count(of: f64) -> usize {
    of.ceil().clamp(0.0, 1e5) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(planned: u32, alpha: f64, spending: Spending) -> Vec<f64> {
        let spend = |look| alpha * share_of(look, planned, spending, alpha);
        let gains = gains(planned, spend);
        (1..).zip(gains).map(|(look, gain)| normal::upper_quantile(gain * spend(look))).collect()
    }

    #[test]
    fn boundaries_are_those_of_published_tables() {
        // gsDesign and ldbounds, one-sided 0.025, five looks: spending like O'Brien and Fleming's, and like Pocock's.
        let late = scores(5, 0.025, Spending::Late);
        for (found, known) in late.iter().zip([4.8769, 3.3569, 2.6803, 2.2898, 2.0310]) {
            assert!((found - known).abs() < 2e-4, "{late:?}");
        }
        let early = scores(5, 0.025, Spending::Early);
        for (found, known) in early.iter().zip([2.4380, 2.4268, 2.4101, 2.3966, 2.3859]) {
            assert!((found - known).abs() < 2e-4, "{early:?}");
        }
    }

    #[test]
    fn a_level_is_never_below_what_is_spent() {
        for spending in [Spending::Late, Spending::Even, Spending::Early] {
            for planned in [2, 12, 60, 250] {
                let spend = |look| 0.005 * share_of(look, planned, spending, 0.01);
                let gains = gains(planned, spend);
                assert_eq!(gains.len(), planned as usize);
                assert!(gains.iter().all(|gain| (1.0..400.0).contains(gain)), "{gains:?}");
            }
        }
    }

    #[test]
    fn kept_boundaries_equal_new_ones() {
        let mut kept = Boundaries::default();
        for number in 1..=6 {
            let looks = Looks::new(number, 6).unwrap();
            let gain = |of: &mut Boundaries| of.gain(looks, Spending::Late, 0.01, 0.005).unwrap();
            assert_eq!(gain(&mut kept).to_bits(), gain(&mut Boundaries::default()).to_bits());
        }
        let sliding = Looks::new(5, 6).unwrap().sliding();
        assert_eq!(kept.gain(sliding, Spending::Late, 0.01, 0.005), None);
    }
}
