//! What kind of metric the history shows.

use std::collections::HashMap;

use judge_core::stats;

/// What kind of metric the history shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Traits {
    /// Points of all series, gaps included.
    pub(crate) points: usize,
    /// Share of them that are gaps.
    pub(crate) gaps: f64,
    /// Whether every value is above 0, so that changes are factors.
    pub(crate) positive: bool,
    /// Mean size of the values, in the metric's unit.
    pub(crate) level: f64,
    /// Their mean, in the metric's unit.
    pub(crate) mean: f64,
    /// The most frequent value, in the metric's unit; NaN without values.
    pub(crate) usual: f64,
    /// Share of the values that are the most frequent one.
    pub(crate) usual_share: f64,
    /// Points that know as much as one independent point: the median over the series.
    pub(crate) memory: f64,
}

/// Longer series are looked at up to here for their memory, whose cost grows faster than they do.
const LONGEST_FOR_MEMORY: usize = 5000;

impl Traits {
    /// Of all series of one metric.
    pub(crate) fn of<'a>(series: impl Iterator<Item = &'a [f64]>) -> Self {
        let mut points = 0;
        let mut memories = Vec::new();
        let mut counts: HashMap<u64, usize> = HashMap::new();
        let (mut finite, mut sizes, mut sum, mut positive) = (0_usize, 0.0, 0.0, true);
        for values in series {
            points += values.len();
            let there: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
            for &value in &there {
                // Adding 0 makes −0 and 0 one value.
                *counts.entry((value + 0.0).to_bits()).or_default() += 1;
                positive &= value > 0.0;
                sizes += value.abs();
                sum += value;
            }
            finite += there.len();
            let start = &there[..there.len().min(LONGEST_FOR_MEMORY)];
            memories.extend(stats::effective_size(start).map(|found| found.variance_inflation));
        }
        memories.sort_unstable_by(f64::total_cmp);
        // Of values equally frequent the smallest, so that hashing changes nothing.
        let ranked = |(bits, count): (u64, usize)| (count, std::cmp::Reverse(bits));
        let usual = counts.into_iter().max_by_key(|entry| ranked(*entry));
        let (usual, count) = usual.map_or((f64::NAN, 0), |(bits, n)| (f64::from_bits(bits), n));
        Self {
            points,
            gaps: share(points - finite, points),
            positive: positive && finite > 0,
            level: if finite > 0 { sizes / finite as f64 } else { 0.0 },
            mean: if finite > 0 { sum / finite as f64 } else { 0.0 },
            usual,
            usual_share: share(count, finite),
            memory: if memories.is_empty() { 1.0 } else { stats::median(&memories) },
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
        let counts = Traits::of([&[0.0, 0.0, -0.0, 4.0][..], &[gap, 0.0, gap, 0.0]].into_iter());
        assert_eq!((counts.points, counts.gaps, counts.positive), (8, 0.25, false));
        assert_eq!((counts.usual, counts.usual_share), (0.0, 5.0 / 6.0));
        assert_eq!((counts.level, counts.mean), (4.0 / 6.0, 4.0 / 6.0));
        let both = Traits::of([&[-3.0, 1.0][..]].into_iter());
        assert_eq!((both.level, both.mean), (2.0, -1.0));
        assert!(Traits::of([&[1.0, 2.0][..]].into_iter()).positive);
        let none = Traits::of([&[gap][..]].into_iter());
        assert_eq!((none.positive, none.level, none.usual_share), (false, 0.0, 0.0));
    }
}
