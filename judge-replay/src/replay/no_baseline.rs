//! Windows without any point of the baseline: they compare the canary with nothing.

use std::fmt;

use judge_points::time;

use crate::names::join_names;
use crate::release::{Release, ReleaseGrid};
use judge_core::stage::{TimeSpan, Window, show_length};

/// Metrics whose baseline has points, but none in the window that needs them.
///
/// The judge sees such a metric as one without data, which may fail the canary. The message says where the points
/// are, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoBaseline {
    /// The first window without them.
    pub window: Window,
    /// The metrics, in the order of the config.
    pub metrics: Vec<String>,
    /// The time of the points of these baselines: from the first of any metric to the moment after the last.
    pub recorded: TimeSpan,
    /// When the canary's recording begins, in milliseconds since the Unix epoch.
    pub canary_start_millis: i64,
}

impl NoBaseline {
    /// Finds the metrics of `release` that have points of the canary in `window`, but whose baseline has points only
    /// outside of it.
    pub(super) fn find(release: &Release, window: Window) -> Option<Self> {
        let mut metrics = Vec::new();
        let mut recorded: Option<TimeSpan> = None;
        for metric in &release.metrics {
            let canary = extent(&metric.canary.values, release.canary);
            let baseline = extent(&metric.baseline.values, release.baseline);
            let Some(baseline) = baseline.filter(|span| !overlap(*span, window.baseline)) else {
                continue;
            };
            if canary.is_some_and(|span| overlap(span, window.canary)) {
                metrics.push(metric.name.clone());
                let so_far = recorded.unwrap_or(baseline);
                recorded = Some(TimeSpan {
                    start_millis: so_far.start_millis.min(baseline.start_millis),
                    end_millis: so_far.end_millis.max(baseline.end_millis),
                });
            }
        }
        let canary_start_millis = release.canary.start_millis;
        recorded.map(|recorded| Self { window, metrics, recorded, canary_start_millis })
    }

    fn way_out(&self) -> String {
        let Window { canary, baseline, .. } = self.window;
        if canary != baseline && overlap(self.recorded, canary) {
            return "they were recorded while the canary ran, so leave out the baseline offset"
                .to_owned();
        }
        let earlier = TimeSpan {
            start_millis: self.recorded.start_millis,
            end_millis: self.canary_start_millis,
        };
        match earlier.millis() {
            0 => "record the baseline while the canary runs, and look for a wrong time zone"
                .to_owned(),
            millis => format!(
                "if it was recorded before the canary, give the time between them as the baseline offset, such as {:?}",
                show_length(millis)
            ),
        }
    }
}

impl fmt::Display for NoBaseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { window: Window { interval, canary, baseline }, metrics, recorded, .. } = self;
        let span = |span: &TimeSpan| {
            format!("from {} to {}", time::show(span.start_millis), time::show(span.end_millis))
        };
        let recorded = &TimeSpan { end_millis: recorded.end_millis - 1, ..*recorded };
        write!(f, "in interval {interval} the canary is judged {}", span(canary))?;
        if canary != baseline {
            write!(f, " against a baseline {}", span(baseline))?;
        }
        write!(
            f,
            ", but the baseline of {} has points {} alone; {}",
            join_names(metrics),
            span(recorded),
            self.way_out()
        )
    }
}

/// From the time of the first point to the moment after the last point.
fn extent(values: &[f64], grid: ReleaseGrid) -> Option<TimeSpan> {
    let is_point = |value: &f64| !value.is_nan();
    let first = values.iter().position(is_point)?;
    let last = values.iter().rposition(is_point)?;
    let time = |point: usize| {
        grid.start_millis.saturating_add_unsigned((point as u64).saturating_mul(grid.step_millis))
    };
    Some(TimeSpan { start_millis: time(first), end_millis: time(last).saturating_add(1) })
}

fn overlap(one: TimeSpan, other: TimeSpan) -> bool {
    one.start_millis < other.end_millis && other.start_millis < one.end_millis
}
