//! The rows of many releases, column by column.

use crate::replay::{BrokenRelease, Replayed};

use super::COLUMNS;
use super::row::{FrameRow, Instant, rows};
use super::texts::Texts;

/// Rows, collected column by column.
#[derive(Debug, Default)]
pub struct FrameColumns {
    texts: [Texts; 6],
    numbers: [Vec<Option<f64>>; 9],
    counts: [Vec<Option<u64>>; 5],
    times: [Vec<Option<i64>>; 2],
    flags: [Vec<Option<bool>>; 2],
}

impl FrameColumns {
    /// Adds the rows of a release.
    pub fn add(&mut self, release: &str, replayed: &Result<Replayed, BrokenRelease>) {
        for row in rows(release, replayed) {
            self.add_row(&row);
        }
    }

    fn add_row(&mut self, row: &FrameRow<'_>) {
        let [release, metric, classification, reason, verdict, error] = &mut self.texts;
        release.push(Some(row.release));
        metric.push(row.metric);
        classification.push_word(row.classification);
        reason.push(row.reason);
        verdict.push_word(row.verdict);
        error.push(row.error);
        let numbers = [
            row.baseline_mean,
            row.canary_mean,
            row.baseline_median,
            row.canary_median,
            row.mean_ratio,
            row.shift,
            row.shift_lower,
            row.shift_upper,
            row.score,
        ];
        push_each(&mut self.numbers, numbers);
        let counts = [
            row.interval,
            row.baseline_points,
            row.canary_points,
            row.baseline_gaps,
            row.canary_gaps,
        ];
        push_each(&mut self.counts, counts);
        push_each(
            &mut self.times,
            [row.start, row.end].map(|time| time.map(|Instant(millis)| millis)),
        );
        push_each(&mut self.flags, [row.muted, row.stops]);
    }

    /// Appends the rows of `other`.
    pub fn append(&mut self, other: Self) {
        for (column, other) in self.texts.iter_mut().zip(&other.texts) {
            column.append(other);
        }
        append_each(&mut self.numbers, other.numbers);
        append_each(&mut self.counts, other.counts);
        append_each(&mut self.times, other.times);
        append_each(&mut self.flags, other.flags);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.texts[0].iter().len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The columns with their names, in the order of [`COLUMNS`].
    pub fn into_columns(self) -> Vec<(&'static str, ColumnValues)> {
        let Self { texts, numbers, counts, times, flags } = self;
        let (mut texts, mut numbers) = (texts.into_iter(), numbers.into_iter());
        let (mut counts, mut times) = (counts.into_iter(), times.into_iter());
        let mut flags = flags.into_iter();
        let values = |name: &'static str| match ColumnKind::from_name(name) {
            ColumnKind::Text => ColumnValues::Texts(texts.next().unwrap_or_default()),
            ColumnKind::Number => ColumnValues::Numbers(numbers.next().unwrap_or_default()),
            ColumnKind::Count => ColumnValues::Counts(counts.next().unwrap_or_default()),
            ColumnKind::Time => ColumnValues::Times(times.next().unwrap_or_default()),
            ColumnKind::Flag => ColumnValues::Flags(flags.next().unwrap_or_default()),
        };
        let mut values = values;
        COLUMNS.into_iter().map(|name| (name, values(name))).collect()
    }
}

fn push_each<T, const N: usize>(columns: &mut [Vec<T>; N], row: [T; N]) {
    for (column, value) in columns.iter_mut().zip(row) {
        column.push(value);
    }
}

fn append_each<T, const N: usize>(columns: &mut [Vec<T>; N], others: [Vec<T>; N]) {
    for (column, mut other) in columns.iter_mut().zip(others) {
        column.append(&mut other);
    }
}

/// The values of one column; `None` for an empty cell.
#[derive(Debug)]
pub enum ColumnValues {
    /// Names and sentences.
    Texts(Texts),
    /// Means, medians, shifts, scores.
    Numbers(Vec<Option<f64>>),
    /// Numbers of points, gaps and intervals.
    Counts(Vec<Option<u64>>),
    /// Milliseconds since the Unix epoch.
    Times(Vec<Option<i64>>),
    /// Yes or no.
    Flags(Vec<Option<bool>>),
}

/// The content of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// [`ColumnValues::Texts`].
    Text,
    /// [`ColumnValues::Numbers`].
    Number,
    /// [`ColumnValues::Counts`].
    Count,
    /// [`ColumnValues::Times`].
    Time,
    /// [`ColumnValues::Flags`].
    Flag,
}

impl ColumnKind {
    /// The content of the column called `name`.
    pub fn from_name(name: &str) -> Self {
        match name {
            "start" | "end" => Self::Time,
            "interval" | "baseline_points" | "canary_points" | "baseline_gaps" | "canary_gaps" => {
                Self::Count
            }
            "muted" | "stops" => Self::Flag,
            "release" | "metric" | "classification" | "reason" | "verdict" | "error" => Self::Text,
            _ => Self::Number,
        }
    }
}
