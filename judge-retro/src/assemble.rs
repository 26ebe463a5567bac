//! Puts the rows of one release on a grid, as series of metrics.

use std::collections::BTreeSet;
use std::sync::Arc;

use judge_replay::Release;
use judge_replay::assemble::{Buckets, GridAssembler, RecordedRows, SeriesIndex};

use crate::history::{ReleaseHistory, ReleaseRows};
use crate::metric_plan::MetricPlan;

/// Assembles releases one by one, and reuses its buffers.
#[derive(Debug)]
pub(crate) struct Assembler {
    plan: Arc<MetricPlan>,
    index: Arc<SeriesIndex>,
    kept: Option<Buckets>,
    grids: GridAssembler,
}

impl Assembler {
    /// Creates an assembler for releases of `history` with the metrics of `plan`, with a step of `step` milliseconds
    /// or each release's own step.
    pub(crate) fn new(history: &ReleaseHistory, plan: &Arc<MetricPlan>, step: Option<u64>) -> Self {
        let index = Arc::new(SeriesIndex::new(plan.series(), history.roles()));
        Self { plan: Arc::clone(plan), index, kept: None, grids: GridAssembler::new(step) }
    }

    /// Empty buckets for the rows of a release.
    pub(crate) fn buckets(&self) -> Buckets {
        Buckets::new(&self.index)
    }

    /// Returns the names of the metrics ignored since the last call.
    pub(crate) fn take_ignored(&mut self) -> BTreeSet<String> {
        self.grids.take_ignored()
    }

    /// Assembles the release from its rows; the error is a message for people.
    pub(crate) fn release(&mut self, rows: &ReleaseRows) -> Result<Release, String> {
        let mut buckets = self.kept.take().unwrap_or_else(|| self.buckets());
        buckets.clear();
        for part in &rows.batches {
            buckets.add(&*part.batch, &part.rows);
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
        let RecordedRows { baseline, canary, series } = self.grids.assemble(buckets)?;
        let metrics = self.plan.metrics(series, [baseline.points, canary.points]);
        Ok(Release { name: name.to_owned(), baseline, canary, metrics })
    }
}
