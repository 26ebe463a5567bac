//! One metric, turned so that harm is up, with what all tests need to know of its noise.

use std::f64::consts::FRAC_1_SQRT_2;

use crate::judges::evidence::parameters as p;
use crate::order;
use crate::sums::sum;

use super::autocorrelation::{self, Weights};
use super::axis::{self, Axis, allow};
use super::posterior::{Estimate, Posterior};
use super::regression::{self, Designs, Regressand, Solutions};
use super::robust::Robust;
use super::timeline::{PairTimeline, Times};

/// The mean, of the effects of a mean and a line.
pub(crate) const MEAN: [f64; 2] = [1.0, 0.0];

/// Both sides from some time on, in coordinates of one [`Axis`].
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) axis: Axis,
    pub(crate) times: Times,
    /// Where on the timeline it starts.
    pub(crate) start: usize,
    /// The canary's points in time order.
    pub(crate) x: Vec<f64>,
    /// The baseline's points in time order.
    pub(crate) y: Vec<f64>,
    /// The canary's points, ascending.
    pub(crate) sorted_x: Vec<f64>,
    /// The baseline's points, ascending.
    pub(crate) sorted_y: Vec<f64>,
    /// Canary and baseline of the times at which both have a point.
    pub(crate) pairs: Vec<(f64, f64)>,
    /// Canary − baseline of the same times.
    pub(crate) differences: Vec<f64>,
    /// Means of the canary's and of the baseline's points.
    pub(crate) mean_x: f64,
    pub(crate) mean_y: f64,
    pub(crate) robust_x: Robust,
    pub(crate) robust_y: Robust,
    pub(crate) robust_differences: Robust,
    /// Correlation of the sides over the same times; 0 where they have none.
    pub(crate) correlation: f64,
    /// How many times as much as the baseline's the canary's points may vary.
    pub(crate) noise_factor: f64,
    /// Points count for no more than this far from the median of their side; infinite where no point varies.
    pub(crate) reach: f64,
    /// The canary's points as the regressions see them: clipped, around the baseline's median.
    pub(crate) clipped_x: Regressand,
    /// The baseline's points as the regressions see them.
    pub(crate) clipped_y: Regressand,
    clipped_differences: Regressand,
    x_line: Solutions<2>,
    /// The baseline on a mean and a line.
    pub(crate) y_line: Solutions<2>,
    /// `None` where too few times have both points.
    difference_line: Option<Solutions<2>>,
    /// What the two sides say of the shift between them, as two samples.
    pub(crate) unpaired_shift: Posterior,
    /// What differences of the same times say of the shift.
    pub(crate) paired_shift: Option<Posterior>,
    /// Half-width of the interval of [`Comparison::shift`] that is shown.
    pub(crate) shift_reach: f64,
    /// Weights of φ of the baseline's noise alone: autocorrelation that only the canary has may be the harm.
    pub(crate) weights_of_baseline: Weights,
    /// Standard deviation of the baseline's noise around a line.
    pub(crate) noise: f64,
    designs: Designs,
    ordered: Vec<f64>,
}

impl Comparison {
    /// Looks at `timeline` from `start` on, where each side has at least [`p::FEWEST`] points.
    pub(crate) fn refill(&mut self, timeline: &PairTimeline, axis: Axis, start: usize) {
        self.axis = axis;
        self.times = timeline.times;
        self.noise_factor = timeline.noise_factor;
        self.start = start;
        let canary = timeline.canary.get(start..).unwrap_or_default();
        let from = if timeline.times == Times::Same { start } else { 0 };
        let baseline = timeline.baseline.get(from..).unwrap_or_default();
        let fill = |values: &mut Vec<f64>, side: &[f64]| {
            values.clear();
            values.extend(side.iter().filter(|v| !v.is_nan()).map(|v| axis.coordinate(*v)));
        };
        fill(&mut self.x, canary);
        fill(&mut self.y, baseline);
        if start == 0 {
            fill_sorted(&mut self.sorted_x, &timeline.sorted_canary, axis);
            fill_sorted(&mut self.sorted_y, &timeline.sorted_baseline, axis);
        } else {
            for (sorted, values) in [(&mut self.sorted_x, &self.x), (&mut self.sorted_y, &self.y)] {
                sorted.clone_from(values);
                order::sort(sorted);
            }
        }
        self.pairs.clear();
        if timeline.times == Times::Same {
            let both = canary.iter().zip(baseline).filter(|(x, y)| !x.is_nan() && !y.is_nan());
            self.pairs.extend(both.map(|(x, y)| (axis.coordinate(*x), axis.coordinate(*y))));
        }
        if 2 * self.pairs.len() <= self.x.len().max(self.y.len()) {
            self.pairs.clear();
        }
        self.differences.clear();
        self.differences.extend(self.pairs.iter().map(|(x, y)| x - y));
        self.describe();
    }

    fn describe(&mut self) {
        self.mean_x = sum(&self.x) / self.x.len() as f64;
        self.mean_y = sum(&self.y) / self.y.len() as f64;
        self.robust_x = Robust::estimate_sorted(&self.sorted_x);
        self.robust_y = Robust::estimate_sorted(&self.sorted_y);
        // The baseline alone says how far out a point is: with more harm the fences stay where they are.
        let scale =
            if self.robust_y.scale > 0.0 { self.robust_y.scale } else { self.robust_x.scale };
        self.reach = if scale > 0.0 { p::CLIP * scale } else { f64::INFINITY };
        let middle_y = self.robust_y.median;
        let (clip_x, clip_y) = (self.clip_canary(), clip(middle_y, self.reach));
        self.clipped_x.refill(self.x.iter().map(|v| clip_x(*v)), middle_y);
        self.clipped_y.refill(self.y.iter().map(|v| clip_y(*v)), middle_y);
        self.x_line = self.designs.on_line(&self.clipped_x);
        self.y_line = self.designs.on_line(&self.clipped_y);
        self.difference_line = None;
        self.robust_differences = Robust::default();
        self.correlation = 0.0;
        if self.pairs.len() >= p::FEWEST {
            let clipped = self.pairs.iter().map(|(x, y)| clip_x(*x) - clip_y(*y));
            self.clipped_differences.refill(clipped, 0.0);
            self.difference_line = Some(self.designs.on_line(&self.clipped_differences));
            self.robust_differences = Robust::estimate(&self.differences, &mut self.ordered);
            if self.x_line.is_noisy() && self.y_line.is_noisy() {
                self.correlation =
                    correlation(self.pairs.iter().map(|(x, y)| (clip_x(*x), clip_y(*y))));
            }
        }
        self.summarise();
    }

    /// Clips the canary's points, which may lie farther out where they are noisier.
    fn clip_canary(&self) -> impl Fn(f64) -> f64 + use<> {
        clip(self.robust_x.median, self.reach * self.noise_factor)
    }

    fn summarise(&mut self) {
        let (x, y, widening) = (&self.x_line, &self.y_line, self.widening());
        self.unpaired_shift = unpaired_shift_between(x, y).widen(widening);
        self.weights_of_baseline = y.weights(p::PRIOR_OF_SIDES);
        self.noise = y.deviation(&self.weights_of_baseline);
        self.paired_shift =
            self.difference_line.as_ref().map(|line| shift_of_differences(line).widen(widening));
        self.shift_reach = self.shift().half_width(p::SHOWN);
    }

    /// Turns harm round.
    pub(crate) fn reverse(&mut self) {
        self.axis = self.axis.reverse();
        (self.mean_x, self.mean_y) = (-self.mean_x, -self.mean_y);
        for values in [&mut self.x, &mut self.y, &mut self.differences] {
            axis::reverse(values);
        }
        for sorted in [&mut self.sorted_x, &mut self.sorted_y] {
            sorted.reverse();
            axis::reverse(sorted);
        }
        for (x, y) in &mut self.pairs {
            (*x, *y) = (-*x, -*y);
        }
        for robust in [&mut self.robust_x, &mut self.robust_y, &mut self.robust_differences] {
            robust.median = -robust.median;
        }
        for side in [&mut self.clipped_x, &mut self.clipped_y, &mut self.clipped_differences] {
            side.reverse();
        }
        let lines = [&mut self.x_line, &mut self.y_line];
        lines.into_iter().chain(&mut self.difference_line).for_each(Solutions::reverse);
        self.unpaired_shift = self.unpaired_shift.reverse();
        self.paired_shift = self.paired_shift.map(Posterior::reverse);
    }

    /// Whether the canary's median is beyond the reach of clipping, but where the baseline has many points, too. Clipped
    /// means would then differ as if all points did.
    pub(crate) fn is_at_other_level(&self) -> bool {
        let (median, reach) = (self.robust_x.median, self.reach);
        let up_to = |value: f64| self.sorted_y.partition_point(|y| *y <= value);
        let near = up_to(median + reach) - up_to(median - reach);
        median > self.robust_y.median + reach
            && near as f64 > p::OTHER_LEVEL * self.sorted_y.len() as f64
    }

    /// Whether all of the baseline's points have one value.
    pub(crate) fn is_constant(&self) -> bool {
        self.sorted_y.first() == self.sorted_y.last()
    }

    /// Whether more than half of the baseline's points have one value.
    pub(crate) fn repeats_one_value(&self) -> bool {
        let median = self.robust_y.median;
        let upto = self.sorted_y.partition_point(|y| *y <= median);
        let below = self.sorted_y.partition_point(|y| *y < median);
        2 * (upto - below) > self.sorted_y.len()
    }

    /// Differences of the same times as the regressions see them, where there are enough.
    pub(crate) fn clipped_differences(&self) -> Option<&Regressand> {
        self.difference_line.is_some().then_some(&self.clipped_differences)
    }

    /// By how much errors are too small because the canary repeats one value while its baseline moves: it
    /// counts as noisy as its baseline.
    pub(crate) fn widening(&self) -> f64 {
        let is_stuck = !self.x_line.is_noisy() && self.y_line.is_noisy();
        if is_stuck { p::STUCK_WIDENING } else { 1.0 }
    }

    /// The shift between two samples, and that of differences of the same time, if points are independent.
    pub(crate) fn shifts_if_independent(&self) -> impl Iterator<Item = Estimate> {
        let mean = |line: &Solutions<2>| line.if_independent(MEAN);
        let unpaired = mean(&self.x_line).less(mean(&self.y_line));
        std::iter::once(unpaired).chain(self.difference_line.as_ref().map(mean))
    }

    /// The shift as the more precise of the two comparisons knows it.
    pub(crate) fn shift(&self) -> &Posterior {
        self.unpaired_shift.or_more_precise(self.paired_shift.as_ref())
    }

    /// Whether differences of the same time know the shift better than the two samples.
    pub(crate) fn prefers_pairs(&self) -> bool {
        let paired = self.paired_shift.as_ref();
        paired.is_some_and(|paired| paired.error() < self.unpaired_shift.error())
    }

    /// The canary less what is allowed, as the more precise of the two comparisons knows it: above 0 is above the allowance.
    pub(crate) fn beyond_allowance(&self, share: f64) -> Posterior {
        let middle_y = self.robust_y.median;
        let (clip_x, clip_y) = (self.clip_canary(), clip(middle_y, self.reach));
        let allowed = |y: f64| allow(clip_y(y), share);
        let (mut side, mut designs) = (Regressand::default(), Designs::default());
        side.refill(self.y.iter().map(|y| allowed(*y)), middle_y);
        let unpaired = unpaired_shift_between(&self.x_line, &designs.on_line(&side));
        let paired = self.difference_line.is_some().then(|| {
            side.refill(self.pairs.iter().map(|(x, y)| clip_x(*x) - allowed(*y)), 0.0);
            shift_of_differences(&designs.on_line(&side))
        });
        let relative = self.relative_shift(share);
        *unpaired.or_more_precise(paired.as_ref()).or_more_precise(relative.as_ref())
    }

    /// The shift between the points of both sides that are not clipped; `None` if all are kept, or too few. An incident on
    /// either side looks like autocorrelation, which hides a shift of all other points.
    pub(crate) fn shift_of_calm_points(&self) -> Option<Posterior> {
        let line = |values: &[f64], middle: f64, reach: f64| {
            let mut side = Regressand::default();
            let calm = values.iter().copied().filter(|v| (v - middle).abs() <= reach);
            side.refill(calm, self.robust_y.median);
            let left_out = values.len() - side.len();
            let is_enough = side.len() >= p::FEWEST
                && left_out as f64 <= p::LEFT_OUT_MOST * values.len() as f64;
            is_enough.then(|| (left_out, side.on_line().solve()))
        };
        let (of_x, x) = line(&self.x, self.robust_x.median, self.reach * self.noise_factor)?;
        let (of_y, y) = line(&self.y, self.robust_y.median, self.reach)?;
        (of_x + of_y > 0).then(|| unpaired_shift_between(&x, &y))
    }

    /// The shift by relative differences, for metrics under one load: if the canary is worse by a share, its differences follow
    /// the load. So each is divided by the mean of its two points, and multiplied by that of both medians. The baseline is
    /// raised by the allowed `share`. `None` unless the sides move together and all points are above 0.
    pub(crate) fn relative_shift(&self, share: f64) -> Option<Posterior> {
        self.difference_line.as_ref()?;
        let is_above_0 = |coordinate: &f64| self.axis.sign() * coordinate > 0.0;
        if self.correlation <= p::TOGETHER || !self.x.iter().chain(&self.y).all(is_above_0) {
            return None;
        }
        let middle_y = self.robust_y.median;
        let (clip_x, clip_y) = (self.clip_canary(), clip(middle_y, self.reach));
        let unit = self.robust_x.median.midpoint(allow(middle_y, share)).abs();
        let relative = |(x, y): &(f64, f64)| {
            let (x, allowed) = (clip_x(*x), allow(clip_y(*y), share));
            unit * (x - allowed) / x.midpoint(allowed).abs()
        };
        let differences: Vec<f64> = self.pairs.iter().map(relative).collect();
        let shift = |clip: &dyn Fn(f64) -> f64| {
            let mut side = Regressand::default();
            side.refill(differences.iter().map(|difference| clip(*difference)), 0.0);
            shift_of_differences(&side.on_line().solve())
        };
        let of_all = shift(&|difference| difference);
        // Clipped ones say more. But saw-teeth out of step differ by little one way at most times, and by much the other way.
        if of_all.p_value(0.0) > p::UNREMARKABLE {
            return Some(of_all);
        }
        let Robust { median, scale } = Robust::estimate(&differences, &mut Vec::new());
        Some(shift(&clip(median, p::CLIP * scale)))
    }

    /// Whether the sides move together, so that their differences know the shift better.
    pub(crate) fn shares_noise(&self) -> bool {
        self.correlation > p::TOGETHER && self.prefers_pairs()
    }

    /// Whether both sides move together, and differ by nothing but a shift and independent noise.
    pub(crate) fn moves_together(&self) -> bool {
        if self.correlation <= p::TOGETHER || self.difference_line.is_none() {
            return false;
        }
        // On a mean alone: drift counts as autocorrelation.
        let ones = vec![1.0; self.clipped_differences.len()];
        let mean = self.clipped_differences.on([&ones]).solve();
        !mean.is_noisy() || autocorrelation::mean(&mean.weights(p::PRIOR_OF_DIFFERENCES)) < p::WHITE
    }

    /// Standard deviation of the baseline's noise, without what both sides share.
    pub(crate) fn own_noise(&self) -> f64 {
        let differences = self.difference_line.as_ref().filter(|_| self.moves_together());
        differences.map_or(self.noise, |line| {
            let of_both = line.deviation(&line.weights(p::PRIOR_OF_DIFFERENCES));
            self.noise.min(of_both * FRAC_1_SQRT_2)
        })
    }

    /// Share of the pairs of a canary's and a baseline's point in which the canary's is above; equal ones count half.
    pub(crate) fn share_above(&self) -> f64 {
        let beaten = |x: &f64| {
            let below = self.sorted_y.partition_point(|y| y < x);
            let not_above = self.sorted_y.partition_point(|y| y <= x);
            0.5 * (below + not_above) as f64
        };
        self.x.iter().map(beaten).sum::<f64>() / (self.x.len() * self.sorted_y.len()) as f64
    }
}

/// What two samples say of the shift between them.
pub(crate) fn unpaired_shift_between(x: &Solutions<2>, y: &Solutions<2>) -> Posterior {
    regression::difference((x, MEAN), (y, MEAN))
}

/// What differences of the same times say of the shift.
fn shift_of_differences(differences: &Solutions<2>) -> Posterior {
    differences.posterior(MEAN, p::PRIOR_OF_DIFFERENCES)
}

/// Clips values at `reach` around `middle`.
fn clip(middle: f64, reach: f64) -> impl Fn(f64) -> f64 {
    move |value| value.clamp(middle - reach, middle + reach)
}

/// Fills in the coordinates of ascending values, ascending.
fn fill_sorted(sorted: &mut Vec<f64>, values: &[f64], axis: Axis) {
    sorted.clear();
    sorted.extend(values.iter().map(|v| axis.coordinate(*v)));
    if axis.sign() < 0.0 {
        sorted.reverse();
    }
}

/// Pearson's correlation; 0 where one side does not vary.
fn correlation(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let n = pairs.clone().count() as f64;
    let (x_sum, y_sum) = pairs.clone().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    correlation_around_0(pairs.map(|(x, y)| (x - x_sum / n, y - y_sum / n)))
}

/// Correlation of two series with a mean of 0; 0 where one does not vary.
pub(crate) fn correlation_around_0(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    if xx > 0.0 && yy > 0.0 { xy / (xx.sqrt() * yy.sqrt()) } else { 0.0 }
}
