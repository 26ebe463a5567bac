//! Is the canary worse for a stretch of its window?
//!
//! **Null**: the canary's stretch is no higher than the baseline, or no higher than the canary's other points. **Statistic**:
//! for each of several stretches the larger of two p-values: of its mean against the baseline, and of the difference of
//! differences (the canary's step less the baseline's at the same time), so that a change that both sides share does not count.
//! At least half of that difference must be the canary's own step, unless the sides share their noise: then a fall of the
//! baseline is one that the canary should have had.
//! Both are computed for two samples and for differences of the same time, and combined by Cauchy's rule. A stretch that healed
//! must also be higher than the baseline's highest stretch of as many points, because the baseline may have had such minutes,
//! too. **Effect**: how much higher the clearest stretch is. **Cost**: O(n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::{Comparison, MEAN};
use crate::judges::evidence::prepare::posterior::{Estimate, Posterior, combine};
use crate::judges::evidence::prepare::regression::{Designs, Regressand, Stretch, difference};
use crate::math;

use super::sequential::{Candidate, Sequential};

/// P-value of a stretch that is not higher. None has a larger one, so that a stretch that begins to stand out never
/// makes the others less certain.
const NOT_HIGHER: f64 = 0.5;
/// Most stretches of a series.
const MOST: usize = p::LATE_SHARES.len() + p::HEALED_SHARES.len() + 1;

/// A stretch of the canary that is worse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WorseStretch {
    pub(crate) p: f64,
    pub(crate) stretch: Stretch,
    /// How much higher the stretch is than the baseline.
    pub(crate) shift: Posterior,
    /// The larger of the mean of `shift` and the difference of plain means, without clipping.
    pub(crate) effect: f64,
}

/// Finds a stretch that is worse.
pub(crate) fn find(
    comparison: &Comparison,
    sequential: Option<&Sequential>,
    designs: &mut Designs,
) -> Option<WorseStretch> {
    if comparison.widening() > 1.0 {
        // A canary that repeats one value does not change.
        return None;
    }
    let (candidates, compared) = match sequential {
        Some(sequential) => one_after_the_other(comparison, sequential),
        None => side_by_side(comparison, designs)?,
    };
    let best = candidates.iter().min_by(|a, b| a.p.total_cmp(&b.p))?;
    let mut all: Vec<f64> = candidates.iter().map(|candidate| candidate.p).collect();
    all.resize(compared, NOT_HIGHER);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let points = best.stretch.range(comparison.x.len());
    let plain = mean(comparison.x.get(points).unwrap_or_default()) - comparison.mean_y;
    let effect = best.height.mean().max(plain);
    Some(WorseStretch { p: combine(&all), stretch: best.stretch, shift: best.height, effect })
}

/// The stretches of a canary whose window follows its baseline's, and their number. Such windows drift, so only
/// stretches that the points did not choose are used.
fn one_after_the_other(
    comparison: &Comparison,
    sequential: &Sequential,
) -> (Vec<Candidate>, usize) {
    let baselines_own = |stretch| own_of_baseline(&comparison.clipped_y, stretch);
    let candidates: Vec<_> =
        given(comparison.x.len()).map(|s| sequential.stretch(s, baselines_own(s))).collect();
    let compared = candidates.len();
    (candidates, compared)
}

/// The stretches that stand out between sides of the same time, and the number of all that were compared; `None`
/// if their p-values need not be known more exactly.
fn side_by_side(comparison: &Comparison, designs: &mut Designs) -> Option<(Vec<Candidate>, usize)> {
    // Combined p-values are no smaller than the smallest of them, and autocorrelation only makes them larger.
    let screened = Screened::all(comparison);
    if !screened.iter().any(|screened| screened.stands_out(p::UNREMARKABLE_SCORE))
        || combine(&screened.iter().map(Screened::least_p_value).collect::<Vec<_>>())
            > p::UNREMARKABLE
    {
        return None;
    }
    // The others count as not higher.
    let stand_out = screened.iter().filter(|screened| screened.stands_out(1.0));
    Some((
        stand_out.map(|screened| screened.candidate(comparison, designs)).collect(),
        screened.len(),
    ))
}

/// A stretch if points are independent.
struct Screened<'a> {
    /// The canary, or its differences to the baseline.
    series: &'a Regressand,
    stretch: Stretch,
    /// The baseline's points as long ago; `None` if differences of the same time are compared with 0.
    same_part: Option<Stretch>,
    /// Factor on its p-value.
    cost: f64,
    /// How much higher it is than the baseline, and than the canary's other points; `None` if it is not, or if the canary did
    /// not rise, but its baseline fell.
    higher_by: Option<[Estimate; 2]>,
}

impl<'a> Screened<'a> {
    /// All stretches.
    fn all(comparison: &'a Comparison) -> Vec<Self> {
        let (canary, baseline) = (&comparison.clipped_x, &comparison.clipped_y);
        let mean_of_baseline = comparison.y_line.if_independent(MEAN);
        let is_own = |own: Estimate, change: Estimate| {
            comparison.shares_noise() || own.mean >= p::END_STATE_OWN * change.mean
        };
        let mut all = Vec::with_capacity(2 * MOST);
        all.extend(stretches(canary).filter_map(|(stretch, cost)| {
            let same_part = same_part_of(stretch, canary, baseline)?;
            let is_higher = canary.mean_of(stretch) > mean_of_baseline.mean;
            let higher_by = is_higher.then(|| {
                let [height, own] = canary.stretch_if_independent(stretch);
                let [_, baseline_change] = baseline.stretch_if_independent(same_part);
                let change = own.less(baseline_change);
                is_own(own, change).then_some([height.less(mean_of_baseline), change])
            });
            let (same_part, higher_by) = (Some(same_part), higher_by.flatten());
            Some(Self { series: canary, stretch, same_part, cost, higher_by })
        }));
        if let Some(series) = comparison.clipped_differences() {
            all.extend(stretches(series).map(|(stretch, cost)| {
                let higher_by = (series.mean_of(stretch) > 0.0).then(|| {
                    let [height, change] = series.stretch_if_independent(stretch);
                    let [_, own] =
                        canary.stretch_if_independent(same_part_of(stretch, series, canary)?);
                    is_own(own, change).then_some([height, change])
                });
                let higher_by = higher_by.flatten();
                Self { series, stretch, same_part: None, cost, higher_by }
            }));
        }
        all
    }

    /// Whether both estimates are at least `score` standard errors above 0.
    fn stands_out(&self, score: f64) -> bool {
        self.higher_by.is_some_and(|both| both.iter().all(|estimate| estimate.exceeds(score)))
    }

    /// A lower bound of the p-value with autocorrelation.
    fn least_p_value(&self) -> f64 {
        let least = self.higher_by.map_or(NOT_HIGHER, |[height, change]| {
            height.least_p_value().max(change.least_p_value())
        });
        (self.cost * least).min(1.0)
    }

    /// The stretch with what is known of it if points are autocorrelated.
    fn candidate(&self, comparison: &Comparison, designs: &mut Designs) -> Candidate {
        let Self { series, stretch, same_part, cost, .. } = *self;
        let step = designs.on_stretch(series, stretch);
        let (height, baselines_own, change) = if let Some(same_part) = same_part {
            let baseline = &comparison.clipped_y;
            let baseline_step = designs.on_stretch(baseline, same_part);
            let height = difference((&step, [1.0, 1.0]), (&comparison.y_line, MEAN));
            let change = difference((&step, [0.0, 1.0]), (&baseline_step, [0.0, 1.0]));
            (height, own_of_baseline(baseline, same_part), change)
        } else {
            let height = step.posterior([1.0, 1.0], p::PRIOR_OF_DIFFERENCES);
            let change = step.posterior([0.0, 1.0], p::PRIOR_OF_DIFFERENCES);
            (height, own_of_differences(series, stretch), change)
        };
        let p = cost * height.p_value(baselines_own).max(change.p_value(0.0));
        Candidate { p: p.min(NOT_HIGHER), stretch, height }
    }
}

/// How much higher the baseline's highest stretch of as many points is than its mean. A change to the end has no
/// equal on the baseline: it is not known to heal.
fn own_of_baseline(baseline: &Regressand, stretch: Stretch) -> f64 {
    if stretch.to_end == 0 {
        return 0.0;
    }
    let highest = baseline.means_of(stretch.len()).fold(f64::NEG_INFINITY, f64::max);
    (highest - baseline.mean()).max(0.0)
}

/// How much higher than the canary the baseline is in some stretch of as many points.
fn own_of_differences(differences: &Regressand, stretch: Stretch) -> f64 {
    if stretch.to_end == 0 {
        return 0.0;
    }
    let lowest = differences.means_of(stretch.len()).fold(f64::INFINITY, f64::min);
    (-lowest).max(0.0)
}

/// The points of `other` as long ago as the `stretch` of `series`, if the two have different numbers of points.
fn same_part_of(stretch: Stretch, series: &Regressand, other: &Regressand) -> Option<Stretch> {
    let scaled = |points: usize| (points * other.len()).div_ceil(series.len());
    let (from_end, to_end) = (scaled(stretch.from_end), scaled(stretch.to_end));
    (to_end < from_end && from_end < other.len()).then_some(Stretch { from_end, to_end })
}

/// Stretches, each with the factor on its p-value: given ones with a factor of 1, and the one to the end at whose
/// begin the points step most, with the number of begins that it was chosen from.
fn stretches(series: &Regressand) -> impl Iterator<Item = (Stretch, f64)> {
    let n = series.len();
    let longest = n.saturating_sub(p::END_STATE_FEWEST_OTHERS);
    let chosen = (longest >= p::END_STATE_FEWEST).then(|| {
        let choices = (longest + 1 - p::END_STATE_FEWEST) as f64;
        let from_end = series.clearest_step(p::END_STATE_FEWEST, longest);
        (Stretch { from_end, to_end: 0 }, choices)
    });
    given(n).map(|stretch| (stretch, 1.0)).chain(chosen)
}

/// Stretches of a window of `n` points that the points did not choose.
fn given(n: usize) -> impl Iterator<Item = Stretch> {
    let points = move |share: f64| math::whole(share * n as f64 + 0.5);
    let to_end = p::LATE_SHARES.into_iter().map(|share| (share, 0.0));
    to_end.chain(p::HEALED_SHARES).filter_map(move |(since, after)| {
        let stretch = Stretch { from_end: points(since), to_end: points(after) };
        let is_long = stretch.len() >= p::END_STATE_FEWEST;
        let fewest = p::END_STATE_FEWEST_OTHERS;
        let is_healed = stretch.to_end == 0 || stretch.to_end >= fewest;
        (is_long && is_healed && n >= stretch.from_end + fewest).then_some(stretch)
    })
}

#[cfg(test)]
mod tests {
    use super::p;
    use crate::stats::distribution::normal;

    #[test]
    fn what_stands_out_less_than_the_unremarkable_score_has_a_larger_p() {
        let of_score = normal::upper_tail(p::UNREMARKABLE_SCORE);
        assert!((p::UNREMARKABLE..1.001 * p::UNREMARKABLE).contains(&of_score), "{of_score}");
    }
}
