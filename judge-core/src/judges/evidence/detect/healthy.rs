//! Is the canary beyond what healthy instances differ by?
//!
//! Healthy windows and the baseline are a sample of healthy means. **Statistic**: means of clipped points; for m windows and
//! the baseline, the standard deviation s between them. **Threshold**: the upper end of Student's prediction interval for the
//! next healthy mean, mean + s · t(m) · √(1 + 1/(m + 1)) (Hahn 1969, "Factors for calculating two-sided prediction intervals for
//! samples from a normal distribution"). It says nothing about single points, spread or events. **Cost**: O(points of the
//! history).

use std::ops::Range;

use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::comparison::Comparison;
use crate::judges::evidence::prepare::history::History;
use crate::judges::evidence::prepare::regression::Stretch;
use crate::judges::evidence::prepare::robust::Robust;
use crate::judges::evidence::prepare::threshold::Threshold;
use crate::math;
use crate::stats::distribution::student;

use super::silence::{self, Silence};

/// A part of a window, whatever its number of points.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WindowPart {
    /// Share of the window from the first point of the part to the end.
    from_end: f64,
    /// Share of the window behind the part.
    to_end: f64,
}

impl WindowPart {
    pub(crate) const WHOLE: Self = Self { from_end: 1.0, to_end: 0.0 };

    /// The part that `stretch` is of a window of `n` points.
    pub(crate) fn from_stretch(stretch: Stretch, n: usize) -> Self {
        let share = |points: usize| points as f64 / n as f64;
        Self { from_end: share(stretch.from_end), to_end: share(stretch.to_end) }
    }

    /// Indices of the points in a window of `n`, at least one if there is one.
    fn range(self, n: usize) -> Range<usize> {
        let points = |share: f64| math::whole((share * n as f64).round()).min(n);
        let end = n - points(self.to_end);
        (n - points(self.from_end)).min(end.saturating_sub(1))..end
    }
}

/// Where a healthy canary may be. Shifts are relative to the baseline, on the comparison's axis.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Healthy {
    /// Healthy windows besides the baseline.
    pub(crate) windows: usize,
    /// The smallest shift that is normal.
    pub(crate) lower: f64,
    /// The largest shift that is normal.
    pub(crate) upper: f64,
    /// Probability that a healthy canary is above `upper`, and that it is below `lower`.
    pub(crate) level: f64,
    /// Whether the canary is above `upper`.
    pub(crate) is_exceeded: bool,
}

impl Healthy {
    /// Compares the same `part` of every window. A healthy canary is above the interval with probability `level`.
    /// `None` if too few windows have a mean.
    pub(crate) fn measure(
        history: &History,
        comparison: &Comparison,
        level: f64,
        part: WindowPart,
    ) -> Option<Self> {
        let Means { canary, baseline, windows } = Means::measure(history, comparison, part)?;
        let all: Vec<f64> = windows.iter().copied().chain([baseline]).collect();
        let (mean, reach) = predict(&all, level)?;
        Some(Self {
            windows: windows.len(),
            lower: mean - reach - baseline,
            upper: mean + reach - baseline,
            level,
            is_exceeded: canary > mean + reach,
        })
    }
}

/// A baseline that is worse than its own history.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WorseBaseline {
    /// Healthy windows.
    pub(crate) windows: usize,
    /// How far the baseline is above their mean.
    pub(crate) shift: f64,
    /// How far the next healthy mean may be.
    pub(crate) reach: f64,
}

/// Finds a baseline that its history shows to be worse; a healthy one is found with probability `level`.
pub(crate) fn find_worse_baseline(
    history: &History,
    comparison: &Comparison,
    threshold: &Threshold,
    level: f64,
) -> Option<WorseBaseline> {
    let means = Means::measure(history, comparison, WindowPart::WHOLE)?;
    let (mean, reach) = predict(&means.windows, level)?;
    let shift = means.baseline - mean;
    (shift > reach && threshold.is_reached(comparison, shift)).then_some(WorseBaseline {
        windows: means.windows.len(),
        shift,
        reach,
    })
}

/// Finds a baseline that stops reporting, or repeats one value, in comparison with most windows of its history.
pub(crate) fn find_silent_baseline(history: &History) -> Option<Silence> {
    let found: Vec<Silence> =
        history.baseline_beside_windows().filter_map(|windows| silence::find(&windows)).collect();
    found.first().copied().filter(|_| 2 * found.len() > history.windows().len())
}

/// Mean of `values`, and the half-width of the prediction interval: the next value is above it with probability
/// `level`.
fn predict(values: &[f64], level: f64) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let t = student::upper_quantile(level.clamp(f64::MIN_POSITIVE, 0.5), n - 1.0);
    let reach = (squares / (n - 1.0)).sqrt() * t * (1.0 + 1.0 / n).sqrt();
    reach.is_finite().then_some((mean, reach))
}

/// Means of clipped points, on the comparison's axis.
struct Means {
    canary: f64,
    baseline: f64,
    windows: Vec<f64>,
}

impl Means {
    fn measure(history: &History, comparison: &Comparison, part: WindowPart) -> Option<Self> {
        if history.windows().is_empty() {
            return None;
        }
        let (mut points, mut ordered) = (Vec::new(), Vec::new());
        let mut mean = |values: &mut dyn Iterator<Item = f64>| {
            points.clear();
            points.extend(values);
            let part = points.get(part.range(points.len()))?;
            clipped_mean(part, comparison.reach, &mut ordered)
        };
        let canary = mean(&mut comparison.x.iter().copied())?;
        let baseline = mean(&mut comparison.y.iter().copied())?;
        let windows = history.windows().iter().filter_map(|window| {
            let finite = window.iter().filter(|value| !value.is_nan());
            mean(&mut finite.map(|value| comparison.axis.coordinate(*value)))
        });
        let windows: Vec<f64> = windows.collect();
        (windows.len() >= p::HISTORY_FEWEST).then_some(Self { canary, baseline, windows })
    }
}

/// The mean of `values`, clipped at `reach` around their median; `None` if it overflows.
fn clipped_mean(values: &[f64], reach: f64, ordered: &mut Vec<f64>) -> Option<f64> {
    let median = Robust::estimate(values, ordered).median;
    let (low, high) = (median - reach, median + reach);
    let mean = values.iter().map(|value| value.clamp(low, high)).sum::<f64>() / values.len() as f64;
    mean.is_finite().then_some(mean)
}
