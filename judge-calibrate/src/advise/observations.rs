//! The input of advice besides the figures.

use crate::profile::Profile;

/// The judge that corrects for autocorrelation and reads `minimumAbsolute`.
pub(crate) const EVIDENCE: &str = "EvidenceJudge-v1";

/// What the history and the healthy pairs of the longest window show about one metric.
pub(crate) struct Observations {
    pub(crate) known: bool,
    pub(crate) profile: Profile,
    /// Share of the longest window's pairs in which it has no class because data is missing.
    pub(crate) without_data: f64,
    /// Share of these pairs in which the baseline's mean is below 0.
    pub(crate) below_zero: f64,
    /// Its mean ratios in these pairs, ascending.
    pub(crate) mean_ratios: Vec<f64>,
    /// Index of the longest window that the history has.
    pub(crate) longest: usize,
}
