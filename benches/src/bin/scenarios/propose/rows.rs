//! What became of the proposals.

use judge_benches::real_series::{Observation, Rate, Seeds, rate};
use serde::Serialize;

use super::proposal::{Answer, JUDGES, Proposal, Question};

/// Which allowances a row judges with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Which {
    /// What the formula gives, however large.
    Wanted,
    /// What is proposed: at most the cap.
    Capped,
    /// Only those that needed no cap.
    WithinCap,
}

impl Which {
    pub(super) const ALL: [(Self, &'static str); 3] = [
        (Self::Wanted, "what the formula gives, however large"),
        (Self::Capped, "at most the cap"),
        (Self::WithinCap, "only allowances within the cap"),
    ];
}

/// One row: a kind of allowance, a size and a judge.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) which: Which,
    pub(super) points: usize,
    pub(super) judge: &'static str,
    /// Series with an allowance.
    pub(super) allowances: usize,
    /// Those among them that need the cap.
    pub(super) capped: usize,
    /// Series that have none.
    pub(super) none: usize,
    /// Median of what the formula gives.
    pub(super) median_wanted: Option<f64>,
    /// Windows of the second halves.
    pub(super) windows: usize,
    /// Questions that the judge refused; they are in no rate.
    pub(super) refused: usize,
    pub(super) alarms_without: Option<Rate>,
    pub(super) alarms_with: Option<Rate>,
    pub(super) found_levelled: Option<Rate>,
    pub(super) found_as_is: Option<Rate>,
}

pub(super) fn rows(proposals: &[Proposal], points: &[usize], seeds: Seeds) -> Vec<Row> {
    let mut rows = Vec::new();
    for (which, _) in Which::ALL {
        for &points in points {
            let of: Vec<&Proposal> = proposals.iter().filter(|p| p.points == points).collect();
            rows.extend((0..JUDGES.len()).map(|judge| row(&of, points, judge, which, seeds)));
        }
    }
    rows
}

pub(super) fn row(
    all: &[&Proposal],
    points: usize,
    judge: usize,
    which: Which,
    seeds: Seeds,
) -> Row {
    let with_allowance = all.iter().filter_map(|p| Some((*p, p.allowance.as_ref()?)));
    let counted: Vec<_> = with_allowance
        .filter(|(_, allowance)| which != Which::WithinCap || !allowance.is_capped())
        .collect();
    let mut wanted: Vec<f64> = counted.iter().map(|(_, allowance)| allowance.wanted).collect();
    wanted.sort_by(f64::total_cmp);
    let answers = |question: Question| {
        counted.iter().flat_map(move |(proposal, _)| {
            proposal.windows.iter().map(move |(wanted, proposed)| {
                let answers = if which == Which::Wanted { wanted } else { proposed };
                (*proposal, answers[judge][question as usize])
            })
        })
    };
    let share = |question| {
        let observed = answers(question).filter_map(|(proposal, answer)| {
            let happened = match answer {
                Answer::Stopped => true,
                Answer::Passed => false,
                Answer::Refused | Answer::NotAsked => return None,
            };
            Some(Observation { entity: &proposal.entity, series: &proposal.metric, happened })
        });
        rate(observed, seeds)
    };
    let refused = Question::ALL.into_iter().flat_map(answers);
    Row {
        which,
        points,
        judge: JUDGES[judge].name(),
        allowances: counted.len(),
        capped: counted.iter().filter(|(_, allowance)| allowance.is_capped()).count(),
        none: all.iter().filter(|proposal| proposal.allowance.is_none()).count(),
        median_wanted: Some(judge_core::stats::median(&wanted)).filter(|median| median.is_finite()),
        windows: counted.iter().map(|(proposal, _)| proposal.windows.len()).sum(),
        refused: refused.filter(|(_, answer)| *answer == Answer::Refused).count(),
        alarms_without: share(Question::AlarmWithout),
        alarms_with: share(Question::AlarmWith),
        found_levelled: share(Question::FoundLevelled),
        found_as_is: share(Question::FoundAsIs),
    }
}
