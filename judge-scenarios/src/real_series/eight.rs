//! Canaries of eight metrics of one entity.

use judge_core::config::Direction;
use judge_core::{CanaryConfig, JudgeRequest, MetricConfig};

use super::Seeds;
use super::harm::HarmSubject;
use super::pairs::{PairClass, RealPair, pairs};
use super::series::RealSeries;

/// Number of metrics of a canary, if the entity has as many.
pub const EIGHT: usize = 8;
/// An entity with fewer metrics gives no canary.
const FEWEST: usize = 6;
/// One entity gives at most this many canaries of one size.
const MOST_DRAWS: usize = 4;
/// Number of windows of a series from which a canary chooses.
const WINDOWS: usize = 4;

/// Harm to a canary of several metrics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EightHarm {
    /// Its kind.
    pub name: &'static str,
    /// Percent if it multiplies, robust standard deviations if it adds.
    pub size: f64,
    /// Number of metrics that it changes.
    hit: usize,
    multiplies: bool,
}

const fn multiply(size: f64) -> EightHarm {
    EightHarm { name: "all mult", size, hit: EIGHT, multiplies: true }
}

const fn add(name: &'static str, hit: usize, size: f64) -> EightHarm {
    EightHarm { name, size, hit, multiplies: false }
}

impl EightHarm {
    /// Every harm; the first changes nothing.
    pub const ALL: &'static [Self] = &[
        add("none", 0, 0.0),
        multiply(3.0),
        multiply(5.0),
        multiply(10.0),
        add("all add", EIGHT, 0.3),
        add("all add", EIGHT, 0.5),
        add("all add", EIGHT, 1.0),
        add("one add", 1, 2.0),
        add("one add", 1, 3.0),
        add("three add", 3, 2.0),
    ];

    /// Builds the request for a canary of `metrics` with this harm.
    pub fn request(&self, metrics: &[RealPair], direction: Direction) -> JudgeRequest {
        let metric = |(index, pair): (usize, &RealPair)| {
            let sd = HarmSubject::new(&pair.baseline, &pair.canary).sd();
            let change = |value: &f64| match (index < self.hit, self.multiplies) {
                (false, _) => *value,
                (true, true) => value * (1.0 + self.size / 100.0),
                (true, false) => value + self.size * sd,
            };
            let name = format!("m{index}");
            let canary = pair.canary.iter().map(change).collect();
            let config = MetricConfig { direction, ..MetricConfig::new(&*name, "All") };
            (config, pair.metric_pair(&name, canary))
        };
        let (configs, pairs): (Vec<_>, Vec<_>) = metrics.iter().enumerate().map(metric).unzip();
        let config = CanaryConfig { metrics: configs, ..CanaryConfig::default() };
        JudgeRequest { config, pairs, ..JudgeRequest::default() }
    }
}

/// Draws canaries of six to eight metrics that have noise and belong to one entity, each with the number of its draw.
/// Concurrent pairs take part only if they are alike.
pub fn eight_series(
    series: &[&RealSeries],
    class: PairClass,
    points: usize,
    seeds: Seeds,
) -> Vec<(usize, Vec<RealPair>)> {
    let Some(first) = series.first().filter(|_| series.len() >= FEWEST) else {
        return Vec::new();
    };
    let usable: Vec<Vec<RealPair>> = series
        .iter()
        .map(|series| {
            let mut candidates = pairs(series, points, WINDOWS, seeds);
            candidates.retain(|pair| pair.class == class && pair.alike);
            candidates.retain(|pair| HarmSubject::new(&pair.baseline, &pair.canary).sd() > 0.0);
            candidates
        })
        .filter(|candidates| !candidates.is_empty())
        .collect();
    let name = format!("eight|{}|{}|{points}", first.source(), first.entity());
    (0..usable.len().div_ceil(EIGHT).min(MOST_DRAWS))
        .map(|draw| {
            let mut random = seeds.random(&format!("{name}|{draw}"));
            let mut order = random.distinct(EIGHT, usable.len());
            // Any of the metrics may be the one changed alone.
            let turn = random.below(order.len().max(1));
            order.rotate_left(turn);
            let pick = |index: usize| usable[index][draw % usable[index].len()].clone();
            (draw, order.into_iter().map(pick).collect::<Vec<RealPair>>())
        })
        .filter(|(_, metrics)| metrics.len() >= FEWEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDS: Seeds = Seeds("test");

    fn entity(metrics: usize) -> Vec<RealSeries> {
        let line = |metric: usize| {
            let x: Vec<String> =
                (0..80).map(|i| (metric * 1000 + i * i % 17).to_string()).collect();
            let line = format!(
                r#"{{"kind":"solo","source":"S","entity":"e","metric":"{metric}","x":[{}]}}"#,
                x.join(",")
            );
            RealSeries::parse(line.as_bytes()).unwrap()
        };
        (0..metrics).map(line).collect()
    }

    #[test]
    fn a_canary_has_six_to_eight_different_metrics_of_the_entity() {
        for (metrics, canaries, size) in [(5, 0, 0), (6, 1, 6), (8, 1, 8), (9, 2, 8), (60, 4, 8)] {
            let series = entity(metrics);
            let series: Vec<&RealSeries> = series.iter().collect();
            let candidates = eight_series(&series, PairClass::Coin, 15, SEEDS);
            assert_eq!(candidates.len(), canaries, "{metrics} metrics");
            for (_, canary) in candidates {
                assert_eq!(canary.len(), size, "{metrics} metrics");
                let mut levels: Vec<f64> =
                    canary.iter().map(|pair| (pair.baseline[0] / 1000.0).floor()).collect();
                levels.sort_by(f64::total_cmp);
                levels.dedup();
                assert_eq!(levels.len(), size, "each metric once");
            }
            assert_eq!(eight_series(&series, PairClass::Conc, 15, SEEDS), []);
        }
    }

    #[test]
    fn harm_hits_as_many_metrics_as_it_says() {
        let series = entity(8);
        let series: Vec<&RealSeries> = series.iter().collect();
        let (_, canary) = eight_series(&series, PairClass::After, 15, SEEDS).remove(0);
        for harm in EightHarm::ALL {
            let request = harm.request(&canary, Direction::Increase);
            let hit = request.pairs.iter().zip(&canary);
            let hit =
                hit.filter(|(judged, healthy)| judged.canary.values != healthy.canary).count();
            let expected = match harm.name {
                "none" => 0,
                "one add" => 1,
                "three add" => 3,
                _ => 8,
            };
            assert_eq!((hit, request.config.metrics.len()), (expected, 8), "{harm:?}");
        }
    }
}
