//! On which scale a metric is judged.
//!
//! Latencies, sizes and rates are often multiplicative: noise, memory, load and allowances are
//! shares of the level. Their logarithms then behave as the theory of the tests wants it, and a
//! lognormal metric is no harder than a normal one. Where values are positive and logarithms fit a
//! normal distribution better (Box and Cox 1964, λ = 0 against λ = 1), the tests see them.

use crate::config::evidence::MinimumChange;
use crate::judgement::Change;

use super::grid::Grid;
use super::process::Process;

/// Maps points and shifts of a case, turned so that harm is up, to the metric's values.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scale {
    logs: bool,
    up: bool,
    /// Share of the baseline that is allowed on top.
    pub(super) share: f64,
    /// Size of the baseline's level in the grid's unit.
    pub(super) level: f64,
    /// Size of its mean on the scale.
    mean: f64,
}

impl Scale {
    pub(super) fn of(logs: bool, change: Change, share: f64, baseline: &Process) -> Self {
        let up = change == Change::Increase;
        let level = if logs {
            (if up { baseline.median } else { -baseline.median }).exp()
        } else {
            baseline.median.abs().max(baseline.mean.abs())
        };
        Self { logs, up, share, level, mean: baseline.mean.abs() }
    }

    /// Whether harm is up on the grid.
    pub(super) fn is_up(&self) -> bool {
        self.up
    }

    /// How far the bar is above the baseline's level.
    pub(super) fn offset(&self) -> f64 {
        if self.logs { self.allowed() } else { self.share * self.mean }
    }

    /// The allowance as a difference of logarithms.
    fn allowed(&self) -> f64 {
        if self.up { self.share.ln_1p() } else { -(-self.share.min(1.0 - 1e-9)).ln_1p() }
    }

    /// A baseline's point with what is allowed on top.
    pub(super) fn bar(&self, y: f64) -> f64 {
        if self.share == 0.0 {
            y
        } else if self.logs {
            y + self.allowed()
        } else {
            y + self.share * y.abs()
        }
    }

    /// Whether the bar's points are wider apart than the baseline's.
    pub(super) fn stretches(&self) -> bool {
        !self.logs && self.share > 0.0
    }

    /// By how much the bar's points are wider apart than the baseline's.
    pub(super) fn widened(&self) -> f64 {
        if self.logs { 1.0 } else { 1.0 + self.share }
    }

    /// A shift on the scale as one of values: in the grid's unit, or as a share of the level where
    /// the scale is logarithmic.
    pub(super) fn linear(&self, shift: f64) -> f64 {
        match (self.logs, self.up) {
            (false, _) => shift,
            (true, true) => shift.exp_m1(),
            (true, false) => -(-shift).exp_m1(),
        }
    }

    /// The shift of which [`Scale::linear`] makes `size`.
    pub(super) fn of_linear(&self, size: f64) -> f64 {
        match (self.logs, self.up) {
            (false, _) => size,
            (true, true) => size.ln_1p(),
            (true, false) if size < 1.0 => -(-size).ln_1p(),
            (true, false) => f64::INFINITY,
        }
    }

    /// A deviation in both directions, in the same units.
    pub(super) fn deviation(&self, size: f64) -> f64 {
        if self.logs { size.sinh() } else { size }
    }

    /// The power with which far-out points get rarer when noise has this `deviation`: 3, no heavier
    /// than what still has a variance and about as heavy as request latencies get; a lognormal's
    /// where that is less, two standard deviations out.
    pub(super) fn tail_exponent(&self, deviation: f64) -> f64 {
        if self.logs { (2.0 / deviation).min(3.0) } else { 3.0 }
    }

    /// A shift on the scale in the grid's unit.
    pub(super) fn in_grid(&self, shift: f64) -> f64 {
        if self.logs { self.level * self.linear(shift) } else { shift }
    }

    /// The smallest change that matters.
    pub(super) fn minimum(&self, minimum: MinimumChange, noise: f64, grid: &Grid) -> f64 {
        let MinimumChange { relative, noise: noises, absolute } = minimum;
        let absolute = grid.in_unit(absolute);
        let values = if self.logs {
            relative.ln_1p().max((absolute / self.level).ln_1p())
        } else {
            (relative * self.level).max(absolute)
        };
        values.max(noises * noise)
    }
}
