//! Healthy windows of a metric, prepared like its two sides.

use crate::clean::Cleaned;
use crate::config::MetricConfig;
use crate::judges::evidence::parameters as p;
use crate::series::Series;

use super::timeline::{self, PairTimeline};

/// The healthy windows of a metric that have enough points, and its baseline: points in time order, in the
/// timeline's unit; NaN for a gap.
#[derive(Debug, Default)]
pub(crate) struct History {
    baseline: Vec<f64>,
    windows: Vec<Vec<f64>>,
    cleaned: Cleaned,
}

impl History {
    /// Prepares the series of `history` and the baseline as `timeline` prepares its sides.
    pub(crate) fn refill(
        &mut self,
        history: &[Series],
        baseline: &Series,
        config: &MetricConfig,
        warm_up: usize,
        timeline: &PairTimeline,
    ) {
        self.windows.clear();
        self.baseline.clear();
        if history.is_empty() {
            return;
        }
        let mut lay_out = |series: &Series| {
            let removes = timeline::removes_outliers(config, series, baseline);
            if removes {
                self.cleaned.refill(&series.values, config);
            }
            let mut window = Vec::new();
            timeline::lay(&mut window, series, &self.cleaned, config, removes);
            window.drain(..warm_up.min(window.len()));
            for value in &mut window {
                *value = timeline.in_unit(*value);
            }
            timeline::bound_infinite([&mut window]);
            window
        };
        self.baseline = lay_out(baseline);
        for series in history {
            let window = lay_out(series);
            if timeline::count(&window) >= p::FEWEST {
                self.windows.push(window);
            }
        }
    }

    /// The windows with enough points; empty if they are too few to show how much healthy instances differ.
    pub(crate) fn windows(&self) -> &[Vec<f64>] {
        if self.windows.len() < p::HISTORY_FEWEST { &[] } else { &self.windows }
    }

    /// Number of windows with enough points.
    pub(crate) fn usable_windows(&self) -> usize {
        self.windows.len()
    }

    /// Timelines with the baseline as canary, and each window as its baseline.
    pub(crate) fn baseline_beside_windows(&self) -> impl Iterator<Item = PairTimeline> {
        self.windows().iter().map(|window| PairTimeline::from_windows(&self.baseline, window))
    }
}
