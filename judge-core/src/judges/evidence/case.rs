//! One metric, seen so that harm is up, ready for the tests.

use crate::config::evidence::MinimumChange;
use crate::judgement::Change;
use crate::stats::distribution::normal;

use super::grid::Grid;
use super::process::{Process, Steps, Workspace, variance_of_mean};

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
/// allowance means the same in each of them.
#[derive(Debug, Default)]
pub(super) struct Case {
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
    /// How far the points of the canary are out, for tests of single points: as `above`, but without
    /// the common level.
    pub(super) out: Vec<f64>,
    /// How far those of the baseline are out in the same sense.
    pub(super) base_out: Vec<f64>,
    /// Whether the baseline has a point at the canary's time or beside it that is out at all; empty
    /// where times are unknown. The value is that point's excess.
    pub(super) beside: Vec<f64>,
    /// Whether differences of the same time are used.
    pub(super) paired: bool,
    pub(super) of_x: Process,
    pub(super) of_y: Process,
    /// Of `above`.
    pub(super) of_above: Process,
    /// Memory of the noise.
    pub(super) phi: f64,
    /// Standard deviation of the baseline's noise, or of the difference's when paired.
    pub(super) noise: f64,
    /// The same, moved least by points that stand out: what single points are measured with.
    pub(super) scale: f64,
    /// Size of the baseline's level.
    pub(super) level: f64,
    /// The smallest change that matters, in the metric's unit.
    pub(super) minimum: f64,
    /// Share of the baseline that is allowed on top.
    pub(super) share: f64,
}

/// Correlation from which the difference of two points of one time is quieter than a point.
const PAIRING: f64 = 0.5;
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
        let share = allowance.share;
        let bar_of = |y: f64| y + share * y.abs();
        fill(&mut self.x, canary.iter().filter(|v| !v.is_nan()).map(|v| sign * v));
        fill(&mut self.y, baseline.iter().filter(|v| !v.is_nan()).map(|v| sign * v));
        fill(&mut self.bar, self.y.iter().map(|&y| bar_of(y)));
        self.share = share;
        self.sort(grid, change, start);
        self.of_x = Process::of(&self.x, Steps::Removed, workspace);
        self.of_y = Process::of(&self.y, Steps::Noise, workspace);
        self.level = self.of_y.median.abs().max(self.of_y.mean.abs());
        let pairs = canary.iter().zip(baseline).filter(|(x, y)| !x.is_nan() && !y.is_nan());
        self.paired = grid.aligned && {
            let n = pairs.clone().count();
            2 * n > self.x.len().max(self.y.len())
                && correlated(
                    pairs.clone().map(|(x, y)| (sign * x, sign * y)),
                    n,
                    &self.of_x,
                    &self.of_y,
                )
        };
        if self.paired {
            let differences = pairs.map(|(x, y)| sign * x - bar_of(sign * y));
            fill(&mut self.above, differences);
            self.of_above = Process::of(&self.above, Steps::Removed, workspace);
            self.phi = cautious(self.of_above.phi, self.above.len());
            self.noise = self.of_above.sd;
            self.scale = self.of_above.scale;
        } else {
            let place = bar_of(self.of_y.mean);
            fill(&mut self.above, self.x.iter().map(|x| x - place));
            self.of_above = self.of_x;
            // One process under the null: what either side says of its memory counts half.
            let phi = 0.5 * (self.of_x.phi + self.of_y.phi);
            // A ramp in the canary looks like memory, which the baseline then does not have.
            let own = self.of_y.phi;
            let phi = phi.min(own + ((1.0 - own * own) / self.y.len() as f64).sqrt());
            self.phi = cautious(phi, self.x.len() + self.y.len());
            self.noise = self.of_y.sd;
            self.scale = self.of_y.scale;
        }
        let MinimumChange { relative, noise, absolute } = allowance.minimum;
        self.minimum = (relative * self.level).max(noise * self.noise).max(grid.in_unit(absolute));
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
        let share = self.share;
        fill(&mut self.sorted_bar, self.sorted_y.iter().map(|y| y + share * y.abs()));
        for sorted in [&mut self.sorted_x, &mut self.sorted_y, &mut self.sorted_bar] {
            sorted.sort_unstable_by(f64::total_cmp);
        }
    }

    fn measure_points(&mut self, canary: &[f64], baseline: &[f64], sign: f64, aligned: bool) {
        self.beside.clear();
        if self.paired {
            fill(&mut self.out, self.above.iter().copied());
            let pairs = canary.iter().zip(baseline).filter(|(x, y)| !x.is_nan() && !y.is_nan());
            fill(&mut self.base_out, pairs.map(|(x, y)| sign * (y - x)));
            return;
        }
        let (middle, share) = (self.of_y.median, self.share);
        let bar_middle = middle + share * middle.abs();
        fill(&mut self.out, self.x.iter().map(|x| x - bar_middle));
        fill(&mut self.base_out, self.y.iter().map(|y| y - middle));
        if aligned {
            let excess =
                |index: usize| baseline.get(index).map_or(f64::NEG_INFINITY, |y| sign * y - middle);
            let times = (0..canary.len()).filter(|&index| !canary[index].is_nan());
            let near = times.map(|index| {
                // f64::max leaves NaN out.
                excess(index).max(excess(index + 1)).max(excess(index.wrapping_sub(1)))
            });
            fill(&mut self.beside, near);
        }
    }

    /// Standard error of the mean of `length` consecutive points of `above`.
    pub(super) fn error_of_mean(&self, length: usize) -> f64 {
        let own = variance_of_mean(length, self.phi);
        if self.paired {
            return self.noise * own.sqrt();
        }
        // The canary is at least as noisy as the baseline: its own noise may be short of a step.
        let sd = self.of_x.sd.max(self.of_y.sd);
        (sd * sd * own + self.of_y.sd * self.of_y.sd * variance_of_mean(self.y.len(), self.phi))
            .sqrt()
    }

    /// Degrees of freedom of `noise` alone.
    pub(super) fn freedom_of_noise(&self) -> f64 {
        let n = if self.paired { self.above.len() } else { self.y.len() };
        let lost = if self.paired { 2.0 } else { 1.0 };
        (1.0 / variance_of_mean(n.max(1), self.phi) - lost).max(1.0)
    }

    /// Degrees of freedom of that error.
    pub(super) fn freedom(&self) -> f64 {
        let worth = |n: usize| 1.0 / variance_of_mean(n.max(1), self.phi);
        let points = if self.paired {
            worth(self.above.len()) - 2.0
        } else {
            worth(self.x.len()) + worth(self.y.len()) - 3.0
        };
        points.max(1.0)
    }

    /// Whether a mean `shift` above the bar matters: with an allowance it is the allowance that
    /// decides, and the smallest change counts from the baseline itself.
    pub(super) fn matters(&self, above: f64) -> bool {
        above > 0.0 && above + self.share * self.level >= self.minimum
    }
}

/// The memory whose variance inflation (1 + φ)/(1 − φ) is what is expected of it when φ is known from
/// `n` points of both sides only: the inflation is convex, and its mean above that of the mean φ.
pub(super) fn cautious(phi: f64, n: usize) -> f64 {
    let rest = 1.0 - phi;
    // Correcting the bias of an estimate stretches it by about 1 + 3/n.
    let stretch = 1.0 + 6.0 / n as f64;
    let uncertainty = stretch * stretch * (1.0 - phi * phi) / n as f64;
    let inflation = (1.0 + phi) / rest + 2.0 * uncertainty / (rest * rest * rest);
    if phi > 0.0 { ((inflation - 1.0) / (inflation + 1.0)).min(0.98) } else { 0.0 }
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

/// The p-value of the largest of many standardised sums, each over a longer stretch than the one
/// before, from `shortest` to `longest` points: their maximum over a Brownian motion (Siegmund 1985,
/// eq. 4.43, one-sided). `tail` is the largest one's own p-value.
pub(super) fn scanned(tail: f64, shortest: usize, longest: usize) -> f64 {
    if tail <= 0.0 {
        return 0.0;
    }
    if tail >= 0.1 {
        return 1.0;
    }
    let b = normal::upper_quantile(tail);
    let density = (-0.5 * b * b).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let span = (longest as f64 / shortest as f64).max(1.0).ln();
    (tail + 0.5 * density * ((b - 1.0 / b) * span + 2.0 / b)).min(1.0)
}
