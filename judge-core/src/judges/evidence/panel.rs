//! All tests of one metric for one direction of harm, and how they share the level.

use crate::config::evidence::Tests;
use crate::judgement::{Change, Estimated, Finding, Interval, TestKind};
use crate::stats::TwoSampleScratch;
use crate::stats::distribution::{normal, student};

use super::case::{Allowance, Case};
use super::events::Exposure;
use super::grid::Grid;
use super::location::{self, Location};
use super::process::Workspace;
use super::sentence::{self, View};
use super::start_up::{self, StartUp};
use super::{end_state, events, excursions, spread, tail};

/// Buffers of a panel.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    pub(super) case: Case,
    workspace: Workspace,
    ordered: Vec<f64>,
    spread: spread::Buffers,
    tail: tail::Buffers,
    two_sample: TwoSampleScratch,
}

/// What a panel is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) change: Change,
    pub(super) allowance: Allowance,
    /// Probability with which the whole panel may fail a healthy metric.
    pub(super) level: f64,
    pub(super) tests: &'a Tests,
    /// Whether it is asked how often events come.
    pub(super) sparse: bool,
    /// What events are out of, if not of equal times.
    pub(super) exposure: Option<Exposure>,
}

/// What a panel found.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) findings: Vec<Finding>,
    pub(super) location: Option<Location>,
    /// A transient that was left out.
    pub(super) start_up: Option<StartUp>,
    /// Standard normal equivalent of the t of the shift against the baseline itself.
    pub(super) t: f64,
    /// What is allowed, or the smallest change that matters, in the metric's unit.
    pub(super) allowed: f64,
    pub(super) noise: f64,
    /// Points of the side with fewer.
    pub(super) points: usize,
}

/// Shares of the level: most to location, which most regressions show in. They sum to more than 1
/// because excursions are asked for only where the canary has four bad points or more, which is rare
/// where nothing is wrong: measured, they take less than their tenth.
const SHARES: [(TestKind, f64); 5] = [
    (TestKind::Location, 0.4),
    (TestKind::EndState, 0.2),
    (TestKind::Spread, 0.15),
    (TestKind::Tail, 0.15),
    (TestKind::Excursions, 2.0),
];
/// Where most points are 0 only how often events come and where they are can be asked.
const SPARSE_SHARES: [(TestKind, f64); 2] = [(TestKind::Events, 0.7), (TestKind::Location, 0.3)];

/// Confidence of the intervals that are shown, and of harm being ruled out.
pub(super) const SHOWN: f64 = 0.95;

impl Question<'_> {
    /// The level of `test`, if it runs: its share of the panel's.
    fn level_of(&self, test: TestKind) -> Option<f64> {
        let shares: &[_] = if self.sparse { &SPARSE_SHARES } else { &SHARES };
        let own = shares.iter().find(|(other, _)| *other == test && self.tests.has(test))?;
        Some(self.level * own.1)
    }
}

/// Asks `question` of the metric in `grid`.
pub(super) fn ask(grid: &Grid, question: Question<'_>, buffers: &mut Buffers) -> Answer {
    let Question { change, allowance, .. } = question;
    buffers.case.refill(grid, 0, change, allowance, &mut buffers.workspace);
    let start_up = if question.tests.has(TestKind::StartUp) && !question.sparse {
        leave_out_start(grid, change, allowance, buffers)
    } else {
        None
    };
    let located = location::locate(&buffers.case, SHOWN, &mut buffers.two_sample);
    let case = &buffers.case;
    let error = case.error_of_mean(case.above.len().max(1));
    let mean = located.map_or(0.0, |location| location.above_baseline);
    let mut answer = Answer {
        findings: Vec::with_capacity(6),
        location: located,
        start_up,
        t: if error > 0.0 { standard(mean / error, case.freedom()) } else { 0.0 },
        allowed: (case.share * case.level).max(case.minimum),
        noise: case.noise,
        points: case.x.len().min(case.y.len()),
    };
    run(grid, &question, buffers, located, &mut answer.findings);
    if let Some(start_up) = start_up {
        answer.findings.push(Finding {
            test: TestKind::StartUp,
            change,
            statistic: start_up.t,
            p: start_up.p,
            level: start_up::LEVEL,
            estimated: Estimated::Shift,
            estimate: grid.out_of_unit(signed(change, start_up.above_rest)),
            interval: None,
            // It is left out, and what it was is no harm.
            matters: false,
            sentence: sentence::start_up(start_up, View { case: &buffers.case, grid, change }),
        });
    }
    answer
}

/// Leaves out a transient at the start, if there is one, and looks at the rest.
fn leave_out_start(
    grid: &Grid,
    change: Change,
    allowance: Allowance,
    buffers: &mut Buffers,
) -> Option<StartUp> {
    let Buffers { case, workspace, ordered, .. } = buffers;
    let half = case.above.len() / 2;
    let mut whole: Option<StartUp> = None;
    while let Some(next) =
        start_up::find(case, half - whole.map_or(0, |start_up| start_up.length), ordered)
    {
        let length = next.length + whole.map_or(0, |start_up| start_up.length);
        whole = Some(StartUp { length, ..whole.unwrap_or(next) });
        case.refill(grid, index_of(&grid.canary, length), change, allowance, workspace);
    }
    whole
}

fn run(
    grid: &Grid,
    question: &Question<'_>,
    buffers: &mut Buffers,
    located: Option<Location>,
    findings: &mut Vec<Finding>,
) {
    let change = question.change;
    let Buffers { case, spread, .. } = buffers;
    let case: &Case = case;
    let view = View { case, grid, change };
    if let (Some(level), Some(location)) = (question.level_of(TestKind::Location), located) {
        let mean_shift = location.above + case.share * case.level;
        // Where the median of differences is 0 though most of them are not, the mean tells.
        let above = if location.shift == 0.0 {
            location.above
        } else {
            location.shift - case.share * case.level
        };
        findings.push(Finding {
            test: TestKind::Location,
            change,
            statistic: location.statistic,
            p: location.p,
            level,
            estimated: Estimated::Shift,
            estimate: grid.out_of_unit(signed(change, location.shift)),
            interval: Some(turned(grid, change, location.interval)),
            matters: case.matters(above),
            sentence: sentence::location(&location, mean_shift, view),
        });
    }
    if let Some((level, end)) = question
        .level_of(TestKind::EndState)
        .and_then(|level| Some((level, end_state::find(case)?)))
    {
        findings.push(Finding {
            test: TestKind::EndState,
            change,
            statistic: end.t,
            p: end.p,
            level,
            estimated: Estimated::Shift,
            estimate: grid.out_of_unit(signed(change, end.above + case.share * case.level)),
            interval: None,
            matters: case.matters(end.above),
            sentence: sentence::end_state(&end, view),
        });
    }
    if let Some((level, found)) = question
        .level_of(TestKind::Spread)
        .and_then(|level| Some((level, spread::compare(case, spread)?)))
    {
        findings.push(Finding {
            test: TestKind::Spread,
            change,
            statistic: found.t,
            p: found.p,
            level,
            estimated: Estimated::SpreadRatio,
            estimate: found.ratio,
            interval: None,
            matters: found.matters(case),
            sentence: sentence::spread(&found, view),
        });
    }
    ask_points(question, view, &mut buffers.tail, findings);
}

/// The tests of single points.
fn ask_points(
    question: &Question<'_>,
    view: View<'_>,
    tail: &mut tail::Buffers,
    findings: &mut Vec<Finding>,
) {
    let View { case, change, .. } = view;
    if let Some((level, found)) =
        question.level_of(TestKind::Tail).and_then(|level| Some((level, tail::find(case, tail)?)))
    {
        findings.push(Finding {
            test: TestKind::Tail,
            change,
            statistic: found.points as f64,
            p: found.p,
            level,
            estimated: Estimated::ExcessRatio,
            estimate: found.ratio,
            interval: None,
            // It is found only where it does.
            matters: true,
            sentence: sentence::tail(&found, view),
        });
    }
    if let Some((level, found)) = question
        .level_of(TestKind::Excursions)
        .and_then(|level| Some((level, excursions::find(case)?)))
    {
        findings.push(Finding {
            test: TestKind::Excursions,
            change,
            statistic: found.followed as f64,
            p: found.p,
            level,
            estimated: Estimated::ShareFollowed,
            estimate: found.followed as f64 / found.bad as f64,
            interval: None,
            matters: found.matters(),
            sentence: sentence::excursions(&found, change),
        });
    }
    let sign = signed(change, 1.0);
    if let Some((level, found)) = question
        .level_of(TestKind::Events)
        .and_then(|level| Some((level, events::compare(case, sign, question.exposure, SHOWN)?)))
    {
        let minimum = question.allowance.minimum.relative;
        let worse =
            if sign > 0.0 { found.ratio >= 1.0 + minimum } else { found.ratio <= 1.0 - minimum };
        findings.push(Finding {
            test: TestKind::Events,
            change,
            statistic: found.canary as f64,
            p: found.p,
            level,
            estimated: Estimated::RateRatio,
            estimate: found.ratio,
            interval: Some(found.interval),
            matters: worse,
            sentence: sentence::events(&found),
        });
    }
}

/// The z that is as unlikely as a t.
fn standard(t: f64, df: f64) -> f64 {
    let z = normal::upper_quantile(student::upper_tail(t.abs(), df).max(1e-300));
    z.copysign(t)
}

/// The index behind the first `points` points that are there.
fn index_of(side: &[f64], points: usize) -> usize {
    let present = side.iter().enumerate().filter(|(_, v)| !v.is_nan());
    present.map(|(index, _)| index + 1).nth(points.saturating_sub(1)).unwrap_or(0)
}

/// An oriented value in the metric's own sense.
pub(super) fn signed(change: Change, value: f64) -> f64 {
    match change {
        Change::Increase => value,
        Change::Decrease => -value,
    }
}

/// An oriented interval in the metric's own sense and unit.
pub(super) fn turned(grid: &Grid, change: Change, interval: Interval) -> Interval {
    let Interval { lower, upper, level } = interval;
    let (lower, upper) = match change {
        Change::Increase => (lower, upper),
        Change::Decrease => (-upper, -lower),
    };
    Interval { lower: grid.out_of_unit(lower), upper: grid.out_of_unit(upper), level }
}
