//! Rounds points to as few digits as the charts need.

use std::ops::Range;

use judge_core::{MetricPair, Series};
use serde::Serialize;

use crate::TimeRange;

/// Significant digits that every point keeps: more than the charts show.
const FEWEST_DIGITS: i32 = 7;
/// Significant digits of a double.
const MOST_DIGITS: i32 = 17;
/// A screen shows no difference below this share of the range of the points.
const SHOWN: f64 = 1e-4;
/// Points whose relative difference is below this differ by rounding errors only.
const ERROR: f64 = 1e-12;

/// How the points of a metric are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rounding {
    /// The last decimal place that is kept, as a power of ten; `None` if [`FEWEST_DIGITS`] are enough.
    place: Option<i32>,
}

impl Rounding {
    /// Rounds so that no chart changes: neither those of all points nor those of the judged points.
    pub(crate) fn choose(pair: &MetricPair, judged: Option<TimeRange>) -> Self {
        let sides = [&pair.baseline, &pair.canary];
        let all = spread(sides.iter().flat_map(|side| &side.values));
        let part = judged.and_then(|span| {
            spread(sides.iter().flat_map(|side| &side.values[within(span, side)]))
        });
        let spread = all.into_iter().chain(part).reduce(f64::min);
        Self { place: spread.map(|spread| exponent(spread * SHOWN)) }
    }

    /// Rounds a point.
    pub(crate) fn point(self, value: f64) -> Rounded {
        if value.is_nan() {
            return Rounded::Gap(());
        }
        if value.is_infinite() {
            return Rounded::Infinite(if value > 0.0 { "Infinity" } else { "-Infinity" });
        }
        let needed = self.place.map_or(0, |place| exponent(value).saturating_sub(place) + 1);
        let digits = needed.clamp(FEWEST_DIGITS, MOST_DIGITS);
        let digits = usize::try_from(digits).unwrap_or(0);
        Rounded::new(judge_core::format::round_to_digits(value, digits))
    }
}

/// The range of `values`: the highest minus the lowest. `None` if it is only rounding error.
fn spread<'a>(values: impl Iterator<Item = &'a f64>) -> Option<f64> {
    let finite = values.copied().filter(|value| value.is_finite());
    let bounds = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), bounds);
    let spread = high - low;
    (spread > ERROR * low.abs().max(high.abs())).then_some(spread)
}

/// The indices of the points in `span`; all if the series has no clock.
fn within(span: TimeRange, series: &Series) -> Range<usize> {
    let count = series.values.len();
    let Some(clock) = series.clock else { return 0..count };
    let before = |time: i64| {
        let since = u64::try_from(time.saturating_sub(clock.start_millis())).unwrap_or(0);
        usize::try_from(since.div_ceil(clock.step_millis())).map_or(count, |index| index.min(count))
    };
    let from = before(span.from_millis);
    from..before(span.to_millis).max(from)
}

/// The power of ten of the first digit.
#[expect(clippy::cast_possible_truncation, reason = "a double has a few hundred at most")]
fn exponent(value: f64) -> i32 {
    value.abs().log10().floor() as i32
}

/// A rounded point as JSON: whole numbers without a decimal point; infinities as words, since JSON has none.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Rounded {
    Gap(()),
    Infinite(&'static str),
    Whole(i64),
    Other(f64),
}

impl Rounded {
    fn new(value: f64) -> Self {
        /// Beyond this a double skips whole numbers.
        const LARGEST: f64 = 9_007_199_254_740_992.0;
        if value.fract() == 0.0 && value.abs() < LARGEST {
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
            Self::Whole(value as i64)
        } else {
            Self::Other(value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(baseline: &[f64], canary: &[f64], judged: Option<TimeRange>) -> String {
        let mut pair = MetricPair::new("m", baseline.to_vec(), canary.to_vec());
        for side in [&mut pair.baseline, &mut pair.canary] {
            side.clock = judge_core::Clock::new(1000, 10).ok();
        }
        let rounding = Rounding::choose(&pair, judged);
        let points = baseline.iter().map(|value| rounding.point(*value)).collect::<Vec<_>>();
        serde_json::to_string(&points).unwrap()
    }

    #[test]
    fn points_are_short_and_as_far_apart_as_they_are() {
        for (baseline, canary, expected) in [
            (&[0.001_551_013_803_614_945_4, 0.002][..], &[][..], "[0.001551014,0.002]"),
            (&[42_503_168.0, 3.0, -0.5], &[], "[42503170,3,-0.5]"),
            // A large level.
            (&[4e9 + 3.271_592, 4e9 - 7.0], &[], "[4000000003.272,3999999993]"),
            (&[-4e9 - 3.271_592], &[-4e9 + 7.0], "[-4000000003.272]"),
            // What is apart is the other side.
            (&[4_000_000_003.0; 2], &[4_000_000_013.0], "[4000000003,4000000003]"),
            (&[4_000_000_003.0; 2], &[0.0], "[4000000000,4000000000]"),
            // Errors of arithmetic.
            (&[0.1 + 0.2, 0.3], &[], "[0.3,0.3]"),
            (&[1e300, -1e300], &[], "[1e+300,-1e+300]"),
            (&[f64::MAX, f64::MIN, 3.0], &[], "[1.797693e+308,-1.797693e+308,3]"),
            (&[5e-324, 1e-323], &[], "[5e-324,1e-323]"),
            (
                &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 7.0],
                &[],
                r#"[null,"Infinity","-Infinity",7]"#,
            ),
            (&[], &[], "[]"),
        ] {
            assert_eq!(rounded(baseline, canary, None), expected);
        }
    }

    #[test]
    fn judged_values_keep_their_digits_beside_a_start_at_zero() {
        let series = [0.0, 4e9 + 3.0, 4e9 - 7.0, 4e9 + 3.0];
        let judged = |from_millis, to_millis| Some(TimeRange { from_millis, to_millis });
        for (span, expected) in [
            (None, "[0,4000000000,4000000000,4000000000]"),
            (judged(1010, 1040), "[0,4000000003,3999999993,4000000003]"),
            (judged(1001, 1030), "[0,4000000003,3999999993,4000000003]"),
            (judged(0, 1020), "[0,4000000000,4000000000,4000000000]"),
            (judged(1020, 1030), "[0,4000000000,4000000000,4000000000]"),
            (judged(2000, 1000), "[0,4000000000,4000000000,4000000000]"),
        ] {
            assert_eq!(rounded(&series, &[], span), expected, "{span:?}");
        }
    }
}
