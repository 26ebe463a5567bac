//! One recorded release: its metrics on both sides, each side on a regular grid of time.

/// The times of one side's points. Point `i` covers the time from `start_millis + i * step_millis` to the next point.
///
/// All series of a side share one grid, from the first point of any of them to the last, with
/// [`ReleaseGrid::points`] points each. A missing point is a gap (NaN) at its own time. The grids of the two
/// sides have the same step, and differ by a multiple of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseGrid {
    /// Time of the first point, in milliseconds since the Unix epoch.
    pub start_millis: i64,
    /// Time between two points, in milliseconds, above 0.
    pub step_millis: u64,
    /// Number of points; 0 if the side was not recorded.
    pub points: usize,
}

/// The recording of one release.
///
/// ```
/// use judge_replay::{ReleaseGrid, Release, ReleaseMetric, RecordedSeries};
///
/// let grid = ReleaseGrid { start_millis: 0, step_millis: 60_000, points: 3 };
/// let release = Release {
///     name: "2026-11-21".to_owned(),
///     baseline: grid,
///     canary: grid,
///     metrics: vec![ReleaseMetric {
///         name: "latency".to_owned(),
///         baseline: RecordedSeries::from(vec![10.0, f64::NAN, 11.0]),
///         canary: RecordedSeries::from(vec![10.0, 12.0, 11.0]),
///     }],
/// };
/// assert!(release.metrics[0].baseline.values[1].is_nan());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// The release, as the history calls it.
    pub name: String,
    /// The times of the baseline's points.
    pub baseline: ReleaseGrid,
    /// The times of the canary's points.
    pub canary: ReleaseGrid,
    /// Its metrics, in the order of the config.
    pub metrics: Vec<ReleaseMetric>,
}

/// One metric of a release on both sides.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReleaseMetric {
    /// The metric, as the config calls it.
    pub name: String,
    /// The baseline's series.
    pub baseline: RecordedSeries,
    /// The canary's series.
    pub canary: RecordedSeries,
}

/// One metric on one side: the judged series, and the series of each instance.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordedSeries {
    /// The judged points, in the metric's unit. NaN is a gap; empty if nothing was recorded. With
    /// several instances, each point is the mean of the instances that have one.
    pub values: Vec<f64>,
    /// The series of each instance, if the history names instances; empty otherwise.
    pub instances: Vec<RecordedInstance>,
}

impl From<Vec<f64>> for RecordedSeries {
    fn from(values: Vec<f64>) -> Self {
        Self { values, instances: Vec::new() }
    }
}

/// One of several instances that ran at the same time.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedInstance {
    /// The instance, as the history calls it.
    pub name: String,
    /// Its points on the side's grid; NaN is a gap.
    pub values: Vec<f64>,
}
