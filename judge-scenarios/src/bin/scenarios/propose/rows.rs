//! Turns proposals into rows of tables.

use judge_scenarios::real_series::{MeasuredRate, Observation, Seeds, rate};
use serde::Serialize;

use super::proposal::{JUDGES, JudgeAnswer, SeriesProposal, WindowQuestion};

/// The allowances with which a row judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum AllowanceKind {
    /// The result of the formula, however large.
    Wanted,
    /// The proposal: at most the cap.
    Capped,
    /// Only allowances within the cap.
    WithinCap,
}

impl AllowanceKind {
    pub(super) const ALL: [(Self, &'static str); 3] = [
        (Self::Wanted, "what the formula gives, however large"),
        (Self::Capped, "at most the cap"),
        (Self::WithinCap, "only allowances within the cap"),
    ];
}

/// A row: a kind of allowance, a size and a judge.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProposalRow {
    pub(super) which: AllowanceKind,
    pub(super) points: usize,
    pub(super) judge: &'static str,
    /// Series with an allowance.
    pub(super) allowances: usize,
    /// Series whose formula exceeds the cap.
    pub(super) capped: usize,
    /// Series without an allowance.
    pub(super) none: usize,
    /// Median of the formula's results.
    pub(super) median_wanted: Option<f64>,
    /// Windows of the second halves.
    pub(super) windows: usize,
    /// Number of questions that the judge refused. They are in no rate.
    pub(super) refused: usize,
    pub(super) alarms_without: Option<MeasuredRate>,
    pub(super) alarms_with: Option<MeasuredRate>,
    pub(super) found_levelled: Option<MeasuredRate>,
    pub(super) found_as_is: Option<MeasuredRate>,
}

pub(super) fn rows(
    proposals: &[SeriesProposal],
    points: &[usize],
    seeds: Seeds,
) -> Vec<ProposalRow> {
    let mut rows = Vec::new();
    for (which, _) in AllowanceKind::ALL {
        for &points in points {
            let proposals_of_size: Vec<&SeriesProposal> =
                proposals.iter().filter(|p| p.points == points).collect();
            rows.extend(
                (0..JUDGES.len()).map(|judge| row(&proposals_of_size, points, judge, which, seeds)),
            );
        }
    }
    rows
}

pub(super) fn row(
    all: &[&SeriesProposal],
    points: usize,
    judge: usize,
    which: AllowanceKind,
    seeds: Seeds,
) -> ProposalRow {
    let with_allowance = all.iter().filter_map(|p| Some((*p, p.allowance.as_ref()?)));
    let counted: Vec<_> = with_allowance
        .filter(|(_, allowance)| which != AllowanceKind::WithinCap || !allowance.is_capped())
        .collect();
    let mut wanted: Vec<f64> = counted.iter().map(|(_, allowance)| allowance.wanted).collect();
    wanted.sort_by(f64::total_cmp);
    let answers = |question: WindowQuestion| {
        counted.iter().flat_map(move |(proposal, _)| {
            proposal.windows.iter().map(move |(wanted, proposed)| {
                let answers = if which == AllowanceKind::Wanted { wanted } else { proposed };
                (*proposal, answers[judge][question as usize])
            })
        })
    };
    let share = |question| {
        let observed = answers(question).filter_map(|(proposal, answer)| {
            let happened = match answer {
                JudgeAnswer::Stopped => true,
                JudgeAnswer::Passed => false,
                JudgeAnswer::Refused | JudgeAnswer::NotAsked => return None,
            };
            Some(Observation { entity: &proposal.entity, series: &proposal.metric, happened })
        });
        rate(observed, seeds)
    };
    let refused = WindowQuestion::ALL.into_iter().flat_map(answers);
    ProposalRow {
        which,
        points,
        judge: JUDGES[judge].name(),
        allowances: counted.len(),
        capped: counted.iter().filter(|(_, allowance)| allowance.is_capped()).count(),
        none: all.iter().filter(|proposal| proposal.allowance.is_none()).count(),
        median_wanted: Some(judge_core::stats::median(&wanted)).filter(|median| median.is_finite()),
        windows: counted.iter().map(|(proposal, _)| proposal.windows.len()).sum(),
        refused: refused.filter(|(_, answer)| *answer == JudgeAnswer::Refused).count(),
        alarms_without: share(WindowQuestion::AlarmWithout),
        alarms_with: share(WindowQuestion::AlarmWith),
        found_levelled: share(WindowQuestion::FoundLevelled),
        found_as_is: share(WindowQuestion::FoundAsIs),
    }
}
