//! Single points, for the tests of such: how far each is out.

use super::grid::Grid;
use super::scale::Scale;
use super::sides::{Sides, fill};

/// How far single points are out on the case's scale, without the common level.
#[derive(Debug, Default)]
pub(super) struct Points {
    /// The canary's, in time order.
    pub(super) out: Vec<f64>,
    /// The baseline's in the same sense.
    pub(super) base_out: Vec<f64>,
    /// For each of the canary's points the excess of the baseline's largest within a step, over its
    /// level, or of differences over its point of the same time; empty where times are unknown.
    pub(super) beside: Vec<f64>,
    /// Their standard deviation, moved least by points that stand out; like all sizes here in the
    /// grid's unit, or where the scale is logarithmic in shares of the level.
    pub(super) scale: f64,
    /// The smallest change that matters.
    pub(super) minimum: f64,
    /// Exponent of the power with which far-out points get rarer, at least.
    pub(super) exponent: f64,
    on: Scale,
}

/// What the points of a case are measured by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    pub(super) scale: Scale,
    /// Robust standard deviation.
    pub(super) deviation: f64,
    pub(super) minimum: f64,
    /// 1 where harm is up, −1 where it is down.
    pub(super) sign: f64,
}

impl Points {
    fn measure(&mut self, by: Measure) {
        self.on = by.scale;
        self.scale = by.scale.deviation(by.deviation);
        self.minimum = by.scale.deviation(by.minimum);
        self.exponent = by.scale.tail_exponent(by.deviation);
        self.beside.clear();
    }

    /// Of differences of the same time, `above` the bar.
    pub(super) fn of_differences(&mut self, above: &[f64], sides: &Sides, by: Measure) {
        self.measure(by);
        self.out.clear();
        self.out.extend_from_slice(above);
        fill(&mut self.base_out, sides.differences.iter().map(|d| -by.sign * d));
    }

    /// Of the canary's points `x` and the baseline's `y` around the `middle` of the latter.
    pub(super) fn of_sides(&mut self, x: &[f64], y: &[f64], middle: f64, by: Measure) {
        self.measure(by);
        let bar_middle = by.scale.bar(middle);
        fill(&mut self.out, x.iter().map(|x| x - bar_middle));
        fill(&mut self.base_out, y.iter().map(|y| y - middle));
    }

    /// What the baseline did beside the canary's points, where the grid says it.
    pub(super) fn look_beside(&mut self, grid: &Grid, start: usize, middle: f64, sign: f64) {
        if !grid.aligned {
            return;
        }
        let canary = grid.canary.get(start..).unwrap_or_default();
        let baseline = grid.baseline.get(start..).unwrap_or_default();
        let times = canary.iter().enumerate().filter(|(_, x)| !x.is_nan());
        let near = times.map(|(index, _)| largest_beside(baseline, index, sign) - middle);
        fill(&mut self.beside, near);
    }

    /// The same for differences: how much higher the baseline is beside its points of the same times.
    pub(super) fn look_beside_pairs(&mut self, grid: &Grid, start: usize, sign: f64) {
        let sides = grid.canary.iter().zip(&grid.baseline).enumerate().skip(start);
        let pairs = sides.filter(|(_, (x, y))| !x.is_nan() && !y.is_nan());
        let scale = self.on;
        let near = pairs.map(|(index, (_, y))| {
            scale.bar(largest_beside(&grid.baseline, index, sign)) - scale.bar(sign * y)
        });
        fill(&mut self.beside, near);
    }

    /// How far on the case's scale a point is that is out by so many standard deviations, and matters.
    pub(super) fn fence(&self, deviations: f64) -> f64 {
        self.on_scale((deviations * self.scale).max(self.minimum))
    }

    /// A size on the case's scale.
    pub(super) fn on_scale(&self, size: f64) -> f64 {
        self.on.of_linear(size)
    }

    /// How large it is to be `out` on the case's scale.
    pub(super) fn size(&self, out: f64) -> f64 {
        self.on.linear(out)
    }
}

/// The largest of the points within a step of the one at `index`, harm being up.
fn largest_beside(values: &[f64], index: usize, sign: f64) -> f64 {
    let near = &values[index.saturating_sub(1)..values.len().min(index + 2)];
    // f64::max leaves NaN out.
    near.iter().map(|y| sign * y).fold(f64::NEG_INFINITY, f64::max)
}
