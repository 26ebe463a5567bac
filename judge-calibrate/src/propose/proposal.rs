//! The types of a proposal.

use serde::Serialize;

use super::allowance::Allowance;
use super::folds::HeldOut;
use crate::calibration::{HistorySummary, SmallestChange, WindowFigures};
use crate::error::CalibrateError;
use crate::share::Share;

/// The target of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposalTarget {
    false_alarms: f64,
    largest: f64,
}

impl ProposalTarget {
    /// Holds back at most a share `false_alarms` of healthy canaries, above 0 and at most a half, by allowances of at
    /// most `largest`, a share above 0. A share of 1 is a canary of twice the baseline. If no ratio can be allowed,
    /// it is a change as large as the metric's largest distance from 0.
    ///
    /// # Errors
    /// If either is out of range.
    ///
    /// # Example
    /// ```
    /// use judge_calibrate::ProposalTarget;
    ///
    /// assert_eq!(ProposalTarget::new(0.01, 1.0)?, ProposalTarget::default());
    /// assert!(ProposalTarget::new(0.0, 1.0).is_err());
    /// # Ok::<(), judge_calibrate::CalibrateError>(())
    /// ```
    pub fn new(false_alarms: f64, largest: f64) -> Result<Self, CalibrateError> {
        let wrong = |name, value, expected| Err(CalibrateError::Option { name, value, expected });
        if !(false_alarms > 0.0 && false_alarms <= 0.5) {
            return wrong("false-alarms", false_alarms, "a number above 0 and at most 0.5");
        }
        if !(largest > 0.0 && largest.is_finite()) {
            return wrong("largest", largest, "a finite number above 0");
        }
        Ok(Self { false_alarms, largest })
    }

    /// The largest share of healthy canaries that may be held back.
    pub fn false_alarms(self) -> f64 {
        self.false_alarms
    }

    /// The largest useful allowance, as a share.
    pub fn largest(self) -> f64 {
        self.largest
    }
}

impl Default for ProposalTarget {
    /// One canary in a hundred. An allowance above the baseline itself would only find regressions that a person sees
    /// anyway.
    fn default() -> Self {
        Self { false_alarms: 0.01, largest: 1.0 }
    }
}

/// Allowances for a config, and their effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// The judge's name.
    pub judge: String,
    /// The target.
    pub target: ProposalTarget,
    /// Share of pairs in which a change must be found.
    pub power: f64,
    /// Seed of the random pairs.
    pub seed: u64,
    /// The history to which it was fitted.
    pub history: HistorySummary,
    /// The window that it applies to.
    pub window: WindowFigures,
    /// Whether the history has enough pairs to show that smaller allowances than the limit of healthy differences
    /// suffice.
    pub shows_enough: bool,
    /// What the pairs judged before and after do not share with the data to which the allowances were fitted.
    pub held_out: HeldOut,
    /// The effect on the whole config.
    #[serde(flatten)]
    pub effect: ProposalEffect,
    /// Healthy pairs that the proposal holds back if metrics that need an allowance and have none are muted. `None`
    /// if there are no such metrics or no others.
    pub muted: Option<Share>,
    /// Proposals for the metrics, in the order of the config.
    pub metrics: Vec<MetricProposal>,
}

impl Proposal {
    /// Whether the share of held-back pairs is at most the target; `None` if no pair could be judged.
    pub fn reaches_target(&self) -> Option<bool> {
        let after = self.effect.false_alarms_after?;
        Some(after.share <= self.target.false_alarms)
    }
}

/// The effect of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposalEffect {
    /// Healthy pairs in which the metric fails, or that the unchanged config holds back. `None` if the history has
    /// too few windows to hold any out.
    pub false_alarms_before: Option<Share>,
    /// The same pairs, judged with allowances that were not fitted to them.
    pub false_alarms_after: Option<Share>,
    /// The smallest shift that the unchanged config detects. For the whole config it is injected into every metric at
    /// once.
    pub shift_before: Option<SmallestChange>,
    /// The smallest shift that the config detects with the proposal.
    pub shift_after: Option<SmallestChange>,
}

/// The proposal for one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricProposal {
    /// The metric.
    pub name: String,
    /// The kind of proposal.
    pub kind: ProposalKind,
    /// The allowance for the config; `None` if there is none.
    pub allowance: Option<Allowance>,
    /// The differences of its healthy windows; `None` if no two could be compared.
    pub spread: Option<SpreadFigures>,
    /// The effect on the metric.
    #[serde(flatten)]
    pub effect: ProposalEffect,
    /// Advice for the user.
    pub note: Option<String>,
}

/// The kind of proposal for a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ProposalKind {
    /// An allowance is proposed.
    Allow,
    /// It raises few enough false alarms without an allowance.
    NotNeeded,
    /// Its limit is larger than the largest useful allowance, and it fails in no healthy pair, but the pairs are too
    /// few to show more.
    NoneSeen,
    /// The config already allows as much.
    Kept,
    /// It needs an allowance above the largest useful one.
    TooLarge,
    /// It fails healthy canaries whatever the allowance is.
    NoHelp,
    /// It is 0 or below in some window, and the judge reads no allowance in the metric's unit.
    NotAboveZero,
    /// Its allowances are probabilities (`effectSize.measure` is `cles`).
    Cles,
    /// Fewer than two windows can be compared.
    FewWindows,
    /// It has one value throughout.
    Constant,
    /// The history has no point of it.
    NotInHistory,
    /// It does not count in the score.
    Muted,
}

/// Differences between healthy windows of one metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpreadFigures {
    /// Root mean square of the differences between two sides: a share or, if the metric is not always above 0, in the
    /// metric's unit.
    pub difference: f64,
    /// The difference, which a healthy pair exceeds as rarely as this metric may fail.
    pub limit: f64,
    /// Whether the differences are shares.
    pub relative: bool,
    /// Number of independent windows: the degrees of freedom of `difference`.
    pub windows: usize,
    /// Number of compared instances.
    pub instances: usize,
    /// Share of the variance that comes from instances that always differ.
    pub lasting: f64,
}
