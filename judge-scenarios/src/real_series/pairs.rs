//! Healthy pairs, cut from a series.

use judge_core::{Clock, MetricPair, Series};
use serde::Serialize;

use super::Seeds;
use super::series::{RealSeries, SeriesPoints};
use super::values::{mean, median, scaled_mad};
use crate::random::Random;

/// How a series is split into the two sides of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PairClass {
    /// A coin flip assigns each two neighbours to the sides, which makes the sides exchangeable whatever the series
    /// does.
    Coin,
    /// Alternating points.
    EvenOdd,
    /// Two instances at the same time.
    Conc,
    /// A window, and the one after it.
    After,
}

impl PairClass {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Coin, Self::EvenOdd, Self::Conc, Self::After];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coin => "coin",
            Self::EvenOdd => "evenodd",
            Self::Conc => "conc",
            Self::After => "after",
        }
    }
}

/// A healthy pair.
#[derive(Debug, Clone, PartialEq)]
pub struct RealPair {
    /// How the series was split.
    pub class: PairClass,
    /// Index of the window's first point in the series.
    pub start: usize,
    /// The baseline's points.
    pub baseline: Vec<f64>,
    /// The canary's points.
    pub canary: Vec<f64>,
    /// Whether the sides are exchangeable. Two instances are exchangeable if they have the same mean outside of the
    /// window; the sides of all other classes always are.
    pub alike: bool,
}

/// Time of the first point. Its value does not matter, since judges use only differences of times.
const START_MILLIS: i64 = 1_700_000_000_000;
/// Time between two points.
const STEP_MILLIS: u64 = 60_000;
/// Number of points next to a window that do not count when we compare instances, because a spike may reach into
/// them.
const MARGIN: usize = 2;
/// Instances cannot be compared on fewer points outside of the window.
const FEWEST_OUTSIDE: usize = 10;

impl RealPair {
    /// Builds the pair for a judge, with `canary` as the canary's points, at the baseline's times or after them.
    pub fn metric_pair(&self, name: &str, canary: Vec<f64>) -> MetricPair {
        metric_pair(name, self.baseline.clone(), canary, self.class == PairClass::After)
    }
}

/// Makes a pair with one point a minute. If `after`, the canary's clock begins where the baseline's ends.
pub(super) fn metric_pair(
    name: &str,
    baseline: Vec<f64>,
    canary: Vec<f64>,
    after: bool,
) -> MetricPair {
    let side =
        |values, start_millis| Series { values, clock: Clock::new(start_millis, STEP_MILLIS).ok() };
    let length = i64::try_from(baseline.len() as u64 * STEP_MILLIS).unwrap_or(0);
    let canary_start = START_MILLIS + if after { length } else { 0 };
    MetricPair::new(name, side(baseline, START_MILLIS), side(canary, canary_start))
}

/// Starts of healthy stretches of `need` points that do not overlap, in ascending order. If there are more than
/// `most`, draws `most` of them at random.
pub fn windows(healthy: &[bool], need: usize, most: usize, random: &mut Random) -> Vec<usize> {
    let need = need.max(1);
    let mut kept: Vec<usize> = Vec::new();
    let last = healthy.len().checked_sub(need);
    for start in last.into_iter().flat_map(|last| (0..=last).step_by((need / 2).max(1))) {
        let apart = kept.last().is_none_or(|before| start >= before + need);
        if apart && healthy[start..start + need].iter().all(|healthy| *healthy) {
            kept.push(start);
        }
    }
    random.distinct(most, kept.len()).into_iter().map(|index| kept[index]).collect()
}

/// Assigns each two neighbours to the sides by a coin flip. Leaves out a last point without a neighbour.
pub fn coin_split(points: &[f64], random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let deal = |two: &[f64]| if random.chance(0.5) { (two[1], two[0]) } else { (two[0], two[1]) };
    points.chunks_exact(2).map(deal).unzip()
}

/// Cuts pairs of `points` points a side from at most `most` windows of `series`.
///
/// The seeds of random numbers derive from the source, the metric, the number of points and the window. Pairs in
/// which all points are equal are left out, since every judge decides them correctly.
pub fn pairs(series: &RealSeries, points: usize, most: usize, seeds: Seeds) -> Vec<RealPair> {
    let name = format!("{}|{}|{points}", series.source(), series.metric());
    let mut random = seeds.random(&format!("windows|{name}"));
    let mut cut = Vec::new();
    let mut add = |class, start, (baseline, canary), alike| {
        let pair = RealPair { class, start, baseline, canary, alike };
        if varies(&pair) {
            cut.push(pair);
        }
    };
    match series.points() {
        SeriesPoints::Solo(x) => {
            for start in windows(series.healthy(), 2 * points, most, &mut random) {
                let x = &x[start..start + 2 * points];
                let mut coin = seeds.random(&format!("coin|{name}|{start}"));
                add(PairClass::Coin, start, coin_split(x, &mut coin), true);
                let first = random.below(2);
                if !series.is_unfair() {
                    let side = |from: usize| x.iter().skip(from).step_by(2).copied().collect();
                    add(PairClass::EvenOdd, start, (side(first), side(1 - first)), true);
                }
                let (before, after) = x.split_at(points);
                add(PairClass::After, start, (before.to_vec(), after.to_vec()), true);
            }
        }
        SeriesPoints::Concurrent { a, b } => {
            for start in windows(series.healthy(), points, most, &mut random) {
                let (a, b) = if random.chance(0.5) { (b, a) } else { (a, b) };
                if let Some(pair) = concurrent_pair(a, b, series.healthy(), start, points) {
                    add(PairClass::Conc, start, (pair.baseline, pair.canary), pair.alike);
                }
            }
        }
    }
    cut
}

/// Cuts the concurrent pair from the window of `points` points at `start`, with `a` as baseline; `None` if the window
/// reaches beyond the series.
pub fn concurrent_pair(
    a: &[f64],
    b: &[f64],
    healthy: &[bool],
    start: usize,
    points: usize,
) -> Option<RealPair> {
    let end = start.checked_add(points)?;
    let (baseline, canary) = (a.get(start..end)?.to_vec(), b.get(start..end)?.to_vec());
    let alike = alike(a, b, healthy, start..end);
    Some(RealPair { class: PairClass::Conc, start, baseline, canary, alike })
}

fn varies(pair: &RealPair) -> bool {
    let mut finite = pair.baseline.iter().chain(&pair.canary).filter(|value| value.is_finite());
    finite.next().is_some_and(|first| finite.any(|value| value != first))
}

/// Whether two instances are alike outside of `window`: their medians differ by at most 2 % or a quarter of the
/// noise, their means by at most 5 % and a quarter of the noise.
fn alike(a: &[f64], b: &[f64], healthy: &[bool], window: std::ops::Range<usize>) -> bool {
    let near = window.start.saturating_sub(MARGIN)..window.end.saturating_add(MARGIN);
    let outside = |index: &usize| healthy[*index] && !near.contains(index);
    let outside: Vec<usize> = (0..healthy.len()).filter(outside).collect();
    if outside.len() < FEWEST_OUTSIDE {
        return false;
    }
    let at = |side: &[f64]| -> Vec<f64> { outside.iter().map(|index| side[*index]).collect() };
    let (a, b) = (at(a), at(b));
    let noise = scaled_mad(&a);
    let medians = (median(&a) - median(&b)).abs();
    let means = (mean(&a) - mean(&b)).abs();
    medians <= (0.02 * median(&a).abs()).max(0.25 * noise)
        && means <= 0.05 * mean(&a).abs() + 0.25 * noise
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDS: Seeds = Seeds("test");

    fn parse(line: &str) -> RealSeries {
        let names = r#""source":"S","entity":"e","metric":"m""#;
        RealSeries::parse(format!("{{{names},{line}}}").as_bytes()).unwrap()
    }

    fn solo(n: u32, more: &str) -> RealSeries {
        let x: Vec<String> = (0..n).map(|index| index.to_string()).collect();
        parse(&format!(r#""kind":"solo","x":[{}]{more}"#, x.join(",")))
    }

    fn sorted(mut values: Vec<f64>) -> Vec<f64> {
        values.sort_by(f64::total_cmp);
        values
    }

    #[test]
    fn windows_avoid_trouble_and_each_other() {
        let mut healthy = vec![true; 40];
        let starts =
            |healthy: &[bool], need, most| windows(healthy, need, most, &mut Random::new(3));
        assert_eq!(starts(&healthy, 10, 9), [0, 10, 20, 30]);
        healthy[12] = false;
        assert_eq!(starts(&healthy, 10, 9), [0, 15, 25]);
        let two = starts(&healthy, 10, 2);
        assert!(two.len() == 2 && two[0] < two[1], "{two:?}");
        assert_eq!(starts(&healthy, 41, 9), [0; 0]);
        assert_eq!(starts(&[], 0, 9), [0; 0]);
    }

    #[test]
    fn a_coin_split_has_the_same_points_and_is_exchangeable() {
        let points: Vec<f64> = (0..20).map(f64::from).collect();
        let mut earlier_is_baseline = [0; 10];
        for seed in 0..4000 {
            let (a, b) = coin_split(&points, &mut Random::new(seed));
            assert_eq!(sorted([a.clone(), b.clone()].concat()), points);
            for (count, (a, b)) in earlier_is_baseline.iter_mut().zip(a.iter().zip(&b)) {
                assert_eq!((a - b).abs(), 1.0, "neighbours");
                *count += u32::from(a < b);
            }
        }
        // Four standard deviations of 4000 fair coins.
        let fair = earlier_is_baseline.iter().all(|count| count.abs_diff(2000) <= 126);
        assert!(fair, "{earlier_is_baseline:?}");
    }

    #[test]
    fn a_solo_series_gives_three_pairs_a_window() {
        let cut = pairs(&solo(41, ""), 10, 6, SEEDS);
        assert_eq!(cut, pairs(&solo(41, ""), 10, 6, SEEDS));
        assert_ne!(cut, pairs(&solo(41, ""), 10, 6, Seeds("other")));
        let found: Vec<(PairClass, usize)> =
            cut.iter().map(|pair| (pair.class, pair.start)).collect();
        let [coin, even_odd, after] = [PairClass::Coin, PairClass::EvenOdd, PairClass::After];
        let expected =
            [(coin, 0), (even_odd, 0), (after, 0), (coin, 20), (even_odd, 20), (after, 20)];
        assert_eq!(found, expected);
        for pair in &cut {
            let both = [pair.baseline.clone(), pair.canary.clone()].concat();
            let window: Vec<f64> =
                (0..20).map(|index| f64::from(index) + pair.start as f64).collect();
            assert_eq!(sorted(both), window);
            assert!(pair.alike && pair.baseline.len() == 10);
        }
        assert_eq!(cut[1].baseline[0].min(cut[1].canary[0]), 0.0);
        assert_eq!((cut[1].baseline[1] - cut[1].baseline[0]).abs(), 2.0);
        assert_eq!((cut[2].baseline[9], cut[2].canary[0]), (9.0, 10.0));

        let unfair = pairs(&solo(20, r#","unfair":true"#), 10, 6, SEEDS);
        assert!(unfair.len() == 2 && unfair.iter().all(|pair| pair.class != even_odd));
        let trouble = pairs(&solo(20, r#","not_ok":[[19,20]]"#), 10, 6, SEEDS);
        assert_eq!(trouble, []);
        let constant = parse(r#""kind":"solo","x":[5,5,null,5,5,5,5,5]"#);
        assert_eq!(pairs(&constant, 4, 6, SEEDS), []);
    }

    #[test]
    fn only_the_window_after_is_judged_at_later_times() {
        for pair in pairs(&solo(20, ""), 10, 6, SEEDS) {
            let judged = pair.metric_pair("m", pair.canary.clone());
            let start = |side: &Series| side.clock.map(Clock::start_millis).unwrap();
            let later = start(&judged.canary) - start(&judged.baseline);
            assert_eq!(later, if pair.class == PairClass::After { 600_000 } else { 0 });
        }
    }

    #[test]
    fn instances_are_alike_by_their_level_outside_of_the_window() {
        let a: Vec<f64> = (0..40).map(|index| 100.0 + f64::from(index % 3)).collect();
        // (shift of b outside, shift of b inside, alike)
        let cases = [(0.0, 0.0, true), (0.0, 50.0, true), (1.0, 0.0, true), (8.0, 0.0, false)];
        for (outside, inside, expected) in cases {
            let shift = |index: usize| if (10..20).contains(&index) { inside } else { outside };
            let b: Vec<f64> = a.iter().enumerate().map(|(index, v)| v + shift(index)).collect();
            let pair = concurrent_pair(&a, &b, &[true; 40], 10, 10).unwrap();
            assert_eq!(pair.alike, expected, "{outside} {inside}");
        }
        let few = concurrent_pair(&a[..20], &a[..20], &[true; 20], 0, 10).unwrap();
        assert!(!few.alike, "eight points outside do not tell");
        assert_eq!(concurrent_pair(&a, &a, &[true; 40], 31, 10), None);
    }
}
