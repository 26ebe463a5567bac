//! Mann and Whitney's (1947) test with Hodges and Lehmann's (1963) shift.
//!
//! People know this test and ask for it, so it is shown. Its p-value assumes independent points, so it fails no
//! metric by itself. It has two other uses. It is a lower bound of the p-value that ranks have with
//! autocorrelation ([`super::scores`]). And if a metric has few distinct values, the location test must agree
//! with it, because the t test assumes a normal distribution that such points do not have. **Cost**: O(n log n)
//! at most.

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::stats::{ConfidenceLevel, Placed, TwoSampleScratch, place};

/// The shift by ranks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranks {
    pub(crate) p: f64,
    p_of_opposite: f64,
    pub(crate) shift: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

impl Ranks {
    /// The result for the opposite direction.
    pub(crate) fn reverse(self) -> Self {
        Self {
            p: self.p_of_opposite,
            p_of_opposite: self.p,
            shift: -self.shift,
            lower: -self.upper,
            upper: -self.lower,
        }
    }
}

/// Compares the sides by ranks.
pub(crate) fn find(comparison: &Comparison, scratch: &mut TwoSampleScratch) -> Option<Ranks> {
    let level = ConfidenceLevel::new(p::SHOWN).ok()?;
    let Placed { p, shift } =
        place(&comparison.sorted_x, &comparison.sorted_y, level, scratch).ok()?;
    Some(Ranks {
        p: p.greater,
        p_of_opposite: p.less,
        shift: shift.estimate,
        lower: shift.interval.lower,
        upper: shift.interval.upper,
    })
}
