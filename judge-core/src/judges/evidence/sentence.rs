//! What a person would say of a finding.

use crate::judgement::{Change, Interval, short};

use super::case::Case;
use super::end_state::EndState;
use super::events::Events;
use super::excursions::{Runs, Stretch};
use super::grid::Grid;
use super::location::Location;
use super::panel::signed;
use super::spread::Spread;
use super::start_up::StartUp;
use super::tail::Tail;

/// A metric as a sentence sees it.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) case: &'a Case,
    pub(super) grid: &'a Grid,
    pub(super) change: Change,
}

impl View<'_> {
    /// A shift on the case's scale in the metric's own sense and unit.
    pub(super) fn in_metric(&self, shift: f64) -> f64 {
        self.grid.out_of_unit(signed(self.change, self.case.scale.in_grid(shift)))
    }

    /// An interval of such shifts.
    pub(super) fn interval(&self, interval: Interval) -> Interval {
        let (a, b) = (self.in_metric(interval.lower), self.in_metric(interval.upper));
        Interval { lower: a.min(b), upper: a.max(b), level: interval.level }
    }
}

/// An oriented shift on the case's scale as a share of the baseline's level, or in the metric's unit where that is 0.
fn share(View { case, grid, change }: View<'_>, shift: f64) -> String {
    let shift = signed(change, case.scale.in_grid(shift));
    let sign = if shift > 0.0 { "+" } else { "" };
    let text = if case.scale.level > 0.0 {
        let percent = 100.0 * (shift / case.scale.level);
        if percent.abs() < 1000.0 {
            format!("{sign}{percent:.1} %")
        } else {
            format!("{sign}{} %", short(percent.round()))
        }
    } else {
        format!("{sign}{}", short(grid.out_of_unit(shift)))
    };
    text.replace('-', "−")
}

fn above(change: Change) -> &'static str {
    match change {
        Change::Increase => "above",
        Change::Decrease => "below",
    }
}

pub(super) fn location(found: &Location, mean: f64, view: View<'_>) -> String {
    let (lower, upper) = match view.change {
        Change::Increase => (found.interval.lower, found.interval.upper),
        Change::Decrease => (found.interval.upper, found.interval.lower),
    };
    let place = if found.shift == 0.0 && mean != 0.0 {
        format!("mean {}, median of differences 0", share(view, mean))
    } else {
        format!(
            "level {} ({} to {})",
            share(view, found.shift),
            share(view, lower),
            share(view, upper)
        )
    };
    let how = if view.case.paired { ", differences of the same time" } else { "" };
    format!("{place}{how}")
}

pub(super) fn end_state(found: &EndState, view: View<'_>) -> String {
    let shift = found.above + view.case.offset;
    format!(
        "the last {} of {} points are {} on average",
        found.length,
        view.case.above.len(),
        share(view, shift)
    )
}

pub(super) fn start_up(found: StartUp, view: View<'_>) -> String {
    format!(
        "the first {} points were {} against the rest; they are left out",
        found.length,
        share(view, found.above_rest)
    )
}

pub(super) fn spread(found: &Spread, view: View<'_>) -> String {
    let decile = match view.change {
        Change::Increase => "highest",
        Change::Decrease => "lowest",
    };
    format!(
        "points vary {:.2} times as much as the baseline's; the {decile} tenth is {}",
        found.widths.ratio,
        share(view, found.decile_above + view.case.offset)
    )
}

pub(super) fn tail(found: &Tail, view: View<'_>) -> String {
    let View { case, change, .. } = view;
    format!(
        "{} of {} points lie {:.1} or more times as far {} the level as any point of the baseline; the median is {}",
        found.points,
        case.points.out.len(),
        found.ratio,
        above(change),
        share(view, case.of_x.median - case.of_y.median)
    )
}

pub(super) fn stretch(found: &Stretch, view: View<'_>) -> String {
    format!(
        "{} points on end, from the {}, are {} on average",
        found.length,
        ordinal(found.start + 1),
        share(view, found.above + view.case.offset)
    )
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

pub(super) fn runs(found: &Runs, change: Change) -> String {
    format!(
        "{} points are far {} the baseline's level, {} of them followed by another; of the baseline's {} it is {}",
        found.bad,
        above(change),
        found.followed,
        found.baseline_bad,
        found.baseline_followed
    )
}

pub(super) fn events(found: &Events) -> String {
    let what = if found.counted { "events" } else { "points with events" };
    format!("{} {what} against {} of the baseline", found.canary, found.baseline)
}
