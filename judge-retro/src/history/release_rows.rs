//! The rows of a history in order, split by release.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use judge_replay::NameColumn;

use super::batch::Batch;
use super::error::{FileProblem, HistoryError};
use super::{ReleaseHistory, read};

/// Contiguous rows of one release in one batch.
#[derive(Debug, Clone)]
pub(crate) struct BatchRows {
    pub(crate) batch: Arc<Batch>,
    pub(crate) rows: Range<usize>,
}

/// All rows of one release, as batches.
#[derive(Debug, Clone)]
pub(crate) struct ReleaseRows {
    pub(crate) name: Arc<str>,
    pub(crate) batches: Vec<BatchRows>,
}

/// The releases of a history, counted before any is judged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// The releases in the order of their first rows, with the number of rows of each.
    pub(crate) releases: Vec<(Arc<str>, u64)>,
    /// Whether the rows of every release are contiguous.
    pub(crate) contiguous: bool,
}

impl Survey {
    /// Number of releases.
    pub fn releases(&self) -> usize {
        self.releases.len()
    }

    /// The names of the releases, in the order in which they first appear.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.releases.iter().map(|(name, _)| name.as_ref())
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.releases.iter().map(|(_, rows)| rows).sum()
    }

    /// Whether the rows of every release are contiguous, so that one pass over the files suffices.
    pub fn contiguous(&self) -> bool {
        self.contiguous
    }
}

/// Number of batches to read ahead.
const BATCHES_AHEAD: usize = 2;

impl ReleaseHistory {
    /// Reads only the names of the releases.
    ///
    /// # Errors
    /// If a file cannot be read, or a row has no release.
    pub fn survey(&self) -> Result<Survey, HistoryError> {
        let mut survey = Survey { releases: Vec::new(), contiguous: true };
        let mut index_of: HashMap<Arc<str>, usize> = HashMap::new();
        let mut last = None;
        for batch in self.batches(ColumnSelection::Releases) {
            let batch = batch?;
            let mut rows = 0..batch.rows;
            while rows.start < rows.end {
                let end = batch.release.run(&rows);
                let name = batch.release.name(rows.start);
                let index = if let Some(&index) = index_of.get(name) {
                    survey.contiguous &= last == Some(index);
                    index
                } else {
                    self.check_name(&batch, name, rows.start)?;
                    let name: Arc<str> = name.into();
                    index_of.insert(Arc::clone(&name), survey.releases.len());
                    survey.releases.push((name, 0));
                    survey.releases.len() - 1
                };
                survey.releases[index].1 += (end - rows.start) as u64;
                last = Some(index);
                rows.start = end;
            }
        }
        Ok(survey)
    }

    fn check_name(&self, batch: &Batch, name: &str, row: usize) -> Result<(), HistoryError> {
        if !name.is_empty() {
            return Ok(());
        }
        let column = self.options.columns.release.clone();
        let place = batch.place(row);
        Err(batch.file.error(FileProblem::NoRelease { place, column }))
    }

    /// Iterates over the rows of each release, in the order of the files. The rows of a release must be contiguous.
    pub(crate) fn release_rows(&self) -> ReleaseRowsIter {
        ReleaseRowsIter {
            batches: self.batches(ColumnSelection::All),
            batch: None,
            open: None,
            failed: false,
        }
    }

    /// Iterates over all rows of all files, in order. Another thread reads ahead.
    pub(crate) fn batches(&self, columns: ColumnSelection) -> Batches {
        let (sender, receiver) = sync_channel(BATCHES_AHEAD);
        let history = self.clone();
        let read = move || {
            for (file, layout) in &history.files {
                let layout = match columns {
                    ColumnSelection::All => Arc::clone(layout),
                    ColumnSelection::Releases => Arc::new(layout.releases_only()),
                };
                let batches = sender.clone();
                let take = move |batch| batches.send(Message::Batch(Box::new(batch))).is_ok();
                let read = read::read(file, &layout, &history.options.columns, take);
                if let Err(error) = read {
                    // The receiver may be gone.
                    let _ = sender.send(Message::Failed(error));
                    return;
                }
            }
            let _ = sender.send(Message::End);
        };
        let started = thread::Builder::new().name("history".to_owned()).spawn(read);
        let failed = started.err().map(|error| HistoryError::Other(error.to_string()));
        Batches { receiver, failed, ended: false }
    }
}

/// The columns to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnSelection {
    All,
    /// The release only.
    Releases,
}

enum Message {
    Batch(Box<Batch>),
    Failed(HistoryError),
    End,
}

/// The rows of a history in order.
pub(crate) struct Batches {
    receiver: Receiver<Message>,
    failed: Option<HistoryError>,
    ended: bool,
}

impl Iterator for Batches {
    type Item = Result<Batch, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let error = match (self.failed.take(), self.receiver.recv()) {
            (None, Ok(Message::Batch(batch))) => return Some(Ok(*batch)),
            (None, Ok(Message::End)) => None,
            (None, Ok(Message::Failed(error))) | (Some(error), _) => Some(error),
            (None, Err(_)) => {
                Some(HistoryError::Other("reading the history stopped before its end".to_owned()))
            }
        };
        self.ended = true;
        error.map(Err)
    }
}

/// The rows of each release, in the order of the files.
///
/// This is the fast path for contiguous releases. For other histories see `bulk/scattered.rs`.
pub(crate) struct ReleaseRowsIter {
    batches: Batches,
    /// The current batch, and the index of its next row.
    batch: Option<(Arc<Batch>, usize)>,
    /// The release that may continue in the next batch.
    open: Option<ReleaseRows>,
    failed: bool,
}

impl Iterator for ReleaseRowsIter {
    type Item = Result<ReleaseRows, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        loop {
            let (batch, start) = match self.batch.take() {
                Some(pending) => pending,
                None => match self.batches.next() {
                    Some(Ok(batch)) => (Arc::new(batch), 0),
                    Some(Err(error)) => {
                        self.failed = true;
                        return Some(Err(error));
                    }
                    None => return self.open.take().map(Ok),
                },
            };
            if start == batch.rows {
                continue;
            }
            let rows = start..batch.rows;
            let name = batch.release.name(start);
            if self.open.as_ref().is_some_and(|open| *open.name != *name) {
                self.batch = Some((batch, start));
                return self.open.take().map(Ok);
            }
            let end = batch.release.run(&rows);
            let open = self
                .open
                .get_or_insert_with(|| ReleaseRows { name: name.into(), batches: Vec::new() });
            open.batches.push(BatchRows { batch: Arc::clone(&batch), rows: start..end });
            self.batch = Some((batch, end));
        }
    }
}
