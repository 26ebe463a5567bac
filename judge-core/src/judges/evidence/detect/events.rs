//! Are events more frequent?
//!
//! For sparse metrics, of which most points are 0, and what the config calls counts. **Null**: events
//! come at one rate on both sides (the allowance times the baseline's), by time or by what they are
//! out of. **Statistic**: where all points are whole multiples of one unit, the canary's events given
//! the total, binomial (Przyborowski and Wilenski 1940); counts that vary more than Poisson counts do
//! are divided by their dispersion first, so that a burst is not a stream. Where they are not (ratios),
//! points that are not 0, by Fisher's exact test, or with an allowance as if they came like events.
//! Exact at any number of events: none against one has p = ½, none against eight 0.004. **Effect**: the
//! ratio of rates with its exact interval. **Cost**: O(n).

use crate::judgement::Interval;
use crate::stats::{self, ConfidenceLevel, PValues, Proportion, Rate, two_proportions, two_rates};

use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::timeline::PairTimeline;

/// Multiples are whole when they are off by no more than this share: rates are rounded.
const WHOLE: f64 = 1e-6;
/// Larger multiples are no counts.
const LARGEST: f64 = 1e6;

/// How events compare.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Events {
    pub(crate) canary: u64,
    pub(crate) baseline: u64,
    /// Whether events were counted, or points that have any.
    pub(crate) counted: bool,
    pub(crate) ratio: f64,
    pub(crate) interval: Interval,
    /// How much worse a point of the canary is on average, in the grid's unit.
    pub(crate) rise: f64,
    pub(crate) p: f64,
}

/// What is known of a metric's events besides its points.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    /// Whether the config says that points are counts.
    pub(crate) declared: bool,
    /// What events are out of, if not of equal times.
    pub(crate) exposure: Option<Exposure>,
}

/// What the events of a point are out of on average, on either side, in the grid's unit. Where it is
/// there, the canary's points on the grid are what they would be with the baseline's exposure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Exposure {
    pub(crate) canary: f64,
    pub(crate) baseline: f64,
    /// Whether each event is one of those that they are out of.
    pub(crate) proportion: bool,
}

/// Compares the rates of both sides, of which the baseline's may be higher by `share`.
pub(crate) fn find(
    of: &Comparison,
    timeline: &PairTimeline,
    counted: Counted,
    share: f64,
    confidence: f64,
) -> Option<Events> {
    let level = ConfidenceLevel::new(confidence).ok()?;
    let sign = of.axis.sign();
    let factor = counted.exposure.map_or(1.0, |of| of.canary / of.baseline);
    let x: Vec<f64> = of.x.iter().map(|v| sign * v * factor).collect();
    let y: Vec<f64> = of.y.iter().map(|v| sign * v).collect();
    let one = if counted.declared { Some(timeline.in_unit(1.0)) } else { None };
    let (m, n) = match counted.exposure {
        None => (x.len() as f64, y.len() as f64),
        Some(of) => (of.canary * x.len() as f64, of.baseline * y.len() as f64),
    };
    let allowed = (1.0 + sign * share).max(f64::MIN_POSITIVE);
    let trials = counted.exposure.is_some_and(|of| of.proportion);
    let sides = Sides { x: &x, y: &y, exposures: (m, n), trials, allowed };
    let found = match unit(&x, &y, one) {
        Some(unit) => sides.counted(unit, unit, level),
        // Counts that are averages: by how much they vary.
        None => match one {
            Some(one) => sides.counted(one / LARGEST, one, level),
            None => sides.present(level),
        },
    }?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let interval = Interval {
        lower: found.interval.lower * allowed,
        upper: found.interval.upper * allowed,
        level: confidence,
    };
    let p = if sign > 0.0 { found.p.greater } else { found.p.less };
    let Compared { canary, baseline, counted, ratio, .. } = found;
    Some(Events { canary, baseline, counted, ratio, interval, rise: mean(&of.x) - mean(&of.y), p })
}

/// Points of both sides, turned so that none is below 0.
struct Sides<'a> {
    x: &'a [f64],
    y: &'a [f64],
    /// What all events of a side are out of.
    exposures: (f64, f64),
    /// Whether each event is one of its exposure.
    trials: bool,
    /// How many times the baseline's rate the canary's may be.
    allowed: f64,
}

/// What a test of both sides gives; the interval's ends are to be taken times what is allowed.
struct Compared {
    canary: u64,
    baseline: u64,
    counted: bool,
    ratio: f64,
    interval: stats::Interval,
    p: PValues,
}

/// The first of `one` event and the smallest value above 0, its half and its third, of which all values
/// are whole multiples.
fn unit(x: &[f64], y: &[f64], one: Option<f64>) -> Option<f64> {
    let all = || x.iter().chain(y).copied().filter(|v| *v > 0.0);
    let smallest = all().fold(f64::INFINITY, f64::min);
    let divides = |unit: f64| {
        all().all(|v| {
            let multiple = v / unit;
            multiple < LARGEST && (multiple - multiple.round()).abs() <= WHOLE * multiple
        })
    };
    let parts = [1.0, 2.0, 3.0].into_iter().map(|part| smallest / part);
    one.into_iter().chain(parts).find(|unit| unit.is_finite() && divides(*unit))
}

impl Sides<'_> {
    /// By the numbers of events, in multiples of `unit`; they are shown in multiples of `one`.
    fn counted(&self, unit: f64, one: f64, level: ConfidenceLevel) -> Option<Compared> {
        let Self { x, y, exposures: (m, n), trials, allowed } = *self;
        let dispersion = dispersion(x, y, unit);
        let (canary_all, baseline_all) = (total(x, unit), total(y, unit));
        let (canary, baseline) = (whole(canary_all / dispersion), whole(baseline_all / dispersion));
        let rates =
            two_rates(Rate::new(canary, m * allowed).ok()?, Rate::new(baseline, n).ok()?, level);
        let p = if trials && allowed == 1.0 {
            let trials = |of: f64, events: u64| whole(of / unit / dispersion).max(events);
            let x = Proportion::new(canary, trials(m, canary)).ok()?;
            let y = Proportion::new(baseline, trials(n, baseline)).ok()?;
            two_proportions(x, y, level).p
        } else {
            rates.p
        };
        // Of the events themselves: their dispersion makes them fewer, and whole again.
        let ratio = if baseline_all > 0.0 {
            (canary_all / m) / (baseline_all / n)
        } else {
            rates.ratio.map_or(1.0, |ratio| ratio * allowed)
        };
        let shown = |all: f64| whole(all * unit / one);
        let (canary, baseline) = (shown(canary_all), shown(baseline_all));
        Some(Compared { canary, baseline, counted: true, ratio, interval: rates.interval, p })
    }

    /// By the numbers of points that have events.
    fn present(&self, level: ConfidenceLevel) -> Option<Compared> {
        let Self { x, y, allowed, .. } = *self;
        let some = |side: &[f64]| side.iter().filter(|v| **v > 0.0).count() as u64;
        let (canary, baseline) = (some(x), some(y));
        let (m, n) = (x.len() as u64, y.len() as u64);
        let rates = two_rates(
            Rate::new(canary, m as f64 * allowed).ok()?,
            Rate::new(baseline, n as f64).ok()?,
            level,
        );
        let p = if allowed == 1.0 {
            two_proportions(
                Proportion::new(canary, m).ok()?,
                Proportion::new(baseline, n).ok()?,
                level,
            )
            .p
        } else {
            // Points are scattered less than Poisson counts, so this is too large rather than too small.
            rates.p
        };
        let ratio = canary as f64 / m as f64 / (baseline as f64 / n as f64);
        Some(Compared { canary, baseline, counted: false, ratio, interval: rates.interval, p })
    }
}

fn total(side: &[f64], unit: f64) -> f64 {
    side.iter().map(|v| (v / unit).round()).sum()
}

/// The nearest whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at least 0; casts saturate"
)]
fn whole(count: f64) -> u64 {
    count.round() as u64
}

/// Variance over mean of counts in `unit`, at least the 1 of Poisson counts.
fn dispersion(x: &[f64], y: &[f64], unit: f64) -> f64 {
    let (mut squares, mut means) = (0.0, 0.0);
    for side in [x, y] {
        let n = side.len() as f64;
        let mean = side.iter().sum::<f64>() / unit / n;
        squares += side.iter().map(|v| (v / unit - mean) * (v / unit - mean)).sum::<f64>();
        means += mean * (n - 1.0);
    }
    if means > 0.0 { (squares / means).max(1.0) } else { 1.0 }
}
