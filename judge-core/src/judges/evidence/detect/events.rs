//! Are events more frequent?
//!
//! For sparse metrics, whose points are mostly 0, and for declared counts. **Null**: the canary's events come
//! at the baseline's rate times the allowance, per unit of time or of exposure. **Statistic**: if all points
//! are whole multiples of one unit, the canary's number of events given the total, which is binomial
//! (Przyborowski and Wilenski 1940). Counts that vary more than Poisson counts are divided by their dispersion
//! first, so that a burst does not look like a stream of events. Otherwise (ratios) the number of points that
//! are not 0, by Fisher's exact test; with an allowance, these points count as Poisson events. Exact for any
//! number of events: none against one has p = ½, none against eight 0.004. **Effect**: the ratio of rates with
//! its exact interval. **Cost**: O(n).

use crate::judgement::Interval;
use crate::stats::{self, ConfidenceLevel, PValues, Proportion, Rate, two_proportions, two_rates};

use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::timeline::PairTimeline;

/// A multiple counts as whole if it is off by no more than this share, because rates are rounded.
const WHOLE: f64 = 1e-6;
/// Larger multiples do not count as numbers of events.
const LARGEST: f64 = 1e6;

/// How events compare.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Events {
    pub(crate) canary: u64,
    pub(crate) baseline: u64,
    /// Whether `canary` and `baseline` count events; otherwise they count points with events.
    pub(crate) counted: bool,
    pub(crate) ratio: f64,
    pub(crate) interval: Interval,
    /// How much worse a point of the canary is on average, in the grid's unit.
    pub(crate) rise: f64,
    pub(crate) p: f64,
}

/// What the config says about a metric's events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    /// Whether the config says that points are counts.
    pub(crate) declared: bool,
    /// The exposure of the events; `None` if it is equal times.
    pub(crate) exposure: Option<Exposure>,
}

/// Mean exposure of a point on each side, such as its requests, in the grid's unit. If there is an exposure,
/// the canary's points on the grid are scaled to the baseline's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Exposure {
    pub(crate) canary: f64,
    pub(crate) baseline: f64,
    /// Whether events are a part of the exposure, as errors are a part of requests.
    pub(crate) proportion: bool,
}

/// Compares the rates of both sides. The canary's may be worse by the allowed `share`.
pub(crate) fn find(
    comparison: &Comparison,
    timeline: &PairTimeline,
    counted: Counted,
    share: f64,
    confidence: f64,
) -> Option<Events> {
    let level = ConfidenceLevel::new(confidence).ok()?;
    let sign = comparison.axis.sign();
    let factor = counted.exposure.map_or(1.0, |exposure| exposure.canary / exposure.baseline);
    let x: Vec<f64> = comparison.x.iter().map(|v| sign * v * factor).collect();
    let y: Vec<f64> = comparison.y.iter().map(|v| sign * v).collect();
    let one = if counted.declared { Some(timeline.in_unit(1.0)) } else { None };
    let (m, n) = match counted.exposure {
        None => (x.len() as f64, y.len() as f64),
        Some(exposure) => (exposure.canary * x.len() as f64, exposure.baseline * y.len() as f64),
    };
    let allowed = (1.0 + sign * share).max(f64::MIN_POSITIVE);
    let trials = counted.exposure.is_some_and(|exposure| exposure.proportion);
    let sides = Sides { x: &x, y: &y, exposures: (m, n), trials, allowed };
    let found = match unit(&x, &y, one) {
        Some(unit) => sides.compare_counts(unit, unit, level),
        // Declared counts that are averages have no unit: they are counted in tiny parts, and the dispersion
        // makes up for it.
        None => match one {
            Some(one) => sides.compare_counts(one / LARGEST, one, level),
            None => sides.compare_points_with_events(level),
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
    Some(Events {
        canary,
        baseline,
        counted,
        ratio,
        interval,
        rise: mean(&comparison.x) - mean(&comparison.y),
        p,
    })
}

/// Points of both sides, with the sign that makes them 0 or more.
struct Sides<'a> {
    x: &'a [f64],
    y: &'a [f64],
    /// Total exposure of the canary and of the baseline.
    exposures: (f64, f64),
    /// Whether events are a part of the exposure.
    trials: bool,
    /// Allowed ratio of the canary's rate to the baseline's.
    allowed: f64,
}

/// Result of a test of both sides. The interval is relative to the allowed ratio.
struct Compared {
    canary: u64,
    baseline: u64,
    counted: bool,
    ratio: f64,
    interval: stats::Interval,
    p: PValues,
}

/// The unit of which all values are whole multiples, if there is one. The candidates in order: `one` event, the
/// smallest value above 0, its half, its third.
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
    /// Compares the numbers of events, counted in `unit`. They are shown in multiples of `one`.
    fn compare_counts(&self, unit: f64, one: f64, level: ConfidenceLevel) -> Option<Compared> {
        let Self { x, y, exposures: (m, n), trials, allowed } = *self;
        let dispersion = dispersion(x, y, unit);
        let (canary_all, baseline_all) = (total(x, unit), total(y, unit));
        let (canary, baseline) = (whole(canary_all / dispersion), whole(baseline_all / dispersion));
        let rates =
            two_rates(Rate::new(canary, m * allowed).ok()?, Rate::new(baseline, n).ok()?, level);
        let p = if trials && allowed == 1.0 {
            let trials =
                |exposure: f64, events: u64| whole(exposure / unit / dispersion).max(events);
            let x = Proportion::new(canary, trials(m, canary)).ok()?;
            let y = Proportion::new(baseline, trials(n, baseline)).ok()?;
            two_proportions(x, y, level).p
        } else {
            rates.p
        };
        // The ratio is of the events themselves: dividing by the dispersion makes them fewer and rounds them.
        let ratio = if baseline_all > 0.0 {
            (canary_all / m) / (baseline_all / n)
        } else {
            rates.ratio.map_or(1.0, |ratio| ratio * allowed)
        };
        let shown = |all: f64| whole(all * unit / one);
        let (canary, baseline) = (shown(canary_all), shown(baseline_all));
        Some(Compared { canary, baseline, counted: true, ratio, interval: rates.interval, p })
    }

    /// Compares the numbers of points that have events.
    fn compare_points_with_events(&self, level: ConfidenceLevel) -> Option<Compared> {
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
            // Numbers of points vary less than Poisson counts, so this p-value is too large rather than too
            // small.
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
