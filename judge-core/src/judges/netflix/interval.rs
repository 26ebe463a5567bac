//! The Mann–Whitney shift and its interval as Kayenta computes them.

use crate::interval::{Interval, Shift};
use crate::order;

use super::brent::{self, Point};
use super::parameters::{CONFIDENCE, NORMAL_QUANTILE};
use super::quantile;
use super::runs::Runs;
use super::statistic::{Statistic, Untestable};

/// The shifts at which the canary lies wholly below or above the baseline.
#[derive(Debug, Clone, Copy)]
struct Span {
    low: f64,
    high: f64,
}

impl Span {
    fn of(x: Extremes, y: Extremes) -> Self {
        Self { low: x.min - y.max, high: x.max - y.min }
    }
}

#[derive(Debug, Clone, Copy)]
struct Extremes {
    min: f64,
    max: f64,
}

impl Extremes {
    /// Of values in ascending order without NaN.
    fn of_sorted(values: &[f64]) -> Option<Self> {
        Some(Self { min: *values.first()?, max: *values.last()? })
    }

    /// Of values in any order, as Scala 2.12 finds them: a NaN makes it forget what came before.
    fn as_scala(values: &[f64]) -> Option<Self> {
        let values = || values.iter().copied();
        let min = values().reduce(|min, value| if min <= value { min } else { value })?;
        let max = values().reduce(|max, value| if max >= value { max } else { value })?;
        Some(Self { min, max })
    }
}

/// The shift of `canary` from `baseline` with its interval at `level`, as Kayenta computes them:
/// roots of the rank statistic in the shift, to an absolute tolerance of 1e-4 of the metric's unit.
///
/// Values in any order and unit. Infinite ones rank like any other, NaN above them.
/// O((m + n) · (log(m + n) + steps)), with some 40 steps.
///
/// # Errors
/// When the statistic has no standard deviation because all values tie once shifted, when a side has
/// no values, or when `level` is above 1.
///
/// # Example
/// ```
/// use judge_core::judges::netflix::shift_interval;
/// let shift = shift_interval(&[1.0, 2.0], &[3.0, 4.0, 5.0], 0.98)?;
/// assert_eq!(shift.estimate, -2.5);
/// assert_eq!((shift.interval.lower, shift.interval.upper), (-4.0, -1.0));
/// # Ok::<(), judge_core::judges::netflix::Untestable>(())
/// ```
pub fn shift_interval(canary: &[f64], baseline: &[f64], level: f64) -> Result<Shift, Untestable> {
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        order::sort(&mut values);
        values
    };
    let extremes = Extremes::as_scala(canary).zip(Extremes::as_scala(baseline));
    let (x, y) = extremes.ok_or(Untestable)?;
    let z = quantile::two_sided(level).ok_or(Untestable)?;
    let mut runs = Runs::default();
    let (canary, baseline) = (sorted(canary), sorted(baseline));
    crossings(&mut Statistic::new(&canary, &baseline, &mut runs), Span::of(x, y), z, level)
}

/// The interval at Kayenta's level. Both samples are sorted ascending and hold no NaN.
pub(super) fn shift(x: &[f64], y: &[f64], runs: &mut Runs) -> Result<Shift, Untestable> {
    let extremes = Extremes::of_sorted(x).zip(Extremes::of_sorted(y));
    let (of_x, of_y) = extremes.ok_or(Untestable)?;
    let mut w = Statistic::new(x, y, runs);
    crossings(&mut w, Span::of(of_x, of_y), NORMAL_QUANTILE, CONFIDENCE)
}

/// Where W crosses `z`, −`z` and 0: the interval of x − y and its middle.
fn crossings(w: &mut Statistic<'_>, span: Span, z: f64, level: f64) -> Result<Shift, Untestable> {
    let low = Point { at: span.low, value: w.at(span.low)? };
    let high = Point { at: span.high, value: w.at(span.high)? };
    let mut crossing = |q: f64| {
        let less_q = |point: Point| Point { value: point.value - q, ..point };
        brent::root(less_q(low), less_q(high), |at| Ok(w.at(at)? - q))
    };
    let mut bound = |q: f64| {
        if low.value - q <= 0.0 {
            Ok(low.at)
        } else if high.value - q >= 0.0 {
            Ok(high.at)
        } else {
            crossing(q)
        }
    };
    let (lower, upper) = (bound(z)?, bound(-z)?);
    Ok(Shift::new(crossing(0.0)?, Interval::new(lower, upper, level)))
}

/// Kayenta's common language effect size: the probability that a value of `x` exceeds one of `y`,
/// ties counting half.
pub(super) fn superiority(x: &[f64], y: &[f64], runs: &mut Runs) -> f64 {
    let twice_u = Statistic::new(x, y, runs).twice_u();
    twice_u / (2.0 * x.len() as f64 * y.len() as f64)
}
