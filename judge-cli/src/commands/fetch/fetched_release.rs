//! The series of a release, stored until the history is written.

use judge_core::{MetricPair, Series, Side};
use judge_sources::{FetchedMetric, Grid};
use serde::{Deserialize, Serialize};

/// A fetched release.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FetchedRelease {
    pub(super) release: String,
    pub(super) series: Vec<FetchedSeries>,
}

/// One of its series.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FetchedSeries {
    pub(super) metric: String,
    pub(super) role: Side,
    /// Distinguishes several series of one metric and role.
    pub(super) instance: Option<String>,
    pub(super) start_millis: i64,
    pub(super) step_millis: u64,
    pub(super) values: Vec<FetchedValue>,
}

/// A value; `None` is a gap.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct FetchedValue(
    #[serde(with = "judge_core::number::optional")] pub(super) Option<f64>,
);

impl FetchedRelease {
    pub(super) fn new(release: &str, fetched: Vec<FetchedMetric>) -> Self {
        let mut series = Vec::new();
        for metric in fetched {
            let several = metric.pairs.len() > 1;
            let grids = [metric.baseline.grid, metric.canary.grid];
            for pair in metric.pairs {
                series.extend(pair_series(pair, several, grids));
            }
        }
        Self { release: release.to_owned(), series }
    }

    /// The number of series, and of points without gaps.
    pub(super) fn size(&self) -> (usize, usize) {
        let points = self.series.iter().flat_map(|series| &series.values);
        let points = points.filter(|value| value.0.is_some()).count();
        (self.series.len(), points)
    }
}

fn pair_series(pair: MetricPair, several: bool, grids: [Grid; 2]) -> Vec<FetchedSeries> {
    let tags = pair.tags.iter().flatten();
    let tags: Vec<String> = tags
        .map(|(tag, value)| format!("{tag}={:?}", value.as_deref().unwrap_or_default()))
        .collect();
    let instance = several.then(|| format!("{{{}}}", tags.join(",")));
    let sides = [(Side::Baseline, pair.baseline, grids[0]), (Side::Canary, pair.canary, grids[1])];
    let sides = sides.into_iter().filter_map(|(role, Series { values, clock }, grid)| {
        // If one side lacks an instance, the instance does not count in the mean. A side without any instance
        // consists of gaps.
        let absent = values.iter().all(|value| value.is_nan());
        if absent && several {
            return None;
        }
        let (start_millis, step_millis) = match clock {
            Some(clock) => (clock.start_millis(), clock.step_millis()),
            None => (grid.start_millis(), grid.step_millis()),
        };
        let values = values.into_iter().map(|value| Some(value).filter(|value| !value.is_nan()));
        Some(FetchedSeries {
            metric: pair.name.clone(),
            role,
            instance: instance.clone(),
            start_millis,
            step_millis,
            values: values.map(FetchedValue).collect(),
        })
    });
    sides.collect()
}
