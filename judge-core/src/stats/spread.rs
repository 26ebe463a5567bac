//! Tests and ratio of spread (dispersion).

use super::distribution::{normal, student};
use super::moments::{Scale, mean, sum_of_squares};
use super::{ConfidenceLevel, Interval, PValues, Sample, median};
use crate::math;

/// Result of a test of spread.
///
/// [`brown_forsythe`] has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SpreadTest {
    /// Positive if x is more spread out. Its square is the usual statistic (F, or χ² with one degree of
    /// freedom).
    pub statistic: f64,
    /// The p-values; `less` is for x less spread out than y.
    pub p: PValues,
}

/// Absolute deviations from each sample's median, in one power-of-two unit.
struct Deviations {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Deviations {
    fn from_medians(x: &Sample, y: &Sample) -> Self {
        let scale = Scale::from_values(x.sorted().iter().chain(y.sorted()));
        let side = |sample: &Sample| {
            let values: Vec<f64> = sample.sorted().iter().map(|&v| scale.down(v)).collect();
            let middle = median(&values);
            values.into_iter().map(|v| (v - middle).abs()).collect()
        };
        Self { x: side(x), y: side(y) }
    }
}

/// The Brown–Forsythe test (Levene's test around the median): do the mean distances from the median differ?
/// Robust to skew.
///
/// It compares spread, *not* location, and takes values as they are: one gross outlier counts fully. `None`
/// if the distances do not vary, or there are fewer than 3 values in all.
///
/// # Cost
/// O(m + n) once sorted.
///
/// # References
/// Brown and Forsythe (1974), "Robust tests for the equality of variances", eq. 1, statistic W50. For
/// two samples W50 is the square of Student's t, whose sign is kept here.
///
/// # Example
/// ```
/// use judge_core::stats::{Sample, brown_forsythe};
/// let x = Sample::new(vec![0.0, 10.0, 20.0, 30.0, 40.0])?;
/// let y = Sample::new(vec![18.0, 19.0, 20.0, 21.0, 22.0])?;
/// let test = brown_forsythe(&x, &y).ok_or("no variation")?;
/// // Mean distances 12 and 1.2, pooled variance (280 + 2.8) / 8: F = 10.8² / (35.35 · 0.4).
/// assert!((test.statistic.powi(2) - 10.8 * 10.8 / 14.14).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn brown_forsythe(x: &Sample, y: &Sample) -> Option<SpreadTest> {
    let deviations = Deviations::from_medians(x, y);
    let (m, n) = (deviations.x.len() as f64, deviations.y.len() as f64);
    let (x_mean, y_mean) = (mean(&deviations.x), mean(&deviations.y));
    let within = sum_of_squares(&deviations.x, x_mean) + sum_of_squares(&deviations.y, y_mean);
    let df = m + n - 2.0;
    if df <= 0.0 || within <= 0.0 {
        return None;
    }
    let statistic = (x_mean - y_mean) / (within / df * (1.0 / m + 1.0 / n)).sqrt();
    let p = PValues::from_tails(
        student::upper_tail(-statistic, df),
        student::upper_tail(statistic, df),
    );
    Some(SpreadTest { statistic, p })
}

/// The Fligner–Killeen test: do the distances from the median differ, by their ranks? Robust to outliers as
/// well.
///
/// It compares spread, *not* location. It is an approximation for about five values a side and more. `None`
/// if all distances are equal.
///
/// # Cost
/// O((m + n) log(m + n)).
///
/// # References
/// Fligner and Killeen (1976), "Distribution-free two-sample tests for scale"; Conover, Johnson and
/// Johnson (1981), "A comparative study of tests for homogeneity of variances", eq. 2.4 (medians,
/// normal scores).
///
/// # Example
/// ```
/// use judge_core::stats::{Sample, fligner_killeen};
/// let x = Sample::new((0..20).map(|k| f64::from(k * 5)).collect())?;
/// let y = Sample::new((0..20).map(f64::from).collect())?;
/// let test = fligner_killeen(&x, &y).ok_or("no variation")?;
/// assert!(test.statistic > 3.0 && test.p.greater < 0.001);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fligner_killeen(x: &Sample, y: &Sample) -> Option<SpreadTest> {
    struct RankedDeviation {
        deviation: f64,
        of_x: bool,
    }
    let deviations = Deviations::from_medians(x, y);
    let (m, n) = (deviations.x.len() as f64, deviations.y.len() as f64);
    let side = |values: Vec<f64>, of_x: bool| {
        values.into_iter().map(move |deviation| RankedDeviation { deviation, of_x })
    };
    let mut pooled: Vec<RankedDeviation> =
        side(deviations.x, true).chain(side(deviations.y, false)).collect();
    pooled.sort_unstable_by(|a, b| a.deviation.total_cmp(&b.deviation));
    let (mut before, mut x_sum, mut sum, mut squares) = (0, 0.0, 0.0, 0.0);
    for group in pooled.chunk_by(|a, b| a.deviation == b.deviation) {
        let rank = before as f64 + 0.5 * (group.len() as f64 + 1.0);
        let score = normal::upper_quantile(0.5 - rank / (2.0 * (m + n + 1.0)));
        let weight = group.len() as f64;
        x_sum += score * group.iter().filter(|ranked| ranked.of_x).count() as f64;
        sum += score * weight;
        squares += score * score * weight;
        before += group.len();
    }
    let mean = sum / (m + n);
    let variance = (squares - sum * mean) / (m + n - 1.0);
    if variance.is_nan() || pooled.first()?.deviation == pooled.last()?.deviation {
        return None;
    }
    // Σ nᵢ(āᵢ − ā)²/V² for two groups is the square of this.
    let statistic = (x_sum - m * mean) / (variance * m * n / (m + n)).sqrt();
    let p = PValues::from_tails(normal::upper_tail(-statistic), normal::upper_tail(statistic));
    Some(SpreadTest { statistic, p })
}

/// Ratio of the spread of x to the spread of y.
///
/// [`spread_ratio`] has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SpreadRatio {
    /// Mean distance of x from its median, divided by that of y.
    pub ratio: f64,
    /// Of the ratio.
    pub interval: Interval,
}

/// The ratio of mean absolute deviations from the median, x over y, with an interval that does not
/// assume normal data.
///
/// `None` if a side has fewer than two values or does not vary: a ratio to no spread has no interval.
///
/// # Cost
/// O(m + n) once sorted.
///
/// # References
/// Bonett and Seier (2003), "Confidence intervals for mean absolute deviations", eq. 2 (variance), 4
/// (ratio).
///
/// # Example
/// ```
/// use judge_core::stats::{ConfidenceLevel, Sample, spread_ratio};
/// let x = Sample::new((0..20).map(|k| f64::from(k * 5)).collect())?;
/// let y = Sample::new((0..20).map(f64::from).collect())?;
/// let spread = spread_ratio(&x, &y, ConfidenceLevel::new(0.95)?).ok_or("no spread")?;
/// assert!((spread.ratio - 5.0).abs() < 1e-12 && spread.interval.contains(5.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn spread_ratio(x: &Sample, y: &Sample, level: ConfidenceLevel) -> Option<SpreadRatio> {
    let scale = Scale::from_values(x.sorted().iter().chain(y.sorted()));
    let (x, y) = (LogSpread::estimate(x, scale)?, LogSpread::estimate(y, scale)?);
    let log_ratio = x.log_deviation - y.log_deviation;
    let reach = normal::upper_quantile(level.tail()) * (x.variance + y.variance).sqrt();
    let log_corrected = log_ratio + x.log_correction - y.log_correction;
    Some(SpreadRatio {
        ratio: math::exp(log_ratio),
        interval: level
            .interval(math::exp(log_corrected - reach), math::exp(log_corrected + reach)),
    })
}

struct LogSpread {
    log_deviation: f64,
    /// ln(n/(n − 1)), for the bias of a deviation from the sample's own median.
    log_correction: f64,
    /// Of the log of the mean deviation.
    variance: f64,
}

impl LogSpread {
    fn estimate(sample: &Sample, scale: Scale) -> Option<Self> {
        let values: Vec<f64> = sample.sorted().iter().map(|&v| scale.down(v)).collect();
        let n = values.len() as f64;
        let (middle, average) = (median(&values), mean(&values));
        let deviation = values.iter().map(|v| (v - middle).abs()).sum::<f64>() / n;
        if deviation <= 0.0 || n < 2.0 {
            return None;
        }
        let skew = (average - middle) / deviation;
        let variance = sum_of_squares(&values, average) / (n - 1.0);
        let ratio = variance / (deviation * deviation);
        Some(Self {
            log_deviation: math::ln(deviation),
            log_correction: math::ln(n / (n - 1.0)),
            variance: ((ratio + skew * skew - 1.0) / n).max(0.0),
        })
    }
}
