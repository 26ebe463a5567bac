//! Points of one metric: in order of time, with gaps.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use crate::problem::Problem;

/// Times of the points of a series: point `i` was taken at `start_millis + i * step_millis`.
///
/// # Example
/// One point a minute:
/// ```
/// use judge_core::Clock;
///
/// let clock = Clock::new(1_735_689_600_000, 60_000)?;
/// assert_eq!((clock.start_millis(), clock.step_millis()), (1_735_689_600_000, 60_000));
/// assert!(Clock::new(1_735_689_600_000, 0).is_err());
/// # Ok::<(), judge_core::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    start_millis: i64,
    step_millis: NonZeroU64,
}

impl Clock {
    /// Points from `start_millis` on (milliseconds since the Unix epoch), one every `step_millis`.
    ///
    /// # Errors
    /// If the step is 0. The path of the problem is `step`.
    pub fn new(start_millis: i64, step_millis: u64) -> Result<Self, Problem> {
        match NonZeroU64::new(step_millis) {
            Some(step_millis) => Ok(Self { start_millis, step_millis }),
            None => Err(Problem::error("step", "0 ms", "a duration of at least 1 ms")),
        }
    }

    /// Time of the first point, in milliseconds since the Unix epoch.
    pub fn start_millis(self) -> i64 {
        self.start_millis
    }

    /// Time between two points, in milliseconds; above 0.
    pub fn step_millis(self) -> u64 {
        self.step_millis.get()
    }

    /// The same times, `millis` later.
    #[must_use]
    pub fn shifted(self, millis: i64) -> Self {
        Self { start_millis: self.start_millis.saturating_add(millis), ..self }
    }
}

/// The points of one metric on one side, in order of time, in any unit. NaN is a gap.
///
/// # Example
/// ```
/// use judge_core::{Clock, Series};
///
/// let clock = Clock::new(1_735_689_600_000, 60_000)?;
/// let series = Series { values: vec![3.0, f64::NAN, 4.0], clock: Some(clock) };
/// assert!(!series.is_silent());
/// assert_eq!(Series::from(vec![3.0]).clock, None);
/// # Ok::<(), judge_core::Problem>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// The points; NaN for a gap.
    pub values: Vec<f64>,
    /// Times of the points, if they are known.
    pub clock: Option<Clock>,
}

impl Series {
    /// Whether the series has no data: no points, or only gaps.
    pub fn is_silent(&self) -> bool {
        self.values.iter().all(|value| value.is_nan())
    }
}

impl From<Vec<f64>> for Series {
    fn from(values: Vec<f64>) -> Self {
        Self { values, clock: None }
    }
}

/// Tags of a metric pair; the judgement repeats them. A tag may have no value.
///
/// # Example
/// ```
/// use judge_core::{MetricPair, Tags};
///
/// let tags = Tags::from([("location".to_owned(), Some("eu-west-1".to_owned()))]);
/// let pair = MetricPair { tags: Some(tags), ..MetricPair::new("latency", vec![1.0], vec![2.0]) };
/// assert!(pair.tags.is_some_and(|tags| tags.contains_key("location")));
/// ```
pub type Tags = BTreeMap<String, Option<String>>;

/// The series of one metric on both sides.
///
/// # Example
/// ```
/// use judge_core::MetricPair;
///
/// let pair = MetricPair {
///     id: Some("42".to_owned()),
///     history: vec![vec![100.0, 104.0].into(), vec![99.0, 101.0].into()],
///     ..MetricPair::new("latency", vec![100.0, 102.0], vec![120.0, 118.0])
/// };
/// assert_eq!(pair.canary.values.len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricPair {
    /// Name of the metric, as in the config.
    pub name: String,
    /// Given by the caller, echoed in the judgement.
    pub id: Option<String>,
    /// Given by the caller, echoed in the judgement.
    pub tags: Option<Tags>,
    /// The baseline's points.
    pub baseline: Series,
    /// The canary's points.
    pub canary: Series,
    /// Healthy windows of the past, or healthy instances beside the baseline, each as long as the canary's
    /// window, in any order. Empty if there are none. Their clocks are not read.
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

    /// Fills a side without points with as many gaps as the other side has points.
    ///
    /// Kayenta pads pairs like this before it judges them. Call it when you put pairs together from
    /// recordings, so that a missing series and a series of gaps get the same answer.
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
