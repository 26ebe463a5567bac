//! One metric, seen so that harm is up, ready for the tests.

use std::ops::Range;
use std::slice::SliceIndex;

use crate::config::evidence::MinimumChange;
use crate::judgement::Change;
use crate::order;
use crate::stats::distribution::{normal, student};

use super::grid::Grid;
use super::memory::{Memory, variance_of_mean};
use super::points::{Measure, Points};
use super::process::{Process, Workspace};
use super::scale::Scale;
use super::sides::{Sides, fill, freedom, variance_apart};

/// A change that is smaller than the smallest that matters by no more than this share is that change,
/// rounded: else the metric's unit would decide.
const ROUNDING: f64 = 1e-9;

/// How much higher than the baseline the canary may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// As a share of the baseline, at least 0: 0.1 for `allowedIncrease` 1.1.
    pub(super) share: f64,
    /// Of all pairs of a canary's and a baseline's point the share in which the canary's is worse: with
    /// less a change of level does not matter. 0 where the effect is not measured so.
    pub(super) often: f64,
    /// The smallest change that matters besides.
    pub(super) minimum: MinimumChange,
}

/// A metric seen from the side of one direction of harm.
///
/// All tests hold the canary against the *bar*: the baseline with what is allowed on top. So an
/// allowance means the same in each of them. Points and shifts are on the case's scale.
#[derive(Debug, Default)]
pub(super) struct Case {
    /// How points relate to the metric's values.
    pub(super) scale: Scale,
    /// The canary's points in time order.
    pub(super) x: Vec<f64>,
    /// The baseline's points in time order.
    pub(super) y: Vec<f64>,
    /// The canary's points, ascending.
    pub(super) sorted_x: Vec<f64>,
    /// The bar's points, ascending.
    pub(super) sorted_bar: Vec<f64>,
    /// For each time that the canary has a point, how far it is above the bar: above the bar's point
    /// of the same time when paired, else above the bar's mean.
    pub(super) above: Vec<f64>,
    /// Whether differences of the same time are used.
    pub(super) paired: bool,
    pub(super) of_x: Process,
    pub(super) of_y: Process,
    /// Of `above`.
    pub(super) of_above: Process,
    /// Memory of the noise.
    pub(super) memory: Memory,
    /// Of the baseline alone, unless paired: what the canary remembers besides may be what is wrong.
    pub(super) usual_memory: Memory,
    /// The one φ that stands for it where one has to.
    pub(super) phi: f64,
    /// Standard deviation of the baseline's noise, or of the difference's when paired.
    pub(super) noise: f64,
    /// The smallest change that matters.
    pub(super) minimum: f64,
    /// How far the bar is above the baseline's level.
    pub(super) offset: f64,
    /// How often the canary's points must be above the baseline's.
    often: f64,
    /// Single points, for the tests of such.
    pub(super) points: Points,
}

impl Case {
    /// Looks at `sides` of `grid`.
    pub(super) fn refill(
        &mut self,
        grid: &Grid,
        sides: &Sides,
        change: Change,
        allowance: Allowance,
        workspace: &mut Workspace,
    ) {
        let sign = match change {
            Change::Increase => 1.0,
            Change::Decrease => -1.0,
        };
        fill(&mut self.x, sides.x.iter().map(|v| sign * v));
        fill(&mut self.y, sides.y.iter().map(|v| sign * v));
        self.of_x = sides.of_x.turned(sign);
        self.of_y = sides.of_y.turned(sign);
        self.scale = Scale::of(grid.logs, change, allowance.share, &self.of_y);
        self.offset = self.scale.offset();
        self.often = allowance.often;
        self.sort(sides, change);
        self.paired = sides.paired;
        if self.paired {
            self.pair(grid, sides, sign, workspace);
            self.noise = self.of_above.sd;
            self.usual_memory = self.memory;
        } else {
            let place = self.scale.bar(self.of_y.mean);
            fill(&mut self.above, self.x.iter().map(|x| x - place));
            self.of_above = self.of_x.moved(-place);
            self.memory = sides.apart;
            self.usual_memory = sides.usual;
            self.phi = sides.phi;
            self.noise = self.of_y.sd;
        }
        self.minimum = self.scale.minimum(allowance.minimum, self.noise, grid);
        self.measure_points(grid, sides, sign);
    }

    fn sort(&mut self, sides: &Sides, change: Change) {
        let turn = |sorted: &mut Vec<f64>, side: &[f64]| match change {
            Change::Increase => fill(sorted, side.iter().copied()),
            Change::Decrease => fill(sorted, side.iter().rev().map(|v| -v)),
        };
        turn(&mut self.sorted_x, &sides.sorted_x);
        turn(&mut self.sorted_bar, &sides.sorted_y);
        if self.scale.share > 0.0 {
            for value in &mut self.sorted_bar {
                *value = self.scale.bar(*value);
            }
            // What is allowed of values below 0 may be more than what is between them.
            order::sort(&mut self.sorted_bar);
        }
    }

    /// Takes differences of the same time.
    fn pair(&mut self, grid: &Grid, sides: &Sides, sign: f64, workspace: &mut Workspace) {
        if !self.scale.stretches() {
            let offset = self.offset;
            fill(&mut self.above, sides.differences.iter().map(|d| sign * d - offset));
            self.of_above = sides.of_differences.turned(sign).moved(-offset);
            self.memory = sides.together;
            self.phi = sides.phi;
            return;
        }
        let scale = self.scale;
        let pairs = grid.pairs(sides.start);
        fill(&mut self.above, pairs.map(|(x, y)| sign * x - scale.bar(sign * y)));
        self.of_above = Process::of(&self.above, workspace);
        self.memory = Memory::of(&self.of_above.trace, None);
        self.of_above.settle(&self.memory);
        self.phi = self.memory.cautious(self.above.len(), self.freedom());
    }

    fn measure_points(&mut self, grid: &Grid, sides: &Sides, sign: f64) {
        let robust = if self.paired { self.of_above.scale } else { self.of_y.scale };
        let by = Measure { scale: self.scale, deviation: robust, minimum: self.minimum, sign };
        if self.paired {
            self.points.of_differences(&self.above, sides, by);
            self.points.look_beside_pairs(grid, sides.start, sign);
        } else {
            let middle = self.of_y.median;
            self.points.of_sides(&self.x, &self.y, middle, by);
            self.points.look_beside(grid, sides.start, middle, sign);
        }
    }

    /// Variance of the mean of all of `above`, if memory is `phi`.
    fn variance_of_shift(&self, phi: f64) -> f64 {
        let n = self.above.len();
        if self.paired {
            return self.of_above.variance(phi) * variance_of_mean(n, phi);
        }
        variance_apart(&self.of_x, &self.of_y, phi, n, self.y.len())
    }

    /// How likely the mean of `above` is to be `mean` above its true value or more.
    pub(super) fn tail_of_mean(&self, mean: f64) -> f64 {
        let df = self.freedom();
        self.memory.average(|phi| {
            let error = self.variance_of_shift(phi).sqrt();
            // Without noise the ranks alone can tell.
            let t = if error > 0.0 { mean / error } else { 0.0 };
            normal::upper_tail(student::normal_score(t, df))
        })
    }

    /// Standard error of the mean of all of `above`, as large as all φ together make it.
    pub(super) fn error_of_mean(&self) -> f64 {
        self.variance_of_shift(self.phi).sqrt()
    }

    /// Degrees of freedom of `noise` alone.
    pub(super) fn freedom_of_noise(&self) -> f64 {
        if self.paired { self.freedom() } else { (self.y.len() as f64 - 1.0).max(1.0) }
    }

    /// Degrees of freedom of the error of the mean.
    pub(super) fn freedom(&self) -> f64 {
        freedom(self.paired, self.above.len(), self.y.len())
    }

    /// How far the canary's middle is above that of the bar, at least 0.
    pub(super) fn level_above_middle(&self) -> f64 {
        let above = if self.paired {
            self.of_above.median
        } else {
            self.of_x.median - self.scale.bar(self.of_y.median)
        };
        above.max(0.0)
    }

    /// Whether the sides as a whole are apart by half as much as the differences of the same time say.
    /// Curves of one shape that run ahead of each other differ most of the time and yet on no level.
    pub(super) fn is_apart(&self, above: f64) -> bool {
        let (m, n) = (self.sorted_x.len(), self.sorted_bar.len());
        if !self.paired || m == 0 || n == 0 {
            return true;
        }
        let at_level =
            |(index, x): (usize, &f64)| x - self.sorted_bar[(2 * index + 1) * n / (2 * m)];
        let mut apart: Vec<f64> = self.sorted_x.iter().enumerate().map(at_level).collect();
        2.0 * order::select(&mut apart, m / 2) >= above
    }

    /// Of all pairs of one of those points of the canary and one of the bar the share in which the
    /// canary's is above; those that are equal count half.
    pub(super) fn share_above(&self, points: impl SliceIndex<[f64], Output = [f64]>) -> f64 {
        let x = self.x.get(points).unwrap_or_default();
        let bar = &self.sorted_bar;
        let beaten = |x: &f64| {
            let below = bar.partition_point(|bar| bar < x);
            let not_above = bar.partition_point(|bar| bar <= x);
            0.5 * (below + not_above) as f64
        };
        x.iter().map(beaten).sum::<f64>() / (x.len() * bar.len()) as f64
    }

    /// Whether a stretch of the points that are held against the bar is as often above the baseline as it
    /// takes to matter.
    pub(super) fn is_often_above(&self, stretch: Range<usize>) -> bool {
        if self.often <= 0.0 {
            return true;
        }
        // Of differences of the same time there may be fewer than points.
        let same = self.x.len() == self.above.len();
        self.share_above(if same { stretch } else { 0..self.x.len() }) >= self.often
    }

    /// Whether a mean this far `above` the bar matters: with an allowance it is the allowance that
    /// decides, and the smallest change counts from the baseline itself.
    pub(super) fn matters(&self, above: f64) -> bool {
        above > 0.0 && above + self.offset >= self.minimum * (1.0 - ROUNDING)
    }
}
