//! All tests of one metric for one direction of harm, and how they share the level.

use crate::config::evidence::Tests;
use crate::judgement::{Change, Estimated, Finding, Interval, TestKind};
use crate::stats::TwoSampleScratch;

use super::case::{Allowance, Case};
use super::events::Counted;
use super::grid::Grid;
use super::location::{self, Location};
use super::process::Workspace;
use super::sentence::{self, View};
use super::sides::Sides;
use super::start_up::{self, StartUp};
use super::{findings, spread, stretch, tail};

/// Buffers of a panel.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// The sides, and what is left of them behind a transient.
    whole: Sides,
    rest: Sides,
    pub(super) case: Case,
    workspace: Workspace,
    ordered: Vec<f64>,
    spread: spread::Buffers,
    tail: tail::Buffers,
    sums: Vec<f64>,
    stretch: stretch::Buffers,
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
    /// What is known of the events.
    pub(super) events: Counted,
}

/// What a panel found.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) findings: Vec<Finding>,
    pub(super) location: Option<Location>,
    /// A transient that was left out.
    pub(super) start_up: Option<StartUp>,
    /// Where on the grid what was judged begins.
    pub(super) start: usize,
    /// The shift with its interval and what is allowed, in the metric's own sense and unit.
    pub(super) shown: Shown,
    /// What is allowed, or the smallest change that matters, on the scale of the location.
    pub(super) allowed: f64,
    /// What is allowed alone, on the same scale.
    pub(super) offset: f64,
    pub(super) noise: f64,
    /// Points of the side with fewer.
    pub(super) points: usize,
}

impl Answer {
    /// Standard normal equivalent of the shift against the baseline itself.
    pub(super) fn z(&self) -> f64 {
        self.location.map_or(0.0, |location| location.z)
    }
}

/// A shift in the metric's own sense and unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    pub(super) estimate: f64,
    pub(super) interval: Interval,
    pub(super) allowed: f64,
}

/// Shares of the level. They sum to more than 1 because the p of runs and of late changes are bounds
/// that healthy metrics hardly reach, and what memory may be makes the others larger than they need be
/// where there is none: measured at 15 to 240 points, all tests together use four fifths of the
/// level at most where noise is independent.
const SHARES: [(TestKind, f64); 5] = [
    (TestKind::Location, 0.36),
    (TestKind::EndState, 0.7),
    (TestKind::Spread, 0.25),
    (TestKind::Tail, 0.15),
    (TestKind::Excursions, 1.6),
];
/// Where most points are 0 only how often events come and where they are can be asked.
const SPARSE_SHARES: [(TestKind, f64); 2] = [(TestKind::Events, 0.7), (TestKind::Location, 0.3)];
/// Events that are out of something are weighed by the test of events alone: one out of few requests is
/// another value than one out of many, and levels of such values differ without there being harm.
const WEIGHED: [(TestKind, f64); 1] = [(TestKind::Events, 1.0)];

/// Confidence of the intervals that are shown, and of harm being ruled out.
pub(super) const SHOWN: f64 = 0.95;

impl Question<'_> {
    /// The level of `test`, if it runs: its share of the panel's.
    pub(super) fn level_of(&self, test: TestKind) -> Option<f64> {
        let shares: &[_] = match self.sparse {
            true if self.events.exposure.is_some() && self.tests.has(TestKind::Events) => &WEIGHED,
            true => &SPARSE_SHARES,
            false => &SHARES,
        };
        let own = shares.iter().find(|(other, _)| *other == test && self.tests.has(test))?;
        Some(self.level * own.1)
    }
}

impl Buffers {
    /// Takes in the metric in `grid`, of which to [`ask`] then.
    pub(super) fn take(&mut self, grid: &Grid) {
        self.whole.refill(grid, 0, &mut self.workspace);
    }
}

/// Asks `question` of the metric in `grid`, which the buffers have taken in.
pub(super) fn ask(grid: &Grid, question: Question<'_>, buffers: &mut Buffers) -> Answer {
    let Question { change, allowance, .. } = question;
    let Buffers { whole, case, workspace, .. } = buffers;
    case.refill(grid, whole, change, allowance, workspace);
    let start_up = if question.tests.has(TestKind::StartUp) && !question.sparse {
        leave_out_start(grid, change, allowance, buffers)
    } else {
        None
    };
    let Buffers { whole, rest, case, spread, tail, sums, stretch, two_sample, .. } = buffers;
    let sides = if start_up.is_some() { rest } else { whole };
    let located = location::locate(case, sides, SHOWN, question.sparse, two_sample);
    let case = &*case;
    let mut answer = Answer {
        findings: Vec::with_capacity(6),
        location: located,
        start_up,
        start: sides.start,
        offset: case.offset,
        allowed: case.offset.max(case.minimum),
        shown: shown(View { case, grid, change }, located),
        noise: case.noise,
        points: case.x.len().min(case.y.len()),
    };
    let view = View { case, grid, change };
    let buffers = findings::Buffers { sides, spread, tail, sums, stretch };
    findings::run(&question, view, buffers, located, &mut answer.findings);
    if let Some(start_up) = start_up {
        answer.findings.push(Finding {
            test: TestKind::StartUp,
            change,
            statistic: start_up.t,
            p: start_up.p,
            level: start_up::LEVEL,
            estimated: Estimated::Shift,
            estimate: view.in_metric(start_up.above_rest),
            interval: None,
            // It is left out, and what it was is no harm.
            matters: false,
            sentence: sentence::start_up(start_up, view),
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
    let Buffers { rest, case, workspace, ordered, stretch, .. } = buffers;
    let half = case.above.len() / 2;
    let mut whole = start_up::find(case, half, ordered, stretch)?;
    let above = case.above.clone();
    loop {
        rest.refill(grid, index_of(&grid.canary, whole.length), workspace);
        case.refill(grid, rest, change, allowance, workspace);
        let Some(next) = start_up::find(case, half - whole.length, ordered, stretch) else {
            // How unlikely it is, its first step says; how high it was, all of it.
            return Some(StartUp {
                above_rest: start_up::above_rest(&above, whole.length),
                ..whole
            });
        };
        whole.length += next.length;
    }
}

fn shown(view: View<'_>, located: Option<Location>) -> Shown {
    let nothing = Interval { lower: 0.0, upper: 0.0, level: SHOWN };
    let (shift, interval) = located.map_or((0.0, nothing), |found| (found.shift, found.interval));
    let allowed = view.case.offset.max(view.case.minimum);
    Shown {
        estimate: view.in_metric(shift),
        interval: view.interval(interval),
        allowed: view.in_metric(allowed).abs(),
    }
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
