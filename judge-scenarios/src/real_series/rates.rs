//! Rates of an event over series that share noise, with intervals.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Seeds;

/// One case, and whether the event happened in it.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The entity: cases of one entity share noise.
    pub entity: &'a str,
    /// The series that the case comes from.
    pub series: &'a str,
    /// Whether the event happened.
    pub happened: bool,
}

/// A rate with its 95 % interval, all between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeasuredRate {
    /// The mean of the rates of all series.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Number of resamples for an interval.
const RESAMPLES: usize = 1000;

/// The mean of the rates of all series. A series with many windows has the same weight as a series with few.
///
/// The interval is the middle 95 % of the rates of resampled entities (percentile bootstrap, Efron 1979). Entities
/// are resampled as a whole, because series of one machine or run share noise. If the event happened never or always,
/// resampling cannot change the rate, so the interval is the rule of three for the number of entities. The interval
/// covers other entities like these. It does not mean that your data are like them. With fewer than about ten
/// entities it is too narrow.
///
/// `None` if there is no case. O(cases · log cases + 1000 · entities).
pub fn rate<'a>(
    cases: impl Iterator<Item = Observation<'a>>,
    seeds: Seeds,
) -> Option<MeasuredRate> {
    let mut by_series: BTreeMap<(&str, &str), (u32, u32)> = BTreeMap::new();
    for case in cases {
        let (happened, judged) = by_series.entry((case.entity, case.series)).or_default();
        *happened += u32::from(case.happened);
        *judged += 1;
    }
    let mut by_entity: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for ((entity, _), (happened, judged)) in &by_series {
        let (sum, series) = by_entity.entry(entity).or_default();
        *sum += f64::from(*happened) / f64::from(*judged);
        *series += 1.0;
    }
    let entities: Vec<(f64, f64)> = by_entity.into_values().collect();
    if entities.is_empty() {
        return None;
    }
    let mean = ratio(entities.iter().copied());
    let reach = (3.0 / entities.len() as f64).min(1.0);
    if mean <= 0.0 {
        return Some(MeasuredRate { mean, low: 0.0, high: reach });
    }
    if by_series.values().all(|(happened, judged)| happened == judged) {
        return Some(MeasuredRate { mean, low: 1.0 - reach, high: 1.0 });
    }
    let mut random = seeds.random(&format!("resample|{}", entities.len()));
    let mut resampled: Vec<f64> = (0..RESAMPLES)
        .map(|_| ratio((0..entities.len()).map(|_| *random.pick(&entities))))
        .collect();
    resampled.sort_by(f64::total_cmp);
    let at = |share: f64| judge_core::stats::percentile(&resampled, share);
    Some(MeasuredRate { mean, low: at(0.025), high: at(0.975) })
}

fn ratio(entities: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (sum, series) = entities.fold((0.0, 0.0), |(sum, n), (s, m)| (sum + s, n + m));
    sum / series
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDS: Seeds = Seeds("test");

    fn measured(cases: &[(&str, &str, bool)]) -> Option<MeasuredRate> {
        let observation = |&(entity, series, happened)| Observation { entity, series, happened };
        rate(cases.iter().map(observation), SEEDS)
    }

    #[test]
    fn every_series_has_the_same_weight() {
        // The series have rates 3/4, 0 and 1/2, with mean 5/12; the event happened in 4 of 7 cases.
        let cases = [
            ("a", "1", true),
            ("a", "1", true),
            ("a", "1", true),
            ("a", "1", false),
            ("a", "2", false),
            ("b", "1", true),
            ("b", "1", false),
        ];
        let rate = measured(&cases).unwrap();
        assert!((rate.mean - 5.0 / 12.0).abs() < 1e-12, "{rate:?}");
        // A quarter of the resamples of two entities is a twice, with mean 3/8; a quarter is b twice, with mean 1/2.
        assert_eq!((rate.low, rate.high), (0.375, 0.5));
        assert_eq!(measured(&cases), Some(rate));
    }

    #[test]
    fn an_interval_is_as_wide_as_entities_differ() {
        // 100 entities of one series each, 20 of which alarm: the standard error is 0.04.
        let names: Vec<String> = (0..100).map(|index| index.to_string()).collect();
        let case = |(index, name): (usize, &'static str)| (name, "s", index % 5 == 0);
        let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
        let cases: Vec<(&str, &str, bool)> = names.into_iter().enumerate().map(case).collect();
        let rate = measured(&cases).unwrap();
        assert!((rate.mean - 0.2).abs() < 1e-12);
        assert!(
            (0.11..=0.14).contains(&rate.low) && (0.26..=0.29).contains(&rate.high),
            "{rate:?}"
        );
        // The same cases from one entity, which does not show how another entity would behave.
        let together: Vec<(&str, &str, bool)> =
            cases.iter().map(|&(s, _, h)| ("e", s, h)).collect();
        let rate = measured(&together).unwrap();
        assert!(rate.high - rate.low < 1e-9, "{rate:?}");
    }

    #[test]
    fn nothing_and_everything_have_the_rule_of_three() {
        let all = |happened| measured(&["a", "b", "c", "d", "e", "f"].map(|e| (e, "s", happened)));
        assert_eq!(all(false), Some(MeasuredRate { mean: 0.0, low: 0.0, high: 0.5 }));
        assert_eq!(all(true), Some(MeasuredRate { mean: 1.0, low: 0.5, high: 1.0 }));
        assert_eq!(
            measured(&[("a", "s", true)]),
            Some(MeasuredRate { mean: 1.0, low: 0.0, high: 1.0 })
        );
        assert_eq!(measured(&[]), None);
    }
}
