//! The sentences that explain findings to people.

mod sentence;
mod view;

use crate::judgement::{Change, Estimated, Finding, Interval, TestKind};
use crate::judges::evidence::detect::bursts::Bursts;
use crate::judges::evidence::detect::events::Events;
use crate::judges::evidence::detect::excess::Excess;
use crate::judges::evidence::detect::healthy::{Healthy, WorseBaseline};
use crate::judges::evidence::detect::location::Location;
use crate::judges::evidence::detect::ranks::Ranks;
use crate::judges::evidence::detect::runs::Runs;
use crate::judges::evidence::detect::silence::Silence;
use crate::judges::evidence::detect::spread::Spread;
use crate::judges::evidence::detect::stretch::WorseStretch;
use crate::judges::evidence::detect::tail::Tail;
use crate::judges::evidence::detect::warm_up::WarmUp;
use crate::judges::evidence::parameters as p;
use crate::stats::distribution::normal::score;

pub(crate) use view::View;

use sentence::Sentence;

/// What a finding is built from.
#[derive(Clone, Copy)]
pub(crate) struct Draft<'a> {
    pub(crate) view: View<'a>,
    pub(crate) test: TestKind,
    pub(crate) p: f64,
    pub(crate) level: f64,
    /// Probability that the change is beyond its threshold.
    pub(crate) likely: f64,
}

/// An estimate of a finding.
#[derive(Clone, Copy)]
struct Estimate {
    quantity: Estimated,
    value: f64,
    interval: Option<Interval>,
}

impl Draft<'_> {
    /// The sentence is written only if it may be shown.
    fn finish(
        self,
        statistic: f64,
        estimate: Estimate,
        sentence: impl FnOnce() -> String,
    ) -> Finding {
        let Self { view, test, p, level, likely } = self;
        let leans = likely > 0.0 && p <= p::LEANS * level;
        let is_shown =
            leans || !test.decides() || matches!(test, TestKind::Location | TestKind::Events);
        Finding {
            test,
            change: view.change,
            statistic,
            p,
            level,
            estimated: estimate.quantity,
            estimate: estimate.value,
            interval: estimate.interval,
            matters: likely >= p::LIKELY,
            sentence: if is_shown { sentence() } else { String::new() },
        }
    }
}

fn above(change: Change) -> &'static str {
    match change {
        Change::Increase => "above",
        Change::Decrease => "below",
    }
}

/// The finding of the location test. `healthy` is where a healthy canary may be, if there is a history.
pub(crate) fn location(found: &Location, healthy: Option<&Healthy>, draft: Draft<'_>) -> Finding {
    let view = draft.view;
    let (mean, reach) = (found.shift.mean(), found.reach);
    let interval = view.interval(mean - reach, mean + reach);
    let estimate = Estimate {
        quantity: Estimated::Shift,
        value: view.in_metric(mean),
        interval: Some(interval),
    };
    draft.finish(score(draft.p), estimate, || {
        // Of clipped points, which may lie far from the mean of all.
        let typical = Sentence::new(view).say("typically ").share(mean);
        let shift = typical.interval(mean - reach, mean + reach);
        match healthy {
            Some(healthy) => {
                let windows = shift.say("; ").count(healthy.windows).say(" healthy windows make ");
                windows.range(healthy.lower, healthy.upper).say(" normal").end()
            }
            None => shift.end(),
        }
    })
}

pub(crate) fn stretch(found: &WorseStretch, draft: Draft<'_>) -> Finding {
    let view = draft.view;
    let mean = found.shift.mean();
    let estimate =
        Estimate { quantity: Estimated::Shift, value: view.in_metric(mean), interval: None };
    draft.finish(score(draft.p), estimate, || {
        let (n, stretch) = (view.comparison.x.len(), found.stretch);
        let sentence = Sentence::new(view);
        let points = if stretch.after == 0 {
            sentence.say("the last ").count(stretch.len()).say(" of ").count(n).say(" points")
        } else {
            let range = stretch.range(n);
            let first = sentence.say("points ").count(range.start + 1);
            first.say(" to ").count(range.end).say(" of ").count(n)
        };
        points.say(" are ").share(mean).say(" on average").end()
    })
}

pub(crate) fn bursts(found: &Bursts, draft: Draft<'_>) -> Finding {
    let view = draft.view;
    let value = view.in_metric(found.height);
    let estimate = Estimate { quantity: Estimated::Shift, value, interval: None };
    draft.finish(found.z, estimate, || {
        let (worse, better) = match view.change {
            Change::Increase => ("above", "below"),
            Change::Decrease => ("below", "above"),
        };
        let up = Sentence::new(view).count(found.up).say(" points are far ").say(worse);
        let height = up.say(" the baseline's of the same time, by ").share(found.height);
        height.say(" on average, and ").count(found.down).say(" far ").say(better).end()
    })
}

pub(crate) fn spread(found: &Spread, draft: Draft<'_>) -> Finding {
    let view = draft.view;
    let estimate =
        Estimate { quantity: Estimated::SpreadRatio, value: found.widths.ratio, interval: None };
    draft.finish(found.widths.t, estimate, || {
        let decile = match view.change {
            Change::Increase => "highest",
            Change::Decrease => "lowest",
        };
        let ratio = Sentence::new(view).say("points vary ").fixed(found.widths.ratio, 2);
        let tenth = ratio.say(" times as much as the baseline's; the ").say(decile);
        tenth.say(" tenth is ").share(found.decile_above).end()
    })
}

pub(crate) fn tail(found: &Tail, excess: &Excess, draft: Draft<'_>) -> Finding {
    let view = draft.view;
    let estimate =
        Estimate { quantity: Estimated::ExcessRatio, value: found.ratio, interval: None };
    draft.finish(found.points as f64, estimate, || {
        let points = Sentence::new(view).count(found.points).say(" of ");
        let ratio = points.count(excess.canary.len()).say(" points lie ").fixed(found.ratio, 1);
        let place = ratio.say(" or more times as far ").say(above(view.change));
        let median = view.comparison.robust_x.median - view.comparison.robust_y.median;
        let points = place.say(" the baseline's median as any of its points");
        let raised = if excess.is_raised { ", all raised by what is allowed" } else { "" };
        points.say(raised).say("; the median is ").share(median).end()
    })
}

pub(crate) fn runs(found: &Runs, draft: Draft<'_>) -> Finding {
    let view = draft.view;
    let (canary, baseline) = (found.canary, found.baseline);
    let value = canary.share_followed();
    let estimate = Estimate { quantity: Estimated::ShareFollowed, value, interval: None };
    draft.finish(canary.followed as f64, estimate, || {
        let bad = Sentence::new(view).count(canary.bad).say(" points are far ");
        let followed = bad.say(above(view.change)).say(" the baseline's median, ");
        let followed =
            followed.count(canary.followed).say(" of them followed by another; of the baseline's ");
        followed.count(baseline.bad).say(" it is ").count(baseline.followed).end()
    })
}

/// The finding of the events test. `weighed` if there is an exposure that differs between the sides.
pub(crate) fn events(found: &Events, weighed: bool, draft: Draft<'_>) -> Finding {
    let estimate = Estimate {
        quantity: Estimated::RateRatio,
        value: found.ratio,
        interval: Some(found.interval),
    };
    draft.finish(found.canary as f64, estimate, || {
        let what = if found.counted { "events" } else { "points with events" };
        let sentence = Sentence::new(draft.view).count(found.canary).say(" ").say(what);
        let sentence = sentence.say(" against ").count(found.baseline).say(" of the baseline");
        let sentence = if weighed { sentence.say(" for what they are out of") } else { sentence };
        if !found.ratio.is_finite() {
            return sentence.end();
        }
        let rate = sentence.say(", ").short(found.ratio).say(" times the rate (");
        rate.short(found.interval.lower).say(" to ").short(found.interval.upper).say(")").end()
    })
}

pub(crate) fn ranks(found: &Ranks, draft: Draft<'_>) -> Finding {
    let view = draft.view;
    let interval = view.interval(found.lower, found.upper);
    let value = view.in_metric(found.shift);
    let estimate = Estimate { quantity: Estimated::Shift, value, interval: Some(interval) };
    draft.finish(score(found.p), estimate, || {
        let shift = Sentence::new(view).say("by ranks ").share(found.shift);
        shift.interval(found.lower, found.upper).end()
    })
}

/// The finding of the warm-up test. `unsettled` if too few points are left after it.
pub(crate) fn warm_up(found: &WarmUp, unsettled: bool, draft: Draft<'_>) -> Finding {
    let view = draft.view;
    let value = view.in_metric(found.above_rest);
    let estimate = Estimate { quantity: Estimated::Shift, value, interval: None };
    draft.finish(found.t, estimate, || {
        let points = Sentence::new(view).say("the first ").count(found.length).say(" points were ");
        let rest = points.share(found.above_rest).say(" on average against the rest");
        let left =
            if unsettled { "; too few are left to be judged" } else { "; they are left out" };
        rest.say(left).end()
    })
}

/// The sentence about a canary that stops reporting, or repeats one value.
pub(crate) fn silence(found: Silence, value_of: impl Fn(f64) -> f64) -> String {
    match found {
        Silence::End { points } => {
            format!("the canary has no points for the last {points} of its baseline")
        }
        Silence::Gaps { canary, baseline } => {
            format!("the canary has {canary} points, its baseline {baseline}")
        }
        Silence::Stuck { points, value } => {
            let mut text = format!("{points} points of the canary have one value, ");
            crate::format::push_short(&mut text, value_of(value));
            text.push_str(", while its baseline moves");
            text
        }
    }
}

/// The sentence about a baseline that is worse than its own history.
pub(crate) fn worse_baseline(found: &WorseBaseline, view: View<'_>) -> String {
    let baseline = Sentence::new(view).say("the baseline is ").share(found.shift);
    let windows = baseline.say(" on average against ").count(found.windows);
    windows.say(" healthy windows, which differ by ").reach(found.reach).end()
}

/// The sentence about a baseline that stops reporting, or repeats one value, in comparison with healthy
/// windows.
pub(crate) fn silent_baseline(found: Silence) -> String {
    match found {
        Silence::End { points } => {
            format!("the baseline has no points at its end, where healthy windows have {points}")
        }
        Silence::Gaps { canary, baseline } => {
            format!("the baseline has {canary} points, a healthy window {baseline}")
        }
        Silence::Stuck { points, .. } => {
            format!("{points} points of the baseline have one value, while healthy windows move")
        }
    }
}
