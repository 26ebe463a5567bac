//! Is the canary higher?
//!
//! **Null**: both sides have one mean. **Statistic**: three t, a line taken out of the residuals and φ averaged over: of the
//! two samples of clipped values, of their ranks as normal scores ([`super::scores`]), and of the differences of the
//! same time, joined by Cauchy's rule. Two more t, of samples and of differences, take their errors from the slowest cosines
//! ([`long_run`]). Two more looks are at the points that are not clipped, which an incident does not hide, and at relative
//! differences, which do not follow the load. Each p-value is raised for the further look, and counts if it is then smaller.
//! Windows that follow each other are one series with a break ([`super::sequential`]). **Effect**: the shift of the means, from
//! samples or differences, whichever has the smaller error.
//! **Cost**: O(n), and O(n log n) where ranks say that the sides may differ.

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::long_run;
use crate::judges::evidence::prepare::posterior::{Posterior, combine};
use crate::judges::evidence::prepare::threshold::Threshold;

use super::mann_whitney::Ranks;
use super::scores::{self, UntiedScores};
use super::sequential::Sequential;

/// Where the canary is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Location {
    /// Against no change at all.
    pub(crate) p: f64,
    /// That of the shift as the first comparisons know it.
    pub(crate) p_of_shift: f64,
    /// The shift as the more precise of the comparisons knows it, or the look that was taken.
    pub(crate) shift: Posterior,
    /// Half-width of the interval that is shown.
    pub(crate) reach: f64,
    /// Largest of the shifts of means, clipped means, medians and pairs.
    pub(crate) effect: f64,
}

/// Compares the sides, of which `ranks` says how they differ if points are independent.
pub(crate) fn find(
    comparison: &Comparison,
    sequential: Option<&Sequential>,
    ranks: Option<&Ranks>,
    threshold: &Threshold,
    untied: &mut UntiedScores,
) -> Location {
    // Clipped points tell whether there is a change, all of them how large it is.
    let medians = comparison.robust_x.median - comparison.robust_y.median;
    if let Some(Sequential { shift, p, .. }) = sequential {
        return Location {
            p: *p,
            p_of_shift: shift.p_value(0.0),
            shift: *shift,
            reach: shift.half_width(p::SHOWN),
            effect: shift.mean().max(medians),
        };
    }
    let p_of_unpaired = comparison.unpaired_shift.p_value(0.0);
    // Autocorrelation only makes ranks less remarkable.
    let least = ranks.map_or(0.0, |ranks| ranks.p);
    let p_of_scores = if least > p::UNREMARKABLE {
        least
    } else {
        scores::p_value(&scores::normal(comparison, untied), comparison.y.len()).max(least)
    };
    // Ranks count half as much as values: they are weaker if points are autocorrelated.
    let mut p_values = vec![p_of_unpaired, p_of_unpaired, p_of_scores];
    let (mut p_of_shift, shift) = (p_of_unpaired, *comparison.shift());
    let mut effect = shift.mean().max(medians.max(comparison.mean_x - comparison.mean_y));
    if let Some(paired) = &comparison.paired_shift {
        let p_of_paired = paired.p_value(0.0);
        p_values.extend([p_of_paired; 3]);
        effect = effect.max(comparison.robust_differences.median);
        if comparison.prefers_pairs() {
            p_of_shift = p_of_paired;
        }
    }
    let (p, reach) = (combine(&p_values), comparison.shift_reach);
    let mut location = Location { p, p_of_shift, shift, reach, effect };
    location.refine_by_long_run(comparison);
    let calm = (least <= p::UNREMARKABLE).then(|| comparison.shift_of_calm_points()).flatten();
    for shift in calm.into_iter().chain(comparison.relative_shift(0.0)) {
        // The effect may be that of an incident: then these say nothing of it.
        if threshold.is_reached(comparison, shift.mean()) {
            location.look_again(p::SECOND_LOOK_COST, &[shift.widen(comparison.widening())]);
        }
    }
    location
}

impl Location {
    /// Uses the long-run variances if they make the shift more certain.
    fn refine_by_long_run(&mut self, comparison: &Comparison) {
        let independent = comparison.shifts_if_independent();
        let least = combine(&independent.map(|shift| shift.least_p_value()).collect::<Vec<_>>());
        // No p-value by the long-run variance is smaller than that of independent points.
        if least > p::UNREMARKABLE || self.p <= p::LONG_RUN_COST * least {
            return;
        }
        let (x, y) = (&comparison.clipped_x, &comparison.clipped_y);
        let differences = comparison.clipped_differences().map(long_run::mean);
        let shifts: Vec<Posterior> = std::iter::once(long_run::mean(x).less(long_run::mean(y)))
            .chain(differences)
            .map(|shift| Posterior::from_estimate(shift).widen(comparison.widening()))
            .collect();
        self.look_again(p::LONG_RUN_COST, &shifts);
    }

    /// Takes `shifts`, other estimates of the same shift, if they make it more certain. Their p-value is multiplied by `cost`.
    fn look_again(&mut self, cost: f64, shifts: &[Posterior]) {
        let p_values: Vec<f64> = shifts.iter().map(|shift| shift.p_value(0.0)).collect();
        let p = cost * combine(&p_values);
        let best = shifts.iter().min_by(|a, b| a.error().total_cmp(&b.error()));
        if let Some(shift) = best.filter(|_| p < self.p) {
            (self.p, self.shift, self.reach) = (p, *shift, shift.half_width(p::SHOWN));
        }
    }
}
