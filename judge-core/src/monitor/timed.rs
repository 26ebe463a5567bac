//! Converts times of points to steps of a monitor.

use thiserror::Error;

use crate::problem::Problem;
use crate::series::Clock;
use crate::side::Side;

use super::{Monitor, MonitorReport};

/// Times of a canary's steps. Step 0 of the canary begins at the start; that of the baseline begins earlier by the offset.
///
/// # Example
/// ```
/// use judge_core::Side;
/// use judge_core::monitor::StepTimes;
///
/// let times = StepTimes::new(600_000, 60_000)?.with_baseline_offset(300_000);
/// assert_eq!(times.step_at(Side::Canary, 719_999), Some(1));
/// assert_eq!(times.step_at(Side::Baseline, 360_000), Some(1));
/// assert_eq!(times.step_at(Side::Canary, 599_999), None);
/// assert_eq!(times.complete_by(720_000), 1);
/// assert_eq!(times.end_of(1), 720_000);
/// # Ok::<(), judge_core::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepTimes {
    /// All in milliseconds.
    start: i64,
    step: i64,
    baseline_offset: i64,
}

impl StepTimes {
    /// Steps of `step_millis` from `start_millis` on.
    ///
    /// # Errors
    /// If the step is 0 or beyond an `i64`.
    pub fn new(start_millis: i64, step_millis: u64) -> Result<Self, Problem> {
        match i64::try_from(step_millis) {
            Ok(step) if step > 0 => Ok(Self { start: start_millis, step, baseline_offset: 0 }),
            _ => {
                let found = format!("{step_millis} ms");
                Err(Problem::error("step", found, "a duration of at least 1 ms"))
            }
        }
    }

    /// The same times, if the points of the baseline were taken `millis` before the canary's points that they
    /// are compared with.
    #[must_use]
    pub fn with_baseline_offset(self, millis: u64) -> Self {
        Self { baseline_offset: i64::try_from(millis).unwrap_or(i64::MAX), ..self }
    }

    /// The step of a point, if it is not before the start.
    pub fn step_at(&self, side: Side, millis: i64) -> Option<i64> {
        let start = match side {
            Side::Canary => self.start,
            Side::Baseline => self.start.saturating_sub(self.baseline_offset),
        };
        let after = millis.saturating_sub(start);
        (after >= 0).then_some(after / self.step)
    }

    /// The last step of the canary that ends at `millis` or before; −1 if none does.
    pub fn complete_by(&self, millis: i64) -> i64 {
        let after = millis.saturating_sub(self.start).max(0);
        after / self.step - 1
    }

    /// Time of the end of a step of the canary.
    pub fn end_of(&self, step: i64) -> i64 {
        let after = step.saturating_add(1).saturating_mul(self.step);
        self.start.saturating_add(after)
    }
}

/// Times of points.
///
/// [`TimedMonitor`] has an example.
#[derive(Debug, Clone, Copy)]
pub enum PointTimes<'a> {
    /// At equal steps.
    Clock(Clock),
    /// In milliseconds since the Unix epoch, one for each point, in any order.
    Millis(&'a [i64]),
}

impl PointTimes<'_> {
    fn at(&self, index: usize) -> Option<i64> {
        match self {
            Self::Millis(millis) => millis.get(index).copied(),
            Self::Clock(clock) => {
                let after = clock.step_millis().saturating_mul(index as u64);
                Some(clock.start_millis().saturating_add_unsigned(after))
            }
        }
    }
}

/// Points of one metric on one side, as they arrived.
///
/// [`TimedMonitor`] has an example.
#[derive(Debug, Clone, Copy)]
pub struct ArrivedPoints<'a> {
    /// The metric's name.
    pub metric: &'a str,
    /// The side.
    pub side: Side,
    /// Time of each point.
    pub times: PointTimes<'a>,
    /// The points; NaN for a gap.
    pub values: &'a [f64],
}

/// Why points are refused.
///
/// [`TimedMonitor`] has an example.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("series {series}: {problem}")]
#[non_exhaustive]
pub struct RefusedPoints {
    /// Index of the series among those that came together, from 0.
    pub series: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// A point of one of the series that came together.
struct ArrivedPoint {
    step: i64,
    value: f64,
    series: usize,
}

/// A [`Monitor`] whose points come with times, many at once. `judge watch --every-point` and the service's
/// streams both use it, so that the same points give the same verdict.
///
/// # Example
/// ```
/// use judge_core::config::MetricConfig;
/// use judge_core::monitor::{ArrivedPoints, Monitor, PointTimes, StepTimes, TimedMonitor};
/// use judge_core::{CanaryConfig, Side, Thresholds};
///
/// let config =
///     CanaryConfig { metrics: vec![MetricConfig::new("latency", "Latency")], ..CanaryConfig::default() };
/// let monitor = Monitor::new(config, Thresholds::DEFAULT)?;
/// let times = StepTimes::new(0, 1_000).map_err(|problem| problem.to_string())?;
/// let mut timed = TimedMonitor::new(monitor, times);
/// let times = PointTimes::Millis(&[1_000, 0]);
/// let points = |side, values| ArrivedPoints { metric: "latency", side, times, values };
/// timed.add(&[points(Side::Canary, &[7.0, 8.0]), points(Side::Baseline, &[7.5, 8.5])], Some(2_000))?;
/// assert_eq!(timed.report().metrics[0].pairs, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TimedMonitor {
    monitor: Monitor,
    times: StepTimes,
}

impl TimedMonitor {
    /// A `monitor` whose steps have these `times`.
    pub fn new(monitor: Monitor, times: StepTimes) -> Self {
        Self { monitor, times }
    }

    /// Adds points that came together, in any order. Tests all steps that end at `complete_to_millis` or
    /// before. Points of later steps wait.
    ///
    /// # Errors
    /// If a series has an unknown metric, not exactly one time for each point, or a point before the start: the
    /// monitor is then unchanged. Otherwise as [`Monitor::add`]: points of earlier steps are then added.
    ///
    /// # Cost
    /// O(n log n) for n points, and 24 bytes a point while it runs.
    pub fn add(
        &mut self,
        arrived: &[ArrivedPoints<'_>],
        complete_to_millis: Option<i64>,
    ) -> Result<(), RefusedPoints> {
        let points = self.by_step(arrived)?;
        let complete_through = complete_to_millis.map(|millis| self.times.complete_by(millis));
        for of_step in points.chunk_by(|a, b| a.step == b.step) {
            let Some(ArrivedPoint { step, .. }) = of_step.first() else { continue };
            for point in of_step {
                let ArrivedPoints { metric, side, .. } = arrived[point.series];
                let added = self.monitor.add(metric, side, *step, point.value);
                added.map_err(|problem| RefusedPoints { series: point.series, problem })?;
            }
            if complete_through.is_some_and(|complete| *step <= complete) {
                self.monitor.complete_through(*step);
            }
        }
        if let Some(complete) = complete_through.filter(|complete| *complete >= 0) {
            self.monitor.complete_through(complete);
        }
        Ok(())
    }

    /// All points in order of their steps.
    fn by_step(&self, arrived: &[ArrivedPoints<'_>]) -> Result<Vec<ArrivedPoint>, RefusedPoints> {
        let mut points = Vec::with_capacity(arrived.iter().map(|series| series.values.len()).sum());
        for (index, series) in arrived.iter().enumerate() {
            let refused = |problem| RefusedPoints { series: index, problem };
            self.monitor.index(series.metric).map_err(refused)?;
            let values = series.values.len();
            if let PointTimes::Millis(millis) = series.times
                && millis.len() != values
            {
                let found = format!("{} times", millis.len());
                let allowed = format!("one for each of the {values} points");
                return Err(refused(Problem::error("times", found, allowed)));
            }
            for (at, value) in series.values.iter().enumerate() {
                let millis = series.times.at(at).unwrap_or(i64::MIN);
                let Some(step) = self.times.step_at(series.side, millis) else {
                    let allowed = "a time from the canary's start on";
                    return Err(refused(Problem::error(format!("times[{at}]"), millis, allowed)));
                };
                points.push(ArrivedPoint { step, value: *value, series: index });
            }
        }
        points.sort_by_key(|point| point.step);
        Ok(points)
    }

    /// Tests all steps that wait. Call it when no more points come.
    pub fn complete_all(&mut self) {
        if let Some(last) = self.monitor.last_waiting() {
            self.monitor.complete_through(last);
        }
    }

    /// The times of the steps.
    pub fn times(&self) -> StepTimes {
        self.times
    }

    /// As [`Monitor::report`].
    pub fn report(&self) -> MonitorReport {
        self.monitor.report()
    }

    /// As [`Monitor::report_at_end`].
    pub fn report_at_end(&self) -> MonitorReport {
        self.monitor.report_at_end()
    }

    /// As [`Monitor::most_bytes`].
    pub fn most_bytes(&self) -> usize {
        self.monitor.most_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CanaryConfig, MetricConfig, Thresholds};

    const STEP: i64 = 60_000;

    fn timed() -> TimedMonitor {
        let metrics =
            ["latency", "errors"].map(|name| MetricConfig::new(name, "all")).into_iter().collect();
        let config = CanaryConfig { metrics, ..CanaryConfig::default() };
        let monitor = Monitor::new(config, Thresholds::DEFAULT).unwrap();
        TimedMonitor::new(monitor, StepTimes::new(1_000, STEP.unsigned_abs()).unwrap())
    }

    fn arrived<'a>(
        metric: &'a str,
        side: Side,
        times: &'a [i64],
        values: &'a [f64],
    ) -> ArrivedPoints<'a> {
        ArrivedPoints { metric, side, times: PointTimes::Millis(times), values }
    }

    #[test]
    fn one_message_is_as_many() {
        let times: Vec<i64> = (0..600).map(|step| 1_000 + STEP * step).collect();
        let canary: Vec<f64> = (0..600).map(|step| f64::from(step * 37 % 11) + 1.0).collect();
        let baseline: Vec<f64> = (0..600).map(|step| f64::from(step * 53 % 13)).collect();
        let whole = |times, canary, baseline| {
            [
                arrived("latency", Side::Canary, times, canary),
                arrived("latency", Side::Baseline, times, baseline),
                arrived("errors", Side::Canary, times, baseline),
                arrived("errors", Side::Baseline, times, canary),
            ]
        };
        let end = 1_000 + STEP * 600;
        let mut at_once = timed();
        at_once.add(&whole(&times, &canary, &baseline), Some(end)).unwrap();
        let mut one_by_one = timed();
        for first in (0..600).step_by(200) {
            // Backwards; the last message completes all.
            for step in (first..first + 200).rev() {
                let at = step..step + 1;
                let points = whole(&times[at.clone()], &canary[at.clone()], &baseline[at]);
                let complete = (step == first).then(|| times[first + 199] + STEP);
                one_by_one.add(&points, complete).unwrap();
            }
        }
        assert_eq!(at_once.report(), one_by_one.report());
        assert_eq!(at_once.report().metrics[0].pairs, 600);
        let clock = PointTimes::Clock(Clock::new(1_000, 60_000).unwrap());
        let evenly = whole(&times, &canary, &baseline)
            .map(|series| ArrivedPoints { times: clock, ..series });
        let mut by_clock = timed();
        by_clock.add(&evenly, Some(end)).unwrap();
        assert_eq!(by_clock.report(), at_once.report());
    }

    #[test]
    fn bad_points_are_refused() {
        let mut timed = timed();
        let many: Vec<i64> = (0..300).map(|step| 1_000 + STEP * step).collect();
        let zeros = vec![0.0; 300];
        for (points, expected) in [
            (arrived("x", Side::Canary, &[1_000], &[0.0]), "metric"),
            (arrived("latency", Side::Canary, &[1_000], &[]), "times"),
            (arrived("latency", Side::Canary, &[1_000, 999], &[0.0, 0.0]), "times[1]"),
            (arrived("latency", Side::Canary, &[i64::MIN], &[0.0]), "times[0]"),
            (arrived("errors", Side::Canary, &many, &zeros), "at"),
            (arrived("errors", Side::Canary, &[1_000, 1_001], &[0.0, 1.0]), "value"),
        ] {
            let refused = timed.add(&[points], None).unwrap_err();
            assert_eq!(refused.problem.path, expected, "{refused}");
        }
        assert!(StepTimes::new(0, 0).is_err() && StepTimes::new(0, u64::MAX).is_err());
    }

    #[test]
    fn absurd_times() {
        let mut timed = timed();
        let far = arrived("latency", Side::Canary, &[i64::MAX], &[0.0]);
        timed.add(&[far], Some(i64::MIN)).unwrap();
        assert_eq!(timed.report().complete_through, None);
        timed.add(&[far], Some(i64::MAX)).unwrap();
        timed.complete_all();
        let report = timed.report_at_end();
        assert_eq!((report.metrics[0].gaps, report.late), (1, 0));
        assert_eq!(timed.times().end_of(i64::MAX), i64::MAX);
    }
}
