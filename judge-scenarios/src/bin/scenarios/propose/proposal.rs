//! A proposal for one series, and what judges answer with it.

use judge_core::judges::{EvidenceJudge, Judge, NetflixAcaJudge};
use judge_scenarios::real_series::SeriesAllowance;
use serde::Serialize;

/// The judges that know allowances.
pub(super) const JUDGES: [&dyn Judge; 2] = [&EvidenceJudge, &NetflixAcaJudge];
/// What is asked about each window of the second half.
#[derive(Debug, Clone, Copy)]
pub(super) enum WindowQuestion {
    /// Whether it fails without an allowance.
    AlarmWithout,
    /// Whether it fails with the allowance.
    AlarmWith,
    /// Whether it fails where its mean is the baseline's and twice the allowance on top.
    FoundLevelled,
    /// Whether it fails where twice the allowance is put on top of what it is.
    FoundAsIs,
}

impl WindowQuestion {
    pub(super) const ALL: [Self; 4] =
        [Self::AlarmWithout, Self::AlarmWith, Self::FoundLevelled, Self::FoundAsIs];
}

/// What a judge answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JudgeAnswer {
    Stopped,
    Passed,
    Refused,
    /// A mean is not above 0, so no factor makes the sides level; or a value would be infinite.
    NotAsked,
}

/// The answers of [`JUDGES`] to [`WindowQuestion::ALL`].
pub(super) type JudgeAnswers = [[JudgeAnswer; 4]; 2];

/// The proposal for one series and size, and what became of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SeriesProposal {
    pub(super) source: String,
    pub(super) entity: String,
    pub(super) metric: String,
    pub(super) points: usize,
    pub(super) allowance: Option<SeriesAllowance>,
    /// Why there is no allowance, or a useless one.
    pub(super) why: Option<String>,
    /// For each window of the second half the answers with what the formula wants, and with what is
    /// proposed.
    #[serde(skip)]
    pub(super) windows: Vec<(JudgeAnswers, JudgeAnswers)>,
}
