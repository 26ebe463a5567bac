//! Is the canary higher?
//!
//! **Null**: both sides have one mean. **Statistic**: two t of clipped values, of the two samples and of the
//! differences of the same time, a line taken out of the residuals of either and φ averaged over; joined by
//! Cauchy's rule, since which of the two knows more depends on how much the sides share. Windows that
//! follow each other are one series with a break ([`super::sequential`]). **Effect**: the shift of the
//! means, from whichever has the smaller error. **Cost**: O(n).

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::posterior::{Posterior, combine};
use crate::judges::evidence::prepare::timeline::Times;

use super::sequential::Sequential;

/// Where the canary is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Location {
    /// Against no change at all.
    pub(crate) p: f64,
    /// The shift as the more precise of the comparisons knows it.
    pub(crate) shift: Posterior,
    /// Half-width of the interval that is shown.
    pub(crate) reach: f64,
    /// Largest of the shifts of means, clipped means, medians and pairs.
    pub(crate) effect: f64,
}

/// Compares the sides.
pub(crate) fn find(of: &Comparison, sequential: Option<&Sequential>) -> Option<Location> {
    let apart = *of.apart()?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    // Clipped points tell whether there is a change, all of them how large it is.
    let plain = (of.robust_x.median - of.robust_y.median).max(mean(&of.x) - mean(&of.y));
    if let Some(sequential) = sequential {
        let shift = sequential.shift();
        return Some(Location {
            p: sequential.p_of_shift(),
            shift,
            reach: shift.half_width(p::SHOWN),
            effect: shift.mean().max(of.robust_x.median - of.robust_y.median),
        });
    }
    let Some(paired) = of.paired().copied() else {
        return Some(Location {
            p: apart.p_value(0.0),
            shift: apart,
            reach: apart.half_width(p::SHOWN),
            effect: apart.mean().max(plain),
        });
    };
    let shift = if paired.error() < apart.error() { paired } else { apart };
    Some(Location {
        p: combine(&[apart.p_value(0.0), paired.p_value(0.0)]),
        shift,
        reach: shift.half_width(p::SHOWN),
        effect: shift.mean().max(plain).max(of.robust_differences.median),
    })
}

/// The share of the metric's level that the test takes.
pub(crate) fn share(times: Times) -> f64 {
    if times == Times::After { p::LOCATION_SHARE_AFTER } else { p::LOCATION_SHARE }
}
