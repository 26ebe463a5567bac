//! The points of one metric as they came: in order of time, with gaps.

use std::collections::BTreeMap;

/// When the points of a series were taken: point `i` at `start_millis + i * step_millis`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Time of the first point, in milliseconds since the Unix epoch.
    pub start_millis: i64,
    /// Time between two points, in milliseconds.
    pub step_millis: u64,
}

/// The points of one metric on one side, in order of time, in any unit. NaN is a gap.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// The points; NaN where there is none.
    pub values: Vec<f64>,
    /// When they were taken, if that is known.
    pub clock: Option<Clock>,
}

impl Series {
    /// Whether there is no point at all: nothing, or nothing but gaps.
    pub fn is_silent(&self) -> bool {
        self.values.iter().all(|value| value.is_nan())
    }
}

impl From<Vec<f64>> for Series {
    fn from(values: Vec<f64>) -> Self {
        Self { values, clock: None }
    }
}

/// Tags of a metric pair, echoed in the judgement. A tag may lack a value.
pub type Tags = BTreeMap<String, Option<String>>;

/// One metric's series on both sides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricPair {
    /// The metric's name, as in the config.
    pub name: String,
    /// Given by the caller, echoed in the judgement.
    pub id: Option<String>,
    /// Given by the caller, echoed in the judgement.
    pub tags: Option<Tags>,
    /// The baseline's points.
    pub baseline: Series,
    /// The canary's points.
    pub canary: Series,
    /// Healthy windows of the past, or healthy instances beside the baseline, each as long as the canary's window,
    /// in any order. Empty where nothing is known; their clocks are not read.
    pub history: Vec<Series>,
}

impl MetricPair {
    /// A pair without id, tags, times and history.
    pub fn new(
        name: impl Into<String>,
        baseline: impl Into<Series>,
        canary: impl Into<Series>,
    ) -> Self {
        Self {
            name: name.into(),
            baseline: baseline.into(),
            canary: canary.into(),
            ..Self::default()
        }
    }

    /// Fills a side that was not recorded with as many gaps as the other side has points.
    ///
    /// Kayenta pads a pair in this way before it judges it. Whoever puts pairs together from recordings
    /// calls this, so that a missing series and a series of gaps get the same answer.
    ///
    /// # Example
    /// ```
    /// let mut pair = judge_core::MetricPair::new("errors", vec![], vec![3.0, 4.0]);
    /// pair.pad_absent_side();
    /// assert_eq!(pair.baseline.values.len(), 2);
    /// assert!(pair.baseline.is_silent());
    /// ```
    pub fn pad_absent_side(&mut self) {
        let Self { baseline, canary, .. } = self;
        match (baseline.values.len(), canary.values.len()) {
            (0, points) => baseline.values.resize(points, f64::NAN),
            (points, 0) => canary.values.resize(points, f64::NAN),
            _ => {}
        }
    }
}
