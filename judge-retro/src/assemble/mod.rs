//! Puts the rows of one release on a grid, as series.

mod buckets;
mod grid;
mod sorted;

use std::collections::BTreeSet;
use std::sync::Arc;

use judge_core::judgement::Side;

pub(crate) use buckets::{Buckets, MOST_IGNORED, SeriesIndex};

use crate::history::{ReleaseHistory, ReleaseRows};
use crate::metric_plan::MetricPlan;
use crate::release::{Grid, RecordedInstance, RecordedSeries, Release};
use grid::{Extent, GridPlacer};

/// Assembles releases one by one, and reuses its buffers.
#[derive(Debug)]
pub(crate) struct Assembler {
    plan: Arc<MetricPlan>,
    index: Arc<SeriesIndex>,
    step: Option<u64>,
    kept: Option<Buckets>,
    ignored: BTreeSet<String>,
    placer: GridPlacer,
}

impl Assembler {
    /// An assembler for releases of `history` with the metrics of `plan`, with a step of `step`
    /// milliseconds, or with each release's own step.
    pub(crate) fn new(history: &ReleaseHistory, plan: &Arc<MetricPlan>, step: Option<u64>) -> Self {
        let index = Arc::new(SeriesIndex::new(plan.series(), history.roles()));
        Self {
            plan: Arc::clone(plan),
            index,
            step,
            kept: None,
            ignored: BTreeSet::new(),
            placer: GridPlacer::default(),
        }
    }

    /// Empty buckets for the rows of a release.
    pub(crate) fn buckets(&self) -> Buckets {
        Buckets::new(&self.index)
    }

    /// Returns the names of ignored metrics since the last call.
    pub(crate) fn take_ignored(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.ignored)
    }

    /// Assembles the release with these rows; the error is a message for people.
    pub(crate) fn release(&mut self, rows: &ReleaseRows) -> Result<Release, String> {
        let mut buckets = self.kept.take().unwrap_or_else(|| self.buckets());
        buckets.clear();
        for part in &rows.batches {
            buckets.add(part);
        }
        let release = self.assemble(&rows.name, &mut buckets);
        self.kept = Some(buckets);
        release
    }

    /// Assembles the release whose rows are in `buckets`.
    pub(crate) fn assemble(
        &mut self,
        name: &str,
        buckets: &mut Buckets,
    ) -> Result<Release, String> {
        self.ignored.append(&mut buckets.take_ignored());
        if let Some(problem) = buckets.problem() {
            return Err(problem.to_owned());
        }
        let mut ends = [Extent::default(); 2];
        let mut smallest = None;
        let mut points = 0;
        for instance in 0..buckets.instances().len() {
            for series in 0..buckets.series().len() {
                for side in [Side::Baseline, Side::Canary] {
                    let bucket = buckets.bucket(instance, series, side);
                    let found = sorted::sort(bucket);
                    points += bucket.times.len();
                    let found = found.map_err(|error| said_of(buckets, series, side, &error))?;
                    if let Some(found) = found {
                        ends[index(side)].include(found.first, found.last);
                        smallest = smallest.into_iter().chain(found.smallest).min();
                    }
                }
            }
        }
        let [baseline, canary] = ends;
        let Some(origin) = canary.first().or(baseline.first()) else {
            return Err("no row is of a metric of the config".to_owned());
        };
        let step = self.step.or(smallest).unwrap_or(LONE_POINT_STEP);
        let grid = |ends: Extent| ends.grid(origin, step);
        let (baseline, canary) = (grid(baseline), grid(canary));
        let series = buckets.series().len() * buckets.instances().len();
        grid::check_size([baseline, canary], series, points, step)?;
        let mut recorded: Vec<[RecordedSeries; 2]> = Vec::new();
        recorded.resize_with(buckets.series().len(), Default::default);
        for (number, both) in recorded.iter_mut().enumerate() {
            for (side, grid) in [(Side::Baseline, baseline), (Side::Canary, canary)] {
                both[index(side)] = self.side(buckets, number, side, grid)?;
            }
        }
        let metrics = self.plan.metrics(recorded, [baseline.points, canary.points])?;
        Ok(Release { name: name.to_owned(), baseline, canary, metrics })
    }

    /// One series on one side.
    fn side(
        &mut self,
        buckets: &mut Buckets,
        series: usize,
        side: Side,
        grid: Grid,
    ) -> Result<RecordedSeries, String> {
        let exact = self.step.is_none();
        let mut instances = Vec::new();
        for number in 0..buckets.instances().len() {
            let bucket = buckets.bucket(number, series, side);
            if bucket.times.is_empty() {
                continue;
            }
            let values = self
                .placer
                .place(bucket, grid, exact)
                .map_err(|error| said_of(buckets, series, side, &error))?;
            instances.push(RecordedInstance { name: buckets.instances()[number].clone(), values });
        }
        Ok(match instances.as_mut_slice() {
            [] => RecordedSeries::default(),
            [only] if only.name.is_empty() => {
                RecordedSeries::from(std::mem::take(&mut only.values))
            }
            [only] => RecordedSeries { values: only.values.clone(), instances },
            several => RecordedSeries { values: mean(several, grid.points), instances },
        })
    }
}

/// The step if no series has two points: a minute, Kayenta's default.
const LONE_POINT_STEP: u64 = 60_000;

fn index(side: Side) -> usize {
    match side {
        Side::Baseline => 0,
        Side::Canary => 1,
    }
}

/// `problem` with the metric and the side.
fn said_of(buckets: &Buckets, series: usize, side: Side, problem: &str) -> String {
    let side = match side {
        Side::Baseline => "baseline",
        Side::Canary => "canary",
    };
    format!("metric {:?}, {side}: {problem}", buckets.series()[series])
}

/// The mean at each time of the instances that have a point there.
fn mean(instances: &[RecordedInstance], points: usize) -> Vec<f64> {
    let at = |point: usize| {
        let there =
            || instances.iter().map(|instance| instance.values[point]).filter(|v| !v.is_nan());
        there().sum::<f64>() / there().count() as f64
    };
    (0..points).map(at).collect()
}

#[cfg(test)]
mod tests;
