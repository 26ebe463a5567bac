//! Buffers of the statistics of location.

use super::differences::DifferenceSelector;
use super::mann_whitney::NullDistribution;

/// Buffers of [`two_sample()`](super::two_sample()), O(m + n), reused from pair to pair.
///
/// [`two_sample()`](super::two_sample()) has an example.
#[derive(Debug, Default)]
pub struct TwoSampleScratch {
    pub(super) selector: DifferenceSelector,
    /// That of the pair before: pairs of one size without ties share it.
    pub(super) null: Option<NullDistribution>,
}
