//! Histories in which the rows of a release are not contiguous.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use judge_ordered::Closed;
use judge_replay::NameColumn;
use judge_replay::assemble::Buckets;

use super::{End, Feeder, QueuedRows};
use crate::assemble::Assembler;
use crate::history::{ColumnSelection, HistoryError};

/// Rows to collect in one pass over the files.
const ROWS_PER_PASS: u64 = 4_000_000;

impl<T> Feeder<'_, T> {
    /// Collects releases pass by pass and feeds them. The inner error is the reason for an early end.
    pub(super) fn feed_scattered(&mut self) -> Result<Result<(), End>, Closed> {
        let bulk = self.bulk;
        let assembler = Assembler::new(bulk.history, &bulk.plan, bulk.step_millis);
        let releases = &bulk.survey.releases;
        let mut begin = bulk.skip;
        while begin < releases.len() {
            let pass = begin..self.end_of_pass(begin);
            let collected = match self.collect(&pass, &assembler) {
                Ok(Some(collected)) => collected,
                Ok(None) => return Ok(Err(End::Stopped)),
                Err(error) => return Ok(Err(End::Failed(error))),
            };
            for (buckets, (name, rows)) in collected.into_iter().zip(&releases[pass.clone()]) {
                if bulk.stop.load(Ordering::Relaxed) {
                    return Ok(Err(End::Stopped));
                }
                self.send(QueuedRows::Collected(Arc::clone(name), Box::new(buckets)), *rows)?;
            }
            begin = pass.end;
        }
        Ok(Ok(()))
    }

    /// The end of the releases that one pass collects: as many as fit, at least one.
    fn end_of_pass(&self, begin: usize) -> usize {
        let mut rows = 0;
        let fits = |(_, of_release): &&(Arc<str>, u64)| {
            rows += of_release;
            rows <= ROWS_PER_PASS
        };
        let fitting = self.bulk.survey.releases[begin..].iter().take_while(fits).count();
        begin + fitting.max(1)
    }

    /// Collects the rows of the releases of `pass`; `None` if stopped.
    fn collect(
        &self,
        pass: &Range<usize>,
        assembler: &Assembler,
    ) -> Result<Option<Vec<Buckets>>, HistoryError> {
        let names = self.bulk.survey.releases[pass.clone()].iter();
        let index_of: HashMap<&str, usize> =
            names.enumerate().map(|(index, (name, _))| (name.as_ref(), index)).collect();
        let mut collected: Vec<Buckets> = pass.clone().map(|_| assembler.buckets()).collect();
        for batch in self.bulk.history.batches(ColumnSelection::All) {
            if self.bulk.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let batch = batch?;
            let mut rows = 0..batch.rows;
            while rows.start < rows.end {
                let end = batch.release.run(&rows);
                if let Some(&index) = index_of.get(batch.release.name(rows.start)) {
                    collected[index].add(&batch, &(rows.start..end));
                }
                rows.start = end;
            }
        }
        Ok(Some(collected))
    }
}
