//! Splits the rows of one release into series.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use judge_core::judgement::Side;

use super::rows::{PointRows, RowSource};
use crate::names::NameColumn;
use crate::options::RoleNames;

/// The points of one series and their times, in any order.
#[derive(Debug, Clone, Default)]
pub(super) struct Bucket {
    /// Milliseconds since 1970.
    pub(super) times: Vec<i64>,
    pub(super) values: Vec<f64>,
}

impl Bucket {
    fn extend(&mut self, times: &[i64], values: &[f64]) {
        self.times.extend_from_slice(times);
        self.values.extend_from_slice(values);
    }
}

/// The needed series and the names of roles, which are the same for every release.
#[derive(Debug)]
pub struct SeriesIndex {
    pub(super) series: Vec<String>,
    index_of: HashMap<String, usize>,
    roles: RoleNames,
}

impl SeriesIndex {
    /// Indexes `series`. The roles have the names `roles`.
    pub fn new(series: &[String], roles: &RoleNames) -> Self {
        let numbered = series.iter().enumerate();
        let index_of = numbered.map(|(index, name)| (name.clone(), index)).collect();
        Self { series: series.to_vec(), index_of, roles: roles.clone() }
    }

    fn side(&self, role: &str) -> Option<Side> {
        let is = |words: &[String]| words.iter().any(|word| word == role);
        if is(&self.roles.baseline) {
            Some(Side::Baseline)
        } else if is(&self.roles.canary) {
            Some(Side::Canary)
        } else {
            None
        }
    }
}

/// The rows of one release, split into series. The buffers are reused for the next release.
#[derive(Debug, Clone)]
pub struct Buckets {
    index: Arc<SeriesIndex>,
    /// Buckets by instance, then series, then side.
    all: Vec<Bucket>,
    /// The names of the instances; one empty name if the history names none.
    instances: Vec<String>,
    /// For each series, the series that followed it last time.
    followed_by: Vec<usize>,
    problem: Option<String>,
    ignored: BTreeSet<String>,
}

impl Buckets {
    /// Creates buckets without rows.
    pub fn new(index: &Arc<SeriesIndex>) -> Self {
        Self {
            followed_by: (1..=index.series.len()).collect(),
            index: Arc::clone(index),
            all: Vec::new(),
            instances: Vec::new(),
            problem: None,
            ignored: BTreeSet::new(),
        }
    }

    /// Removes the release but keeps the buffers.
    pub fn clear(&mut self) {
        for bucket in &mut self.all {
            bucket.times.clear();
            bucket.values.clear();
        }
        self.instances.clear();
        self.problem = None;
    }

    /// The first problem that prevents a judgement of the release.
    pub(super) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Returns the names of the metrics ignored since the last call.
    pub fn take_ignored(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.ignored)
    }

    pub(super) fn instances(&self) -> &[String] {
        &self.instances
    }

    /// The instances ordered by name, so that sums do not depend on the order of rows.
    pub(super) fn instances_by_name(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.instances.len()).collect();
        order.sort_by_key(|&instance| &self.instances[instance]);
        order
    }

    pub(super) fn series(&self) -> &[String] {
        &self.index.series
    }

    /// The points of one series of one instance.
    pub(super) fn bucket(&mut self, instance: usize, series: usize, side: Side) -> &mut Bucket {
        let index = (instance * self.index.series.len() + series) * 2 + number(side);
        if index >= self.all.len() {
            self.all.resize_with(index + 1, Bucket::default);
        }
        &mut self.all[index]
    }

    /// Adds `rows` of `source` to the buckets of their series.
    pub fn add(&mut self, source: &impl RowSource, rows: &Range<usize>) {
        if self.problem.is_some() {
            return;
        }
        self.problem = source.first_bad(rows);
        if self.problem.is_none() {
            self.problem = self.distribute(source, rows).err();
        }
    }

    fn distribute<S: RowSource>(&mut self, source: &S, rows: &Range<usize>) -> Result<(), String> {
        let mut row = rows.start;
        let times = source.times();
        let mut role = Run::new(source.role());
        let mut instance = source.instance().map(Run::new);
        let mut side = Side::Baseline;
        let mut number = 0;
        let points = source.points();
        let mut metric = match &points {
            PointRows::Long { metric, .. } => Some(Run::new(*metric)),
            PointRows::Wide(_) => None,
        };
        let mut series = None;
        let mut last = 0;
        while row < rows.end {
            if role.starts_at(row, rows.end) {
                side = self.side(source, row)?;
            }
            let named = match &mut instance {
                Some(instance) => instance.starts_at(row, rows.end),
                None => row == rows.start,
            };
            if named {
                number = self.instance(source.instance().map_or("", |names| names.name(row)));
            }
            let mut end = role.end.min(instance.as_ref().map_or(rows.end, |run| run.end));
            if let Some(metric) = &mut metric {
                if metric.starts_at(row, rows.end) {
                    series = self.find_series(metric.names.name(row), last);
                    last = series.unwrap_or(last);
                }
                end = end.min(metric.end);
            }
            match (&points, series) {
                (PointRows::Long { values, .. }, Some(series)) => {
                    self.bucket(number, series, side).extend(&times[row..end], &values[row..end]);
                }
                (PointRows::Long { .. }, None) => {}
                (PointRows::Wide(columns), _) => {
                    for (series, values) in *columns {
                        let bucket = self.bucket(number, *series, side);
                        bucket.extend(&times[row..end], &values[row..end]);
                    }
                }
            }
            row = end;
        }
        Ok(())
    }

    fn side(&self, source: &impl RowSource, row: usize) -> Result<Side, String> {
        let role = source.role().name(row);
        self.index.side(role).ok_or_else(|| {
            let RoleNames { baseline, canary } = &self.index.roles;
            let words: Vec<&str> = baseline.iter().chain(canary).map(String::as_str).collect();
            source.message_at(row, &source.unknown_role(&words.join(", "), role))
        })
    }

    fn instance(&mut self, name: &str) -> usize {
        let known = self.instances.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.instances.push(name.to_owned());
            self.instances.len() - 1
        })
    }

    /// Finds the index of the series `name`. Files usually repeat their metrics in one order, so we first try the
    /// series that followed the last one before.
    fn find_series(&mut self, name: &str, last: usize) -> Option<usize> {
        let guess = self.followed_by.get(last).copied().unwrap_or_default();
        if self.index.series.get(guess).is_some_and(|guessed| guessed == name) {
            return Some(guess);
        }
        let Some(&series) = self.index.index_of.get(name) else {
            if !self.ignored.contains(name) && self.ignored.len() < MOST_IGNORED {
                self.ignored.insert(name.to_owned());
            }
            return None;
        };
        if let Some(followed_by) = self.followed_by.get_mut(last) {
            *followed_by = series;
        }
        Some(series)
    }
}

/// Largest number of ignored names that we remember.
pub const MOST_IGNORED: usize = 1000;

fn number(side: Side) -> usize {
    match side {
        Side::Baseline => 0,
        Side::Canary => 1,
    }
}

/// A run of rows with one name.
struct Run<'a, N> {
    names: &'a N,
    end: usize,
}

impl<'a, N: NameColumn> Run<'a, N> {
    fn new(names: &'a N) -> Self {
        Self { names, end: 0 }
    }

    /// Whether a new name begins at `row`. If so, finds the end of its run, at most `limit`.
    fn starts_at(&mut self, row: usize, limit: usize) -> bool {
        if row < self.end {
            return false;
        }
        self.end = self.names.run(&(row..limit));
        true
    }
}
