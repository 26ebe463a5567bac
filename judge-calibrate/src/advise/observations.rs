//! What advice is given from, beside the figures.

use crate::profile::Profile;

/// The judge that corrects for autocorrelation and reads `minimumAbsolute`.
pub(crate) const EVIDENCE: &str = "EvidenceJudge-v1";

/// What the history and the healthy pairs of the longest window show of one metric.
pub(crate) struct Observations {
    pub(crate) known: bool,
    pub(crate) profile: Profile,
    /// Share of the longest windows' pairs in which it had no class for want of data.
    pub(crate) untold: f64,
    /// Share of them in which the baseline's mean was below 0.
    pub(crate) below_zero: f64,
    /// Its mean ratios in the longest windows' healthy pairs, ascending.
    pub(crate) mean_ratios: Vec<f64>,
    /// The longest window that the history has.
    pub(crate) longest: usize,
}
