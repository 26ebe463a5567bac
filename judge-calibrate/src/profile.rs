//! Properties of a metric, measured on its history.

use std::collections::HashMap;

use judge_core::stats;

/// Properties of a metric, measured on its history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Profile {
    /// Points of all series, gaps included.
    pub(crate) points: usize,
    /// Share of gaps.
    pub(crate) gaps: f64,
    /// Whether every value is above 0, so that changes are factors.
    pub(crate) positive: bool,
    /// Mean absolute value, in the metric's unit.
    pub(crate) mean_size: f64,
    /// Mean, in the metric's unit.
    pub(crate) mean: f64,
    /// The most frequent value, in the metric's unit; NaN without values.
    pub(crate) mode: f64,
    /// Share of the values that are the most frequent one.
    pub(crate) mode_share: f64,
    /// Number of points with the information of one independent point: the median over the series.
    pub(crate) variance_inflation: f64,
}

/// Number of points of a series that we read to estimate its autocorrelation. The cost grows faster than the length.
const LONGEST_FOR_INFLATION: usize = 5000;

impl Profile {
    /// Measures all series of one metric.
    pub(crate) fn measure<'a>(series: impl Iterator<Item = &'a [f64]>) -> Self {
        let mut points = 0;
        let mut variance_inflations = Vec::new();
        let mut counts: HashMap<u64, usize> = HashMap::new();
        let (mut finite, mut sizes, mut sum, mut positive) = (0_usize, 0.0, 0.0, true);
        for values in series {
            points += values.len();
            let finite_values: Vec<f64> =
                values.iter().copied().filter(|v| v.is_finite()).collect();
            for &value in &finite_values {
                // Adding 0 turns −0 into 0.
                *counts.entry((value + 0.0).to_bits()).or_default() += 1;
                positive &= value > 0.0;
                sizes += value.abs();
                sum += value;
            }
            finite += finite_values.len();
            let start = &finite_values[..finite_values.len().min(LONGEST_FOR_INFLATION)];
            variance_inflations
                .extend(stats::effective_size(start).map(|found| found.variance_inflation));
        }
        variance_inflations.sort_unstable_by(f64::total_cmp);
        // The smallest of equally frequent values, so that the order of the hash map has no effect.
        let ranked = |(bits, count): (u64, usize)| (count, std::cmp::Reverse(bits));
        let mode = counts.into_iter().max_by_key(|entry| ranked(*entry));
        let (mode, count) = mode.map_or((f64::NAN, 0), |(bits, n)| (f64::from_bits(bits), n));
        Self {
            points,
            gaps: share(points - finite, points),
            positive: positive && finite > 0,
            mean_size: if finite > 0 { sizes / finite as f64 } else { 0.0 },
            mean: if finite > 0 { sum / finite as f64 } else { 0.0 },
            mode,
            mode_share: share(count, finite),
            variance_inflation: if variance_inflations.is_empty() {
                1.0
            } else {
                stats::median(&variance_inflations)
            },
        }
    }
}

fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_kind_of_metric_it_is() {
        let gap = f64::NAN;
        let counts =
            Profile::measure([&[0.0, 0.0, -0.0, 4.0][..], &[gap, 0.0, gap, 0.0]].into_iter());
        assert_eq!((counts.points, counts.gaps, counts.positive), (8, 0.25, false));
        assert_eq!((counts.mode, counts.mode_share), (0.0, 5.0 / 6.0));
        assert_eq!((counts.mean_size, counts.mean), (4.0 / 6.0, 4.0 / 6.0));
        let both = Profile::measure([&[-3.0, 1.0][..]].into_iter());
        assert_eq!((both.mean_size, both.mean), (2.0, -1.0));
        assert!(Profile::measure([&[1.0, 2.0][..]].into_iter()).positive);
        let none = Profile::measure([&[gap][..]].into_iter());
        assert_eq!((none.positive, none.mean_size, none.mode_share), (false, 0.0, 0.0));
    }
}
