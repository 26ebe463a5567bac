//! Both sides of a metric from some time on, whichever direction harm is.

use super::grid::{Grid, sort_points};
use super::location::Places;
use super::memory::{Memory, variance_of_mean};
use super::process::{Process, Workspace};
use super::spread::Widths;

/// Points, noise and memory of both sides, in the grid's unit.
#[derive(Debug, Default)]
pub(super) struct Sides {
    /// Where on the grid they start.
    pub(super) start: usize,
    /// The canary's points in time order.
    pub(super) x: Vec<f64>,
    /// The baseline's points in time order.
    pub(super) y: Vec<f64>,
    /// The canary's points, ascending.
    pub(super) sorted_x: Vec<f64>,
    /// The baseline's points, ascending.
    pub(super) sorted_y: Vec<f64>,
    pub(super) of_x: Process,
    pub(super) of_y: Process,
    /// Memory of both sides' noise.
    pub(super) apart: Memory,
    /// Of the baseline's alone.
    pub(super) usual: Memory,
    /// Canary − baseline, for each time at which both have a point.
    pub(super) differences: Vec<f64>,
    pub(super) of_differences: Process,
    /// Memory of their noise.
    pub(super) together: Memory,
    /// Whether differences of the same time are used.
    pub(super) paired: bool,
    /// The one φ that stands for the memory of what is used, where one has to.
    pub(super) phi: f64,
    /// Where the sides are, once a direction has asked.
    pub(super) places: Option<Places>,
    /// How wide the sides are, once a direction has asked.
    pub(super) widths: Option<Widths>,
}

/// Correlation from which the difference of two points of one time is quieter than a point.
const PAIRING: f64 = 0.5;
/// Below the correlation that memory alone makes by chance, differences of the same time are used where
/// they know the shift this much better: a common load leaves few points independent.
const CLEARLY_QUIETER: f64 = 0.25;
/// Two-sided 5 % point of the normal distribution, for whether sides are correlated at all.
const CORRELATED: f64 = 1.96;
/// With memory, few points are independent; fewer than this make no sense in Fisher's z.
const FEWEST_INDEPENDENT: f64 = 6.0;
/// Fewer pairs are none.
const FEWEST_PAIRS: usize = 5;

impl Sides {
    /// Looks at `grid` from `start` on.
    pub(super) fn refill(&mut self, grid: &Grid, start: usize, workspace: &mut Workspace) {
        let canary = grid.canary.get(start..).unwrap_or_default();
        let from = if grid.aligned { start } else { 0 };
        let baseline = grid.baseline.get(from..).unwrap_or_default();
        let present = |side: &[f64], points: &mut Vec<f64>| {
            fill(points, side.iter().copied().filter(|v| !v.is_nan()));
        };
        self.start = start;
        present(canary, &mut self.x);
        present(baseline, &mut self.y);
        if start == 0 {
            self.sorted_x.clone_from(&grid.sorted_canary);
            self.sorted_y.clone_from(&grid.sorted_baseline);
        } else {
            sort_points(&mut self.sorted_x, &self.x);
            sort_points(&mut self.sorted_y, &self.y);
        }
        let sides = [(&*self.x, &*self.sorted_x), (&*self.y, &*self.sorted_y)];
        [self.of_x, self.of_y] = Process::of_both(sides, workspace);
        (self.apart, self.usual) = Memory::of_sides(&self.of_x.trace, &self.of_y.trace);
        self.of_x.settle(&self.apart);
        self.of_y.settle(&self.apart);
        self.paired = grid.aligned && self.is_better_paired(grid, workspace);
        self.phi = if self.paired {
            let n = self.differences.len();
            self.together.cautious(n, freedom(true, n, 0))
        } else {
            let (m, n) = (self.x.len(), self.y.len());
            self.apart.cautious(m.min(n), freedom(false, m, n))
        };
        (self.places, self.widths) = (None, None);
    }

    /// Whether differences of the same time, which are put in place, know the shift better.
    fn is_better_paired(&mut self, grid: &Grid, workspace: &mut Workspace) -> bool {
        fill(&mut self.differences, grid.pairs(self.start).map(|(x, y)| x - y));
        let n = self.differences.len();
        if n < FEWEST_PAIRS || 2 * n <= self.x.len().max(self.y.len()) {
            return false;
        }
        self.of_differences = Process::of(&self.differences, workspace);
        self.together = Memory::of(&self.of_differences.trace, None);
        self.of_differences.settle(&self.together);
        let apart = self.variance_apart(&self.of_x, &self.apart);
        if !self.of_differences.trace.varies() {
            // Without noise only their ranks could tell, which reach √n standard errors at most.
            return self.of_differences.mean.powi(2) < n as f64 * apart;
        }
        let together = correlation(grid.pairs(self.start), n, &self.of_x, &self.of_y);
        let paired = variance_of_level(&self.of_differences, &self.together, n);
        if together > PAIRING
            && (together > chance_correlation(n, self.of_x.phi * self.of_y.phi)
                || is_clearly_quieter(paired, apart))
        {
            return true;
        }
        // A late change, too, makes differences noisy, and a large one hides that sides move together.
        let before =
            correlation(grid.pairs(self.start).take(early(n)), early(n), &self.of_x, &self.of_y);
        together.max(before) > PAIRING && self.was_quieter_before_change(workspace)
    }

    /// Whether differences would know the shift better by what the first points of the canary say of
    /// its noise.
    fn was_quieter_before_change(&self, workspace: &mut Workspace) -> bool {
        let n = self.differences.len();
        let of = Process::of(&self.differences[..early(n)], workspace);
        let paired = variance_of_level(&of, &Memory::of(&of.trace, None), n);
        let of_x = Process::of(&self.x[..early(self.x.len())], workspace);
        let apart = Memory::of(&of_x.trace, Some(&self.of_y.trace));
        is_clearly_quieter(paired, self.variance_apart(&of_x, &apart))
    }

    /// Variance of the shift between the sides, of a canary with the noise of `of_x`.
    fn variance_apart(&self, of_x: &Process, memory: &Memory) -> f64 {
        let (m, n) = (self.x.len(), self.y.len());
        memory.average(|phi| variance_apart(of_x, &self.of_y, phi, m, n))
    }
}

/// Degrees of freedom of the error of the mean of `m` differences of the same time if `paired`, else of
/// `m` points of the canary against `n` of the baseline; at least 1.
pub(super) fn freedom(paired: bool, m: usize, n: usize) -> f64 {
    let own = |points: usize| points.saturating_sub(1).max(1) as f64;
    if paired {
        return own(m);
    }
    // Welch's (1947) for one noise: a side of few points makes nearly all of the error, and says little
    // of it.
    let (canary, baseline) = (1.0 / m.max(1) as f64, 1.0 / n.max(1) as f64);
    (canary + baseline).powi(2) / (canary.powi(2) / own(m) + baseline.powi(2) / own(n))
}

/// How many of `n` points come before what would be a late change.
fn early(n: usize) -> usize {
    n - n / 3
}

fn is_clearly_quieter(paired: f64, apart: f64) -> bool {
    paired < CLEARLY_QUIETER * CLEARLY_QUIETER * apart
}

/// Variance of the mean of `n` points.
fn variance_of_level(of: &Process, memory: &Memory, n: usize) -> f64 {
    memory.average(|phi| of.variance(phi) * variance_of_mean(n, phi))
}

/// Variance of the mean of `m` consecutive points of a canary less that of all `n` of its baseline, if
/// memory is `phi`.
pub(super) fn variance_apart(of_x: &Process, of_y: &Process, phi: f64, m: usize, n: usize) -> f64 {
    // The canary is at least as noisy as the baseline.
    let baseline = of_y.variance(phi);
    let canary = of_x.variance(phi).max(baseline);
    canary * variance_of_mean(m, phi) + baseline * variance_of_mean(n, phi)
}

/// How much both sides move together, points far out clipped; 0 where one of them does not move.
fn correlation(
    pairs: impl Iterator<Item = (f64, f64)>,
    n: usize,
    of_x: &Process,
    of_y: &Process,
) -> f64 {
    if !(of_x.sd > 0.0 && of_y.sd > 0.0) {
        return 0.0;
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
    if variance > 0.0 { (xy - x1 * y1 / n) / variance.sqrt() } else { 0.0 }
}

/// The correlation that `n` points of independent series have by chance. `memory`, the product of both
/// φ, makes it larger: Bartlett (1935) has the variance.
fn chance_correlation(n: usize, memory: f64) -> f64 {
    let n = n as f64;
    let independent = (n * (1.0 - memory) / (1.0 + memory)).max(FEWEST_INDEPENDENT.min(n));
    (CORRELATED / (independent - 3.0).sqrt()).tanh()
}

pub(super) fn fill(buffer: &mut Vec<f64>, values: impl Iterator<Item = f64>) {
    buffer.clear();
    buffer.extend(values);
}
