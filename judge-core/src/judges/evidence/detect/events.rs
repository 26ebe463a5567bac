//! Are events more frequent?
//!
//! For sparse metrics, whose points are mostly 0, and for declared counts. **Null**: the canary's events come
//! at the baseline's rate times the allowance, per unit of time or of exposure. **Statistic**: if all points
//! are whole multiples of one unit, the canary's number of events given the total, which is binomial
//! (Przyborowski and Wilenski 1940). Counts that vary more than Poisson counts are divided by their dispersion
//! first, so that a burst does not look like a stream of events. Otherwise (ratios) the number of points that
//! are not 0, by Fisher's exact test; with an allowance, these points count as Poisson events. Sparse counts
//! without an exposure get this test, too, at a fifth of the level: a burst could hide the other events. Exact for
//! any number of events: none against one has p = ½, none against eight 0.004. **Effect**: the ratio of rates with
//! its exact interval. **Cost**: O(n).
//!
//! If exposures are known for each time, [`strata`](super::strata) compares the events of the same times, and the exact test of
//! their totals decides where events are few.

use crate::judgement::Interval;
use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::timeline::{PairTimeline, are_sparse, count};
use crate::stats::{ConfidenceLevel, Proportion, Rate, TwoRates, two_proportions, two_rates};

use super::strata::{Strata, Stratum, Totals};

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
pub(crate) struct Counted<'a> {
    /// Whether the config says that points are counts.
    pub(crate) declared: bool,
    /// The exposure of the events; `None` if it is equal times.
    pub(crate) exposure: Option<&'a Exposure>,
}

/// Mean exposure of a point on each side, such as its requests, in the grid's unit. If there is an exposure,
/// the canary's points on the grid are scaled to the baseline's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exposure {
    pub(crate) canary: f64,
    pub(crate) baseline: f64,
    /// Whether events are a part of the exposure, as errors are a part of requests.
    pub(crate) proportion: bool,
    /// Exposures of the canary and of the baseline at each time of the timeline; NaN where they are not known. Empty if
    /// times cannot be compared.
    pub(crate) at_times: Vec<(f64, f64)>,
}

/// Compares the rates of both sides. The canary's may be worse by the allowed `share`.
///
/// Counts have a unit: one event, or the smallest value, its half or its third, of which all values are multiples. Without a unit,
/// points with events are counted.
pub(crate) fn find(
    comparison: &Comparison,
    timeline: &PairTimeline,
    Counted { declared, exposure }: Counted<'_>,
    share: f64,
) -> Option<Events> {
    let sign = comparison.axis.sign();
    let factor = exposure.map_or(1.0, |exposure| exposure.canary / exposure.baseline);
    let x: Vec<f64> = comparison.x.iter().map(|v| sign * v * factor).collect();
    let y: Vec<f64> = comparison.y.iter().map(|v| sign * v).collect();
    let (m, n) = (x.len() as f64, y.len() as f64);
    let event = timeline.in_unit(1.0);
    let common_unit = common_unit(&x, &y, declared.then_some(event));
    let sides = Sides {
        exposures: exposure.map_or((m, n), |each| (each.canary * m, each.baseline * n)),
        trials: exposure.is_some_and(|exposure| exposure.proportion),
        allowed: (1.0 + sign * share).max(f64::MIN_POSITIVE),
        sign,
        x: &x,
        y: &y,
    };
    let rise = comparison.mean_x - comparison.mean_y;
    let compare_points = |cost: f64| {
        let Compared { canary, baseline, ratio, interval, p } = sides.compare(None)?;
        let (canary, baseline) = (whole(canary), whole(baseline));
        Some(Events { canary, baseline, counted: false, ratio, interval, rise, p: cost * p })
    };
    // Declared counts without a unit (averages) are counted in millionths of an event; their dispersion corrects the excess of
    // events.
    let Some(unit) = common_unit.or(declared.then_some(event / LARGEST)) else {
        return compare_points(1.0);
    };
    let strata = exposure.and_then(|exposure| stratify(timeline, exposure, unit));
    let Compared { canary, baseline, ratio, interval, p } = match &strata {
        Some(strata) => sides.compare_by_time(strata)?,
        None => sides.compare(Some(unit))?,
    };
    let rise = strata
        .zip(exposure)
        .map_or(rise, |(strata, exposure)| sign * strata.rate_difference() * exposure.baseline);
    let shown = |all: f64| whole(all * unit / common_unit.unwrap_or(event));
    let (canary, baseline) = (shown(canary), shown(baseline));
    let mut events = Events { canary, baseline, counted: true, ratio, interval, rise, p };
    if exposure.is_none() && are_sparse(&x, &y) {
        let points = compare_points(p::EVENT_POINTS_COST)?;
        events.counted =
            declared || unit == event || canary + baseline > points.canary + points.baseline;
        // A burst raises the dispersion of all events, and must not hide the others.
        let has_burst = sign * events.ratio >= sign * points.ratio;
        if has_burst && points.p < events.p {
            return Some(points);
        }
    }
    Some(events)
}

/// The times at which both sides have events and exposures, counted in `unit`. `None` if the exposures of most points are not known.
fn stratify(timeline: &PairTimeline, exposure: &Exposure, unit: f64) -> Option<Strata> {
    let PairTimeline { canary, baseline, .. } = timeline;
    let factor = exposure.canary / exposure.baseline;
    let known = exposure.at_times.iter().filter(|(m, n)| (m + n).is_finite()).count();
    if 2 * known < count(canary).max(count(baseline)) {
        return None;
    }
    let points = canary.iter().zip(baseline).zip(&exposure.at_times);
    let strata: Vec<Stratum> = points
        .filter(|((x, y), (m, n))| {
            let has_traffic = *m > 0.0 && *n > 0.0 && (m + n).is_finite();
            has_traffic && **x >= 0.0 && **y >= 0.0
        })
        .map(|((x, y), (m, n))| Stratum {
            canary: (x * factor / unit).round(),
            baseline: (y / unit).round(),
            canary_exposure: m / unit,
            baseline_exposure: n / unit,
        })
        .collect();
    Strata::new(strata, exposure.proportion)
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
    /// 1 if more events are harm, −1 if fewer are.
    sign: f64,
}

/// Numbers of events, or of points with events, and how they compare.
struct Compared {
    canary: f64,
    baseline: f64,
    ratio: f64,
    interval: Interval,
    p: f64,
}

impl Sides<'_> {
    /// Compares the numbers of events, counted in `unit`; without a unit, the numbers of points with events.
    fn compare(&self, unit: Option<f64>) -> Option<Compared> {
        let Self { x, y, exposures, allowed, .. } = *self;
        let total = |side: &[f64]| match unit {
            Some(unit) => side.iter().map(|v| (v / unit).round()).sum(),
            None => side.iter().filter(|v| **v > 0.0).count() as f64,
        };
        let (canary, baseline): (f64, f64) = (total(x), total(y));
        let dispersion = unit.map_or(1.0, |unit| dispersion(x, y, unit));
        let totals = Totals { canary, baseline, exposures, dispersion };
        // Points with events vary less than Poisson events.
        let trials = (self.trials || unit.is_none()).then_some(unit.unwrap_or(1.0));
        let (rates, p) = self.compare_exactly(totals, trials)?;
        // The ratio is of the events themselves: dividing by the dispersion makes them fewer and rounds them.
        let ratio = if unit.is_none() || baseline > 0.0 {
            let (m, n) = exposures;
            (canary / m) / (baseline / n)
        } else {
            rates.ratio.map_or(1.0, |ratio| ratio * allowed)
        };
        let interval = Interval {
            lower: rates.interval.lower * allowed,
            upper: rates.interval.upper * allowed,
            level: p::SHOWN,
        };
        Some(Compared { canary, baseline, ratio, interval, p })
    }

    /// Compares the events of the same times. The larger of two p-values counts: the sum of the times is normal only for many
    /// events, and the exact test does not know that the dispersion is an estimate.
    fn compare_by_time(&self, strata: &Strata) -> Option<Compared> {
        let totals = strata.standardise(self.allowed);
        let (_, exact) = self.compare_exactly(totals, self.trials.then_some(1.0))?;
        let p = exact.max(strata.p_value(self.allowed, self.sign));
        Some(Compared {
            canary: totals.canary,
            baseline: totals.baseline,
            ratio: strata.rate_ratio(),
            interval: strata.interval(),
            p,
        })
    }

    /// Compares rates by the exact conditional test, or proportions if exposures are trials of the given size. Returns its p-value,
    /// too. With an allowance, proportions count as rates: they vary less, so this p-value is too large rather than too small.
    fn compare_exactly(&self, totals: Totals, trials: Option<f64>) -> Option<(TwoRates, f64)> {
        const LEVEL: ConfidenceLevel = ConfidenceLevel::constant(p::SHOWN);
        let Totals { canary, baseline, exposures: (m, n), dispersion } = totals;
        let (events_x, events_y) = (whole(canary / dispersion), whole(baseline / dispersion));
        let rate_x = Rate::new(events_x, m * self.allowed).ok()?;
        let rates = two_rates(rate_x, Rate::new(events_y, n).ok()?, LEVEL);
        let p = match trials {
            Some(size) if self.allowed == 1.0 => {
                let of = |exposure: f64, events: u64| {
                    let trials = exposure / size / dispersion;
                    Proportion::new(events, whole(trials).max(events)).ok()
                };
                two_proportions(of(m, events_x)?, of(n, events_y)?, LEVEL).p
            }
            _ => rates.p,
        };
        Some((rates, if self.sign > 0.0 { p.greater } else { p.less }))
    }
}

/// The unit of which all values are whole multiples, if there is one. The candidates in order: one `event`, the
/// smallest value above 0, its half, its third.
fn common_unit(x: &[f64], y: &[f64], event: Option<f64>) -> Option<f64> {
    let all = || x.iter().chain(y).copied().filter(|v| *v > 0.0);
    let smallest = all().fold(f64::INFINITY, f64::min);
    let divides = |unit: f64| {
        all().all(|v| {
            let multiple = v / unit;
            multiple < LARGEST && (multiple - multiple.round()).abs() <= WHOLE * multiple
        })
    };
    let parts = [1.0, 2.0, 3.0].into_iter().map(|part| smallest / part);
    event.into_iter().chain(parts).find(|unit| unit.is_finite() && divides(*unit))
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
