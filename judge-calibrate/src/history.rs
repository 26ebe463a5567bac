//! History of healthy instances, on one grid.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::error::CalibrateError;

/// The points of one instance by metric, in the metric's unit, in order of time. NaN is a gap.
pub type Instance = BTreeMap<String, Vec<f64>>;

/// Recordings of healthy instances, all with one step.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthyHistory {
    step_millis: u64,
    recordings: Vec<Recording>,
}

/// A period in which one or more instances of one release ran at the same time.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    name: String,
    points: usize,
    instances: Vec<Instance>,
}

impl Recording {
    /// Creates a recording of `instances`, whose series all start at the same time. If an instance lacks a metric,
    /// the metric's data are missing.
    ///
    /// # Errors
    /// If two series differ in length.
    pub fn new(name: impl Into<String>, instances: Vec<Instance>) -> Result<Self, CalibrateError> {
        let name = name.into();
        let mut expected = None;
        for (metric, values) in instances.iter().flatten() {
            let points = values.len();
            match expected {
                Some(expected) if expected != points => {
                    let metric = metric.clone();
                    return Err(CalibrateError::Length {
                        recording: name,
                        metric,
                        points,
                        expected,
                    });
                }
                _ => expected = Some(points),
            }
        }
        Ok(Self { name, points: expected.unwrap_or_default(), instances })
    }

    /// The name of the recording.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of points of each series.
    pub fn points(&self) -> usize {
        self.points
    }

    /// The instances.
    pub fn instances(&self) -> &[Instance] {
        &self.instances
    }

    /// Copies the points of `range` of the instances whose index `keep` accepts.
    pub(crate) fn part(&self, range: Range<usize>, keep: impl Fn(usize) -> bool) -> Self {
        let kept = self.instances.iter().enumerate().filter(|(index, _)| keep(*index));
        let cut = |series: &Vec<f64>| series.get(range.clone()).unwrap_or_default().to_vec();
        let instances = kept.map(|(_, instance)| {
            instance.iter().map(|(metric, series)| (metric.clone(), cut(series))).collect()
        });
        Self { name: self.name.clone(), points: range.len(), instances: instances.collect() }
    }

    /// The points of a time range of one series; empty if the instance lacks the metric.
    pub(crate) fn stretch(&self, instance: usize, metric: &str, start: usize, n: usize) -> &[f64] {
        let series = self.instances.get(instance).and_then(|instance| instance.get(metric));
        series.and_then(|series| series.get(start..start + n)).unwrap_or_default()
    }
}

impl HealthyHistory {
    /// Creates a history with one point every `step_millis` milliseconds.
    ///
    /// # Errors
    /// If the step is 0 or the history has no points.
    pub fn new(step_millis: u64, recordings: Vec<Recording>) -> Result<Self, CalibrateError> {
        if step_millis == 0 {
            return Err(CalibrateError::Step);
        }
        if recordings.iter().all(|recording| recording.points == 0) {
            return Err(CalibrateError::Empty);
        }
        Ok(Self { step_millis, recordings })
    }

    /// Time between two points, in milliseconds.
    pub fn step_millis(&self) -> u64 {
        self.step_millis
    }

    /// The recordings.
    pub fn recordings(&self) -> &[Recording] {
        &self.recordings
    }

    /// Every series of `metric`.
    pub(crate) fn series<'a>(&'a self, metric: &'a str) -> impl Iterator<Item = &'a [f64]> {
        let instances = self.recordings.iter().flat_map(|recording| &recording.instances);
        instances.filter_map(move |instance| instance.get(metric)).map(Vec::as_slice)
    }

    /// Names of all metrics with a series.
    pub(crate) fn metrics(&self) -> BTreeSet<&str> {
        let instances = self.recordings.iter().flat_map(|recording| &recording.instances);
        instances.flat_map(BTreeMap::keys).map(String::as_str).collect()
    }

    pub(crate) fn minutes(&self, points: usize) -> f64 {
        points as f64 * self.step_millis as f64 / 60_000.0
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "minutes are positive, and a length beyond all points is refused as too long"
    )]
    pub(crate) fn points(&self, minutes: f64) -> usize {
        ((minutes * 60_000.0 / self.step_millis as f64).round() as usize).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_one_recording_have_one_length() {
        let instance =
            Instance::from([("a".to_owned(), vec![1.0; 3]), ("b".to_owned(), vec![1.0; 2])]);
        let error = Recording::new("monday", vec![instance]).unwrap_err().to_string();
        assert!(error.contains("monday") && error.contains("\"b\" has 2 points"), "{error}");
    }

    #[test]
    fn no_step_and_no_points_are_refused() {
        let recording = Recording::new("r", vec![Instance::new()]).unwrap();
        assert!(matches!(HealthyHistory::new(0, vec![]), Err(CalibrateError::Step)));
        assert!(matches!(HealthyHistory::new(1, vec![recording]), Err(CalibrateError::Empty)));
    }
}
