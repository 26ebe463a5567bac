//! What a person would say of a finding.

use std::fmt::Write;

use crate::judgement::{Change, Interval, push_fixed, push_short};

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

/// Room for nearly every sentence: a judgement has over a hundred of them.
const LENGTH: usize = 128;

/// A sentence in the making.
struct Sentence<'a> {
    text: String,
    view: View<'a>,
}

impl<'a> Sentence<'a> {
    fn of(view: View<'a>) -> Self {
        Self { text: String::with_capacity(LENGTH), view }
    }

    fn say(mut self, words: &str) -> Self {
        self.text.push_str(words);
        self
    }

    fn count(mut self, count: usize) -> Self {
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{count}");
        self
    }

    fn fixed(mut self, size: f64, decimals: usize) -> Self {
        push_fixed(&mut self.text, size, decimals);
        self
    }

    /// An oriented shift on the case's scale as a share of the baseline's level, or in the metric's
    /// unit where that is 0.
    fn share(mut self, shift: f64) -> Self {
        let View { case, grid, change } = self.view;
        let shift = signed(change, case.scale.in_grid(shift));
        let shown = if case.scale.level > 0.0 {
            100.0 * (shift / case.scale.level)
        } else {
            grid.out_of_unit(shift)
        };
        self.text.push_str(match shown {
            _ if shift > 0.0 => "+",
            _ if shown.is_sign_negative() && !shown.is_nan() => "−",
            _ => "",
        });
        let size = shown.abs();
        if case.scale.level <= 0.0 {
            self.short(size)
        } else if size < 1000.0 {
            self.fixed(size, 1).say(" %")
        } else {
            self.short(size.round()).say(" %")
        }
    }

    /// Four digits; an exponent's minus is one for people too.
    fn short(mut self, size: f64) -> Self {
        let before = self.text.len();
        push_short(&mut self.text, size);
        if let Some(exponent) = self.text[before..].find('-') {
            self.text.replace_range(before + exponent..=before + exponent, "−");
        }
        self
    }

    fn end(self) -> String {
        self.text
    }
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
    let sentence = Sentence::of(view);
    let place = if found.shift == 0.0 && mean != 0.0 {
        sentence.say("mean ").share(mean).say(", median of differences 0")
    } else {
        let level = sentence.say("level ").share(found.shift);
        level.say(" (").share(lower).say(" to ").share(upper).say(")")
    };
    place.say(if view.case.paired { ", differences of the same time" } else { "" }).end()
}

pub(super) fn end_state(found: &EndState, view: View<'_>) -> String {
    let of = Sentence::of(view).say("the last ").count(found.length).say(" of ");
    let points = of.count(view.case.above.len()).say(" points are ");
    points.share(found.above + view.case.offset).say(" on average").end()
}

pub(super) fn start_up(found: StartUp, view: View<'_>) -> String {
    let points = Sentence::of(view).say("the first ").count(found.length).say(" points were ");
    points.share(found.above_rest).say(" on average against the rest; they are left out").end()
}

pub(super) fn spread(found: &Spread, view: View<'_>) -> String {
    let decile = match view.change {
        Change::Increase => "highest",
        Change::Decrease => "lowest",
    };
    let ratio = Sentence::of(view).say("points vary ").fixed(found.widths.ratio, 2);
    let tenth = ratio.say(" times as much as the baseline's; the ").say(decile).say(" tenth is ");
    tenth.share(found.decile_above + view.case.offset).end()
}

pub(super) fn tail(found: &Tail, view: View<'_>) -> String {
    let View { case, change, .. } = view;
    let points = Sentence::of(view).count(found.points).say(" of ").count(case.points.out.len());
    let ratio = points.say(" points lie ").fixed(found.ratio, 1).say(" or more times as far ");
    let place = ratio.say(above(change)).say(" the level as any point of the baseline");
    place.say("; the median is ").share(case.of_x.median - case.of_y.median).end()
}

pub(super) fn stretch(found: &Stretch, view: View<'_>) -> String {
    let points = Sentence::of(view).count(found.length).say(" points on end, from the ");
    let place = points.say(&ordinal(found.start + 1)).say(", are ");
    place.share(found.above + view.case.offset).say(" on average").end()
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

/// `weighed` where events are out of something that is not the same on both sides.
pub(super) fn events(found: &Events, weighed: bool) -> String {
    let what = if found.counted { "events" } else { "points with events" };
    let mut text = format!("{} {what} against {} of the baseline", found.canary, found.baseline);
    if weighed {
        text.push_str(", ");
        push_short(&mut text, found.ratio);
        text.push_str(" times as many for what they are out of");
    }
    text
}
