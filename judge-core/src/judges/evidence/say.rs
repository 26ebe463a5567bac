//! The sentences that explain findings to people.

use std::fmt::{self, Display};

use crate::format;
use crate::judgement::{Estimated, Interval};
use crate::stats::distribution::normal::score;

use super::detect::bursts::Bursts;
use super::detect::end_state::WorseStretch;
use super::detect::events::Events;
use super::detect::excess::Excess;
use super::detect::excursions::Runs;
use super::detect::healthy::{Healthy, WorseBaseline};
use super::detect::location::Location;
use super::detect::mann_whitney::Ranks;
use super::detect::silence::{Silence, SilenceKind};
use super::detect::spread::Spread;
use super::detect::start_up::WarmUp;
use super::detect::tail::Tail;
use super::parameters as p;
use super::prepare::axis::Axis;
use super::prepare::comparison::Comparison;

/// What a test tells people besides its p-value.
pub(crate) struct Told {
    pub(crate) statistic: f64,
    pub(crate) estimated: Estimated,
    pub(crate) estimate: f64,
    pub(crate) interval: Option<Interval>,
    pub(crate) sentence: String,
}

impl Told {
    /// Of a shift of the axis.
    fn shift(axis: Axis, statistic: f64, shift: f64, sentence: String) -> Self {
        let (estimated, estimate) = (Estimated::Shift, axis.in_metric(shift));
        Self { statistic, estimated, estimate, interval: None, sentence }
    }
}

/// Tells of the location test, whose p-value is `p`. `healthy` is where a healthy canary may be, if there is a history.
pub(crate) fn location(found: &Location, p: f64, healthy: Option<&Healthy>, axis: Axis) -> Told {
    let mean = found.shift.mean();
    let (lower, upper) = (mean - found.reach, mean + found.reach);
    // Of clipped points, which may lie far from the mean of all.
    let typical = format!("typically {} ({})", relative(axis, mean), range(axis, lower, upper));
    let sentence = match healthy {
        Some(Healthy { windows, lower, upper, .. }) => {
            let normal = range(axis, *lower, *upper);
            format!("{typical}; {windows} healthy windows make {normal} normal")
        }
        None => typical,
    };
    let interval = Some(axis.interval(lower, upper, p::SHOWN));
    Told { interval, ..Told::shift(axis, score(p.clamp(0.0, 1.0)), mean, sentence) }
}

pub(crate) fn end_state(found: &WorseStretch, comparison: &Comparison) -> Told {
    let (axis, n) = (comparison.axis, comparison.x.len());
    let (stretch, mean) = (found.stretch, found.shift.mean());
    let points = if stretch.to_end == 0 {
        format!("the last {} of {n} points", stretch.len())
    } else {
        let range = stretch.range(n);
        format!("points {} to {} of {n}", range.start + 1, range.end)
    };
    let sentence = format!("{points} are {} on average", relative(axis, mean));
    Told::shift(axis, score(found.p.clamp(0.0, 1.0)), mean, sentence)
}

pub(crate) fn bursts(found: &Bursts, axis: Axis) -> Told {
    let (worse, better) = if axis.sign() > 0.0 { ("above", "below") } else { ("below", "above") };
    let sentence = format!(
        "{} points are far {worse} the baseline's of the same time, by {} on average, and {} far {better}",
        found.up,
        relative(axis, found.height),
        found.down,
    );
    Told::shift(axis, found.z, found.height, sentence)
}

pub(crate) fn spread(found: &Spread, axis: Axis) -> Told {
    let ratio = found.widths.ratio;
    let sentence = format!(
        "points vary {} times as much as the baseline's; the {} tenth is {}",
        fixed(ratio, 2),
        if axis.sign() > 0.0 { "highest" } else { "lowest" },
        relative(axis, found.decile_above),
    );
    let (statistic, estimated) = (found.widths.t, Estimated::SpreadRatio);
    Told { statistic, estimated, estimate: ratio, interval: None, sentence }
}

pub(crate) fn tail(found: &Tail, excess: &Excess, comparison: &Comparison) -> Told {
    let sentence = format!(
        "{} of {} points lie {} or more times as far {} the baseline's median as {}{}; \
         the median is {}",
        found.points,
        excess.canary.len(),
        fixed(found.ratio, 1),
        above(comparison.axis),
        if comparison.is_constant() {
            "the smallest change that matters, or as any point on the other side"
        } else {
            "any of its points"
        },
        if excess.is_raised { ", all raised by what is allowed" } else { "" },
        relative(comparison.axis, comparison.robust_x.median - comparison.robust_y.median),
    );
    let (statistic, estimated) = (found.points as f64, Estimated::ExcessRatio);
    Told { statistic, estimated, estimate: found.ratio, interval: None, sentence }
}

pub(crate) fn excursions(found: &Runs, axis: Axis) -> Told {
    let (canary, baseline) = (found.canary, found.baseline);
    let sentence = format!(
        "{} points are far {} the baseline's median, {} of them followed by another; of the baseline's {} it is {}",
        canary.bad,
        above(axis),
        canary.followed,
        baseline.bad,
        baseline.followed,
    );
    let (statistic, estimated) = (canary.followed as f64, Estimated::ShareFollowed);
    Told { statistic, estimated, estimate: canary.share_followed(), interval: None, sentence }
}

/// Tells of the events test. `weighed` if there is an exposure that differs between the sides.
pub(crate) fn events(found: &Events, weighed: bool) -> Told {
    let Events { canary, baseline, ratio, interval, .. } = *found;
    let what = if found.counted { "events" } else { "points with events" };
    let out_of = if weighed { " for what they are out of" } else { "" };
    let counts = format!("{canary} {what} against {baseline} of the baseline{out_of}");
    let sentence = if ratio.is_finite() {
        let (rate, lower, upper) = (short(ratio), short(interval.lower), short(interval.upper));
        format!("{counts}, {rate} times the rate ({lower} to {upper})")
    } else {
        counts
    };
    let (statistic, estimated) = (canary as f64, Estimated::RateRatio);
    Told { statistic, estimated, estimate: ratio, interval: Some(interval), sentence }
}

pub(crate) fn mann_whitney(found: &Ranks, axis: Axis) -> Told {
    let Ranks { p, shift, lower, upper, .. } = *found;
    let sentence = format!("by ranks {} ({})", relative(axis, shift), range(axis, lower, upper));
    let interval = Some(axis.interval(lower, upper, p::SHOWN));
    Told { interval, ..Told::shift(axis, score(p), shift, sentence) }
}

/// Tells of a warm-up; `unsettled` if too few points are left after it.
pub(crate) fn start_up(found: &WarmUp, unsettled: bool, axis: Axis) -> Told {
    let sentence = format!(
        "the first {} points were {} on average against the rest; {}",
        found.length,
        relative(axis, found.above_rest),
        if unsettled { "too few are left to be judged" } else { "they are left out" },
    );
    Told::shift(axis, found.t, found.above_rest, sentence)
}

/// The sentence about a canary that stops reporting, or repeats one value.
pub(crate) fn silence(Silence { kind, points, .. }: Silence) -> String {
    match kind {
        SilenceKind::End => {
            format!("the canary has no points for the last {points} of its baseline")
        }
        SilenceKind::Gaps { baseline } => {
            format!("the canary has {points} points, its baseline {baseline}")
        }
        SilenceKind::Stuck { value } => {
            let value = format::short(value);
            format!(
                "{points} points of the canary have one value, {value}, while its baseline moves"
            )
        }
    }
}

/// The sentence about a baseline that is worse than its own history.
pub(crate) fn worse_baseline(found: &WorseBaseline, axis: Axis) -> String {
    format!(
        "the baseline is {} on average against {} healthy windows, which differ by ±{}",
        relative(axis, found.shift),
        found.windows,
        size(axis, found.reach),
    )
}

/// The sentence about a baseline that stops reporting, or repeats one value, in comparison with healthy
/// windows.
pub(crate) fn silent_baseline(Silence { kind, points, .. }: Silence) -> String {
    match kind {
        SilenceKind::End => {
            format!("the baseline has no points at its end, where healthy windows have {points}")
        }
        SilenceKind::Gaps { baseline } => {
            format!("the baseline has {points} points, a healthy window {baseline}")
        }
        SilenceKind::Stuck { .. } => {
            format!("{points} points of the baseline have one value, while healthy windows move")
        }
    }
}

/// The side of the baseline on which harm lies.
fn above(axis: Axis) -> &'static str {
    if axis.sign() > 0.0 { "above" } else { "below" }
}

/// A shift of the axis with the sign that it has in the metric, as [`size`] writes it.
fn relative(axis: Axis, shift: f64) -> impl Display {
    let in_metric = axis.sign() * shift;
    let sign = if in_metric > 0.0 {
        "+"
    } else if in_metric < 0.0 {
        "−"
    } else {
        ""
    };
    fmt::from_fn(move |f| {
        f.write_str(sign)?;
        size(axis, shift).fmt(f)
    })
}

/// The size of a shift of the axis: in percent of the baseline's median, or in the metric's unit if that is 0.
fn size(axis: Axis, shift: f64) -> impl Display {
    let size = axis.baseline_size();
    fmt::from_fn(move |f| {
        if size > 0.0 {
            fixed((100.0 * (shift / size)).abs(), 1).fmt(f)?;
            f.write_str(" %")
        } else {
            f.write_str(&short(axis.in_metric(shift).abs()))
        }
    })
}

/// An interval of shifts of the axis, the end that is lower in the metric first.
fn range(axis: Axis, lower: f64, upper: f64) -> impl Display {
    let (first, last) = if axis.sign() < 0.0 { (upper, lower) } else { (lower, upper) };
    fmt::from_fn(move |f| {
        relative(axis, first).fmt(f)?;
        f.write_str(" to ")?;
        relative(axis, last).fmt(f)
    })
}

/// A size with `decimals` decimals; in four digits from 1000 on.
fn fixed(size: f64, decimals: usize) -> impl Display {
    fmt::from_fn(move |f| {
        if size >= 1000.0 {
            f.write_str(&short(size.round()))
        } else {
            format::fixed(size, decimals).fmt(f)
        }
    })
}

/// A size in four digits. The exponent's minus sign is `−` as elsewhere.
fn short(size: f64) -> String {
    format::short(size).replace('-', "−")
}
