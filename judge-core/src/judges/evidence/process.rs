//! A series as level, noise and memory.
//!
//! Metrics remember: a slow minute follows a slow minute. Neighbouring points then say less than two
//! independent ones, and a test that forgets this cries wolf twice as often. The memory is taken to
//! be that of an autoregression of first order, whose variance of a mean is known in closed form.

/// Beyond so many robust standard deviations a point counts as if it were there: one spike is not a
/// level. Huber (1964) has 1.5; at 2.5 a normal mean loses 1 % of its precision.
const CLIP: f64 = 2.5;
/// Memory is never taken to be longer than this: 40 points for one.
const LONGEST: f64 = 0.95;
/// The median of |z| of a standard normal is 1 / 1.4826.
const MAD_TO_SD: f64 = 1.482_602_218_505_602;
/// E|z| of a standard normal is 1 / 1.2533.
const MEAN_DEVIATION_TO_SD: f64 = 1.253_314_137_315_500_3;

/// Level, noise and memory of a series.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Process {
    /// Middle of the points.
    pub(super) median: f64,
    /// Mean after clipping.
    pub(super) mean: f64,
    /// Standard deviation of the noise, outliers clipped.
    pub(super) sd: f64,
    /// The same from the median deviation: moved least by points that stand out.
    pub(super) scale: f64,
    /// Correlation of a point with the one before it, 0 to 0.95.
    pub(super) phi: f64,
}

/// Whether a step in the series is taken for a change rather than for noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Steps {
    /// It is noise: of a baseline everything is.
    Noise,
    /// The best single step is removed first: it would pass for noise and for memory.
    Removed,
}

/// Buffers, and the residuals of the last series described.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// Deviations from the level, or from the levels on both sides of the step; clipped.
    pub(super) residuals: Vec<f64>,
    ordered: Vec<f64>,
}

impl Process {
    /// Describes `values`, in time order. O(n).
    pub(super) fn of(values: &[f64], steps: Steps, workspace: &mut Workspace) -> Self {
        let n = values.len();
        if n == 0 {
            return Self::default();
        }
        let Robust { median, scale } = Robust::of(values, &mut workspace.ordered);
        let reach = if scale > 0.0 { CLIP * scale } else { f64::INFINITY };
        let residuals = &mut workspace.residuals;
        residuals.clear();
        residuals.extend(values.iter().map(|value| (value - median).clamp(-reach, reach)));
        let offset = residuals.iter().sum::<f64>() / n as f64;
        let mut lost = 1.0;
        let split = match steps {
            Steps::Removed => best_split(residuals, offset),
            Steps::Noise => None,
        };
        match split {
            None => residuals.iter_mut().for_each(|r| *r -= offset),
            Some(split) => {
                // Clipping around one middle would shorten a step, and look like noise beyond it.
                lost = SEARCHED_STEP;
                for (part, values) in [(0..split, &values[..split]), (split..n, &values[split..])] {
                    let middle = Robust::of(values, &mut workspace.ordered);
                    let reach = if middle.scale > 0.0 { CLIP * middle.scale } else { reach };
                    let residuals = &mut residuals[part];
                    for (residual, value) in residuals.iter_mut().zip(values) {
                        *residual = (value - middle.median).clamp(-reach, reach);
                    }
                    let mean = residuals.iter().sum::<f64>() / residuals.len() as f64;
                    for residual in residuals {
                        *residual -= mean;
                    }
                }
            }
        }
        let squares: f64 = residuals.iter().map(|r| r * r).sum();
        let products: f64 = residuals.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let raw = if squares > 0.0 { products / squares } else { 0.0 };
        // Deviations from an estimated level correlate less than those from the true one (Kendall
        // 1954; Marriott and Pope 1954), from two levels twice as much less.
        let bias = |phi: f64| lost.min(2.0) * (1.0 + 3.0 * phi) / n as f64;
        let once = (raw + bias(raw.max(0.0))).clamp(0.0, LONGEST);
        let phi = (raw + bias(once)).clamp(0.0, LONGEST);
        // Mean squares shrink by the variance of the mean that was taken out.
        let free = (1.0 - lost * variance_of_mean(n, phi)).max(0.2);
        let variance = squares / n as f64 / free;
        Self { median, mean: median + offset, sd: variance.sqrt(), scale, phi }
    }
}

/// A searched step takes as many degrees of freedom (Hinkley 1971: about three besides the level).
const SEARCHED_STEP: f64 = 3.0;

/// Variance of the mean of `n` consecutive points in units of the variance of one: 1/n without
/// memory.
pub(super) fn variance_of_mean(n: usize, phi: f64) -> f64 {
    let n = n as f64;
    let rest = 1.0 - phi;
    // σ²/n² · [n(1 − φ²) − 2φ(1 − φⁿ)]/(1 − φ)², the sum of all autocovariances.
    (n * (1.0 - phi * phi) - 2.0 * phi * (1.0 - phi.powf(n))) / (n * n * rest * rest)
}

/// Correlation of each value with the one before it, corrected for bias, 0 to 0.95.
pub(super) fn memory(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let products: f64 = values.windows(2).map(|p| (p[0] - mean) * (p[1] - mean)).sum();
    if squares <= 0.0 {
        return 0.0;
    }
    let raw = products / squares;
    (raw + (1.0 + 3.0 * raw.max(0.0)) / n).clamp(0.0, LONGEST)
}

/// The split into two levels that removes most of the squares.
fn best_split(residuals: &[f64], offset: f64) -> Option<usize> {
    /// A level needs so many points.
    const SHORTEST: usize = 3;
    let n = residuals.len();
    let mut sum = 0.0;
    let mut best = (0.0, None);
    for (index, residual) in residuals.iter().enumerate() {
        let before = index as f64;
        if index >= SHORTEST && n - index >= SHORTEST {
            let gain = sum * sum / (before * (n as f64 - before));
            if gain > best.0 {
                best = (gain, Some(index));
            }
        }
        sum += residual - offset;
    }
    best.1
}

/// Middle and spread that a few wild points do not move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Robust {
    pub(super) median: f64,
    /// 1.4826 · median absolute deviation, or from the mean deviation where that is 0.
    pub(super) scale: f64,
}

impl Robust {
    /// Of at least one value, in O(n).
    pub(super) fn of(values: &[f64], ordered: &mut Vec<f64>) -> Self {
        ordered.clear();
        ordered.extend_from_slice(values);
        let median = middle(ordered);
        for value in ordered.iter_mut() {
            *value = (*value - median).abs();
        }
        let mad = middle(ordered);
        let scale = if mad > 0.0 {
            MAD_TO_SD * mad
        } else {
            MEAN_DEVIATION_TO_SD * ordered.iter().sum::<f64>() / ordered.len() as f64
        };
        Self { median, scale }
    }
}

fn middle(values: &mut [f64]) -> f64 {
    let half = values.len() / 2;
    if half >= values.len() {
        return f64::NAN;
    }
    let even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if even {
        let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        lower.midpoint(upper)
    } else {
        upper
    }
}
