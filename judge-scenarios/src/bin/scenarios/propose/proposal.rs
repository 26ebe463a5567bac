//! A proposal for one series, and the verdicts of judges with it.

use judge_core::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
use judge_scenarios::real_series::SeriesAllowance;
use serde::Serialize;

/// The judges that read allowances.
pub(super) const JUDGES: [&dyn Judge; 2] = [&EvidenceJudge, &NetflixAcaJudge];
/// The questions about each window of the second half.
#[derive(Debug, Clone, Copy)]
pub(super) enum WindowQuestion {
    /// Does it fail without an allowance?
    AlarmWithout,
    /// Does it fail with the allowance?
    AlarmWith,
    /// Does it fail if it is scaled to the baseline's mean, then raised by twice the allowance?
    FoundLevelled,
    /// Does it fail if it is raised by twice the allowance?
    FoundAsIs,
}

impl WindowQuestion {
    pub(super) const ALL: [Self; 4] =
        [Self::AlarmWithout, Self::AlarmWith, Self::FoundLevelled, Self::FoundAsIs];
}

/// The answer of a judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JudgeAnswer {
    Stopped,
    Passed,
    Refused,
    /// The question does not apply: a mean is not above 0, so no factor makes the means equal, or a value would be infinite.
    NotAsked,
}

/// The answers of [`JUDGES`] to [`WindowQuestion::ALL`].
pub(super) type JudgeAnswers = [[JudgeAnswer; 4]; 2];

/// The proposal for one series and size, and the answers with it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SeriesProposal {
    pub(super) source: String,
    pub(super) entity: String,
    pub(super) metric: String,
    pub(super) points: usize,
    pub(super) allowance: Option<SeriesAllowance>,
    /// Why there is no allowance, or only a useless one.
    pub(super) why: Option<String>,
    /// For each window of the second half: the answers with the result of the formula, and with the proposal.
    #[serde(skip)]
    pub(super) windows: Vec<(JudgeAnswers, JudgeAnswers)>,
}
