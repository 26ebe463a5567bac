//! The Mann–Whitney shift and its interval, as Kayenta computes them.

use crate::interval::{Interval, Shift};
use crate::order;

use super::brent::{self, FunctionPoint};
use super::parameters::{CONFIDENCE, NORMAL_QUANTILE};
use super::quantile;
use super::shifted_ranks::ShiftedRanks;
use super::statistic::{Statistic, Untestable};

/// Shifts at which the canary lies entirely below (`high`) or above (`low`) the baseline.
#[derive(Debug, Clone, Copy)]
struct ShiftSpan {
    low: f64,
    high: f64,
}

impl ShiftSpan {
    fn between(x: Extremes, y: Extremes) -> Self {
        Self { low: x.min - y.max, high: x.max - y.min }
    }
}

#[derive(Debug, Clone, Copy)]
struct Extremes {
    min: f64,
    max: f64,
}

impl Extremes {
    /// Smallest and largest of ascending values without NaN.
    fn from_sorted(values: &[f64]) -> Option<Self> {
        Some(Self { min: *values.first()?, max: *values.last()? })
    }

    /// Smallest and largest as Scala 2.12 finds them: after a NaN, it forgets what came before.
    fn as_in_scala(values: &[f64]) -> Option<Self> {
        let values = || values.iter().copied();
        let min = values().reduce(|min, value| if min <= value { min } else { value })?;
        let max = values().reduce(|max, value| if max >= value { max } else { value })?;
        Some(Self { min, max })
    }
}

/// The shift canary − baseline with its interval at `level`, as Kayenta computes them.
///
/// Both ends and the estimate are roots of the rank statistic in the shift, to an absolute tolerance of 1e-4
/// of the metric's unit. The result depends on the unit, because Kayenta's does: for statistics of your own,
/// use [`hodges_lehmann`](crate::stats::hodges_lehmann()).
///
/// The values may have any order and unit. Infinite values rank like any others, NaN above them. O((m + n) ·
/// (log(m + n) + steps)), with about 40 steps.
///
/// # Errors
/// If the statistic has no standard deviation, because all values tie after the shift; if a side has no
/// values; if `level` is above 1.
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
    let extremes = Extremes::as_in_scala(canary).zip(Extremes::as_in_scala(baseline));
    let (x, y) = extremes.ok_or(Untestable)?;
    let z = quantile::two_sided(level).ok_or(Untestable)?;
    let mut ranks = ShiftedRanks::default();
    let (canary, baseline) = (sorted(canary), sorted(baseline));
    crossings(
        &mut Statistic::new(&canary, &baseline, &mut ranks),
        ShiftSpan::between(x, y),
        z,
        level,
    )
}

/// The interval at Kayenta's confidence level. Both samples are ascending and contain no NaN.
pub(super) fn shift(x: &[f64], y: &[f64], ranks: &mut ShiftedRanks) -> Result<Shift, Untestable> {
    let extremes = Extremes::from_sorted(x).zip(Extremes::from_sorted(y));
    let (of_x, of_y) = extremes.ok_or(Untestable)?;
    let mut w = Statistic::new(x, y, ranks);
    crossings(&mut w, ShiftSpan::between(of_x, of_y), NORMAL_QUANTILE, CONFIDENCE)
}

/// The shifts at which W crosses `z`, −`z` and 0: the interval of x − y and the estimate.
fn crossings(
    w: &mut Statistic<'_>,
    span: ShiftSpan,
    z: f64,
    level: f64,
) -> Result<Shift, Untestable> {
    let low = FunctionPoint { at: span.low, value: w.at(span.low)? };
    let high = FunctionPoint { at: span.high, value: w.at(span.high)? };
    let mut crossing = |q: f64| {
        let less_q = |point: FunctionPoint| FunctionPoint { value: point.value - q, ..point };
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

/// Kayenta's common language effect size: the probability that a value of `x` exceeds a value of `y`; ties
/// count half.
pub(super) fn superiority(x: &[f64], y: &[f64], ranks: &mut ShiftedRanks) -> f64 {
    let twice_u = Statistic::new(x, y, ranks).twice_u();
    twice_u / (2.0 * x.len() as f64 * y.len() as f64)
}
