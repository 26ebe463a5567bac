//! One metric, seen so that harm is up, ready for the tests.

use crate::config::evidence::MinimumChange;
use crate::judgement::Change;
use crate::stats::distribution::student;

use super::grid::Grid;
use super::memory::{Memory, variance_of_mean};
use super::process::{Process, Steps, Workspace};
use super::scale::Scale;

/// How much higher than the baseline the canary may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// As a share of the baseline, at least 0: 0.1 for `allowedIncrease` 1.1.
    pub(super) share: f64,
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
    /// The bar's points in time order.
    pub(super) bar: Vec<f64>,
    /// The canary's points, ascending.
    pub(super) sorted_x: Vec<f64>,
    /// The baseline's points, ascending.
    pub(super) sorted_y: Vec<f64>,
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
    /// Single points, for the tests of such.
    pub(super) points: Points,
}

/// How far single points are out, without the common level; in the grid's unit, or where the scale is
/// logarithmic in shares of the level.
#[derive(Debug, Default)]
pub(super) struct Points {
    /// The canary's, in time order.
    pub(super) out: Vec<f64>,
    /// The baseline's in the same sense.
    pub(super) base_out: Vec<f64>,
    /// For each of the canary's points the excess of the baseline's largest within a step; empty
    /// where times are unknown.
    pub(super) beside: Vec<f64>,
    /// Their standard deviation, moved least by points that stand out.
    pub(super) scale: f64,
    /// The smallest change that matters.
    pub(super) minimum: f64,
    /// Exponent of the power with which far-out points get rarer, at least.
    pub(super) exponent: f64,
}

/// Correlation from which the difference of two points of one time is quieter than a point.
const PAIRING: f64 = 0.5;
/// Differences of the same time are also used where they know the shift this much better, however
/// few points the common load leaves independent.
const CLEARLY_QUIETER: f64 = 0.3;
/// Two-sided 5 % point of the normal distribution, for whether sides are correlated at all.
const CORRELATED: f64 = 1.96;
/// With memory, few points are independent; fewer than this make no sense in Fisher's z.
const FEWEST_INDEPENDENT: f64 = 6.0;

impl Case {
    /// Looks at `grid` from `start` on.
    pub(super) fn refill(
        &mut self,
        grid: &Grid,
        start: usize,
        change: Change,
        allowance: Allowance,
        workspace: &mut Workspace,
    ) {
        let sign = match change {
            Change::Increase => 1.0,
            Change::Decrease => -1.0,
        };
        let canary = grid.canary.get(start..).unwrap_or_default();
        let from = if grid.aligned { start } else { 0 };
        let baseline = grid.baseline.get(from..).unwrap_or_default();
        fill(&mut self.x, canary.iter().filter(|v| !v.is_nan()).map(|v| sign * v));
        fill(&mut self.y, baseline.iter().filter(|v| !v.is_nan()).map(|v| sign * v));
        self.of_x = Process::of(&self.x, Steps::Sought, workspace);
        self.of_y = Process::of(&self.y, Steps::Noise, workspace);
        self.scale = Scale::of(grid.logs, change, allowance.share, &self.of_y);
        let scale = self.scale;
        self.offset = scale.offset();
        fill(&mut self.bar, self.y.iter().map(|&y| scale.bar(y)));
        self.sort(grid, change, start);
        let apart = Memory::of(Some(&self.of_y.flat), &self.of_x.flat, self.of_x.stepped.as_ref());
        self.of_x.settle(&apart.memory, apart.stepped);
        self.of_y.settle(&apart.memory, false);
        self.memory = apart.memory;
        self.paired = false;
        let pairs = canary.iter().zip(baseline).filter(|(x, y)| !x.is_nan() && !y.is_nan());
        let n = pairs.clone().count();
        if grid.aligned && n >= 5 && 2 * n > self.x.len().max(self.y.len()) {
            let oriented = || pairs.clone().map(|(x, y)| (sign * x, sign * y));
            fill(&mut self.above, oriented().map(|(x, y)| x - scale.bar(y)));
            self.of_above = Process::of(&self.above, Steps::Sought, workspace);
            let together = Memory::of(None, &self.of_above.flat, self.of_above.stepped.as_ref());
            self.of_above.settle(&together.memory, together.stepped);
            let quieter = {
                let paired = together
                    .memory
                    .average(|phi| self.of_above.variance(phi) * variance_of_mean(n, phi));
                let apart = apart.memory.average(|phi| self.variance_of_shift(phi, self.x.len()));
                paired < CLEARLY_QUIETER * CLEARLY_QUIETER * apart
            };
            self.paired = quieter || correlated(oriented(), n, &self.of_x, &self.of_y);
            if self.paired {
                self.memory = together.memory;
            }
        }
        if self.paired {
            self.noise = self.of_above.sd;
            self.usual_memory = self.memory;
        } else {
            self.usual_memory = Memory::of(None, &self.of_y.flat, None).memory;
            let place = scale.bar(self.of_y.mean);
            fill(&mut self.above, self.x.iter().map(|x| x - place));
            self.of_above = self.of_x;
            self.noise = self.of_y.sd;
        }
        let shorter = self.above.len().min(if self.paired { usize::MAX } else { self.y.len() });
        self.phi = self.memory.cautious(shorter, self.freedom());
        self.minimum = scale.minimum(allowance.minimum, self.noise, grid);
        self.measure_points(canary, baseline, sign, grid.aligned);
    }

    /// Sorts the points, which is done already where nothing is left out.
    fn sort(&mut self, grid: &Grid, change: Change, start: usize) {
        if start > 0 {
            fill(&mut self.sorted_x, self.x.iter().copied());
            fill(&mut self.sorted_y, self.y.iter().copied());
        } else if change == Change::Increase {
            fill(&mut self.sorted_x, grid.sorted_canary.iter().copied());
            fill(&mut self.sorted_y, grid.sorted_baseline.iter().copied());
        } else {
            fill(&mut self.sorted_x, grid.sorted_canary.iter().rev().map(|v| -v));
            fill(&mut self.sorted_y, grid.sorted_baseline.iter().rev().map(|v| -v));
        }
        let scale = self.scale;
        fill(&mut self.sorted_bar, self.sorted_y.iter().map(|&y| scale.bar(y)));
        for sorted in [&mut self.sorted_x, &mut self.sorted_y, &mut self.sorted_bar] {
            sorted.sort_unstable_by(f64::total_cmp);
        }
    }

    fn measure_points(&mut self, canary: &[f64], baseline: &[f64], sign: f64, aligned: bool) {
        let scale = self.scale;
        let points = &mut self.points;
        let robust = if self.paired { self.of_above.scale } else { self.of_y.scale };
        points.scale = scale.deviation(robust);
        points.minimum = scale.deviation(self.minimum);
        points.exponent = scale.tail_exponent(robust);
        points.beside.clear();
        if self.paired {
            fill(&mut points.out, self.above.iter().map(|&above| scale.linear(above)));
            let pairs = canary.iter().zip(baseline).filter(|(x, y)| !x.is_nan() && !y.is_nan());
            fill(&mut points.base_out, pairs.map(|(x, y)| scale.linear(sign * (y - x))));
            return;
        }
        let middle = self.of_y.median;
        let bar_middle = scale.bar(middle);
        fill(&mut points.out, self.x.iter().map(|x| scale.linear(x - bar_middle)));
        fill(&mut points.base_out, self.y.iter().map(|y| scale.linear(y - middle)));
        if aligned {
            let excess = |index: usize| {
                baseline.get(index).map_or(f64::NEG_INFINITY, |y| scale.linear(sign * y - middle))
            };
            let times = (0..canary.len()).filter(|&index| !canary[index].is_nan());
            let near = times.map(|index| {
                // f64::max leaves NaN out.
                excess(index).max(excess(index + 1)).max(excess(index.wrapping_sub(1)))
            });
            fill(&mut points.beside, near);
        }
    }

    /// Variance of the mean of `length` consecutive points of `above`, if memory is `phi`.
    fn variance_of_shift(&self, phi: f64, length: usize) -> f64 {
        let own = variance_of_mean(length, phi);
        if self.paired {
            return self.of_above.variance(phi) * own;
        }
        // The canary is at least as noisy as the baseline: its own noise may be short of a step.
        let baseline = self.of_y.variance(phi);
        let canary = self.of_x.variance(phi).max(baseline);
        canary * own + baseline * variance_of_mean(self.y.len(), phi)
    }

    /// How likely the mean of `above` is to be `mean` above its true value or more.
    pub(super) fn tail_of_mean(&self, mean: f64) -> f64 {
        let (n, df) = (self.above.len(), self.freedom());
        self.memory.average(|phi| {
            let error = self.variance_of_shift(phi, n).sqrt();
            // Without noise the ranks alone can tell.
            student::upper_tail(if error > 0.0 { mean / error } else { 0.0 }, df)
        })
    }

    /// Standard error of the mean of all of `above`, as large as all φ together make it.
    pub(super) fn error_of_mean(&self) -> f64 {
        self.variance_of_shift(self.phi, self.above.len()).sqrt()
    }

    /// Degrees of freedom of `noise` alone.
    pub(super) fn freedom_of_noise(&self) -> f64 {
        if self.paired { self.freedom() } else { (self.y.len() as f64 - 1.0).max(1.0) }
    }

    /// Degrees of freedom of the error of the mean.
    pub(super) fn freedom(&self) -> f64 {
        let step = if self.of_above.stepped.is_some() { 2.0 } else { 0.0 };
        let points = if self.paired {
            self.above.len() as f64 - 1.0
        } else {
            (self.x.len() + self.y.len()) as f64 - 2.0
        };
        (points - step).max(1.0)
    }

    /// Whether a mean `shift` above the bar matters: with an allowance it is the allowance that
    /// decides, and the smallest change counts from the baseline itself.
    pub(super) fn matters(&self, above: f64) -> bool {
        above > 0.0 && above + self.offset >= self.minimum
    }
}

/// Whether both sides move together enough for differences of the same time to be quieter than the
/// sides. Memory makes independent series look correlated: Bartlett (1935) has the variance.
fn correlated(
    pairs: impl Iterator<Item = (f64, f64)>,
    n: usize,
    of_x: &Process,
    of_y: &Process,
) -> bool {
    if n < 5 || !(of_x.sd > 0.0 && of_y.sd > 0.0) {
        return false;
    }
    let clip = |v: f64, of: &Process| ((v - of.median) / of.sd).clamp(-4.0, 4.0);
    let (mut x1, mut y1, mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in pairs {
        let (x, y) = (clip(x, of_x), clip(y, of_y));
        x1 += x;
        y1 += y;
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    let n = n as f64;
    let variance = (xx - x1 * x1 / n) * (yy - y1 * y1 / n);
    if variance <= 0.0 {
        return false;
    }
    let correlation = (xy - x1 * y1 / n) / variance.sqrt();
    let memory = of_x.phi * of_y.phi;
    let independent = (n * (1.0 - memory) / (1.0 + memory)).max(FEWEST_INDEPENDENT.min(n));
    let chance = (CORRELATED / (independent - 3.0).sqrt()).tanh();
    correlation > PAIRING.max(chance)
}

pub(super) fn fill(buffer: &mut Vec<f64>, values: impl Iterator<Item = f64>) {
    buffer.clear();
    buffer.extend(values);
}
