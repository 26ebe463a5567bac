//! Are events more frequent?
//!
//! For sparse metrics: most points are 0. **Null**: events come at one rate on both sides (the
//! allowance times the baseline's). **Statistic**: where all points are whole multiples of one unit,
//! the canary's events given the total, binomial (Przyborowski and Wilenski 1940); counts that vary
//! more than Poisson counts do are divided by their dispersion first, so that a burst is not a stream.
//! Where they are not (ratios), points that are not 0, by Fisher's exact test. Exact at any number of
//! events: none against one has p = ½, none against eight 0.004. **Effect**: the ratio of rates with
//! its exact interval. **Cost**: O(n).

use crate::judgement::Interval;
use crate::stats::{ConfidenceLevel, Proportion, Rate, two_proportions, two_rates};

use super::case::Case;

/// Multiples are whole when they are off by no more than this share: rates are rounded.
const WHOLE: f64 = 1e-6;
/// Larger multiples are no counts.
const LARGEST: f64 = 1e6;

/// How events compare.
#[derive(Debug, Clone, Copy)]
pub(super) struct Events {
    pub(super) canary: u64,
    pub(super) baseline: u64,
    /// Whether events were counted, or points that have any.
    pub(super) counted: bool,
    pub(super) ratio: f64,
    pub(super) interval: Interval,
    pub(super) p: f64,
}

/// Whether most of the baseline's points are 0 and none is below.
pub(super) fn is_sparse(x: &[f64], y: &[f64]) -> bool {
    let zeros = y.iter().filter(|v| **v == 0.0).count();
    2 * zeros >= y.len() && x.iter().chain(y).all(|v| *v >= 0.0)
}

/// What events are out of, on either side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exposure {
    pub(super) canary: f64,
    pub(super) baseline: f64,
    /// Whether each event is one of those that they are out of.
    pub(super) proportion: bool,
}

/// Compares sparse sides, the canary's rate times `sign` being harm; without `exposure` events are out
/// of equal times.
pub(super) fn compare(
    case: &Case,
    sign: f64,
    exposure: Option<Exposure>,
    confidence: f64,
) -> Option<Events> {
    let level = ConfidenceLevel::new(confidence).ok()?;
    let values = |side: &[f64]| side.iter().map(move |v| sign * v).collect::<Vec<f64>>();
    let (x, y) = (values(&case.x), values(&case.y));
    match unit(&x, &y) {
        Some(unit) => Sides { x: &x, y: &y, unit, sign }.counted(case.scale.share, exposure, level),
        None => present(&x, &y, sign, level),
    }
}

/// Counts in whole multiples of a unit.
struct Sides<'a> {
    x: &'a [f64],
    y: &'a [f64],
    unit: f64,
    sign: f64,
}

/// The smallest value above 0, if all values are whole multiples of it, of its half or of its third.
fn unit(x: &[f64], y: &[f64]) -> Option<f64> {
    let all = || x.iter().chain(y).copied().filter(|v| *v > 0.0);
    let smallest = all().fold(f64::INFINITY, f64::min);
    let divides = |unit: f64| {
        all().all(|v| {
            let multiple = v / unit;
            multiple < LARGEST && (multiple - multiple.round()).abs() <= WHOLE * multiple
        })
    };
    [1.0, 2.0, 3.0]
        .into_iter()
        .map(|part| smallest / part)
        .find(|unit| unit.is_finite() && divides(*unit))
}

impl Sides<'_> {
    fn counted(
        &self,
        share: f64,
        exposure: Option<Exposure>,
        level: ConfidenceLevel,
    ) -> Option<Events> {
        let Self { x, y, sign, .. } = *self;
        let dispersion = dispersion(x, y, self.unit);
        let (canary_all, baseline_all) = (self.total(x), self.total(y));
        let (canary, baseline) = (whole(canary_all / dispersion), whole(baseline_all / dispersion));
        let allowed = (1.0 + sign * share).max(f64::MIN_POSITIVE);
        let (p, ratio, interval) = match exposure {
            Some(Exposure { canary: m, baseline: n, proportion: true }) if share == 0.0 => {
                let trials = |of: f64, events: u64| whole(of / self.unit / dispersion).max(events);
                let x = Proportion::new(canary, trials(m, canary)).ok()?;
                let y = Proportion::new(baseline, trials(n, baseline)).ok()?;
                let found = two_proportions(x, y, level);
                (found.p, (canary_all / m) / (baseline_all / n), found.odds_ratio_interval)
            }
            _ => {
                let (m, n) = exposure
                    .map_or((x.len() as f64, y.len() as f64), |of| (of.canary, of.baseline));
                let x = Rate::new(canary, m * allowed).ok()?;
                let y = Rate::new(baseline, n).ok()?;
                let found = two_rates(x, y, level);
                // Of the events themselves: their dispersion makes them fewer, and whole again.
                let ratio = if baseline_all > 0.0 {
                    (canary_all / m) / (baseline_all / n)
                } else {
                    found.ratio.map_or(1.0, |ratio| ratio * allowed)
                };
                let interval = crate::stats::Interval {
                    lower: found.interval.lower * allowed,
                    upper: found.interval.upper * allowed,
                };
                (found.p, ratio, interval)
            }
        };
        Some(Events {
            canary: whole(canary_all),
            baseline: whole(baseline_all),
            counted: true,
            ratio,
            interval: Interval {
                lower: interval.lower,
                upper: interval.upper,
                level: level.value(),
            },
            p: if sign > 0.0 { p.greater } else { p.less },
        })
    }

    fn total(&self, side: &[f64]) -> f64 {
        side.iter().map(|v| (v / self.unit).round()).sum()
    }
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
        squares += side.iter().map(|v| (v / unit - mean).powi(2)).sum::<f64>();
        means += mean * (n - 1.0);
    }
    if means > 0.0 { (squares / means).max(1.0) } else { 1.0 }
}

fn present(x: &[f64], y: &[f64], sign: f64, level: ConfidenceLevel) -> Option<Events> {
    let some = |side: &[f64]| side.iter().filter(|v| **v > 0.0).count() as u64;
    let (canary, baseline) = (some(x), some(y));
    let (m, n) = (x.len() as u64, y.len() as u64);
    let points = two_proportions(
        Proportion::new(canary, m).ok()?,
        Proportion::new(baseline, n).ok()?,
        level,
    );
    Some(Events {
        canary,
        baseline,
        counted: false,
        ratio: canary as f64 / m as f64 / (baseline as f64 / n as f64),
        interval: Interval {
            lower: points.odds_ratio_interval.lower,
            upper: points.odds_ratio_interval.upper,
            level: level.value(),
        },
        p: if sign > 0.0 { points.p.greater } else { points.p.less },
    })
}
