//! Ratios of x to y: of means and medians, the shift in percent, and Cohen's d.

use super::distribution::{normal, student};
use super::median_interval::median_interval;
use super::moments::{Scale, mean, sum_of_squares};
use super::superiority::satterthwaite;
use super::{ConfidenceLevel, Interval, Sample, Shift, median};
use crate::math;

/// A ratio of x to y, or a change in percent of y, with its interval.
///
/// Both ends are infinite if y cannot be distinguished from 0 at the confidence level: any ratio is possible
/// then.
///
/// [`mean_ratio`] has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Ratio {
    /// The estimate.
    pub estimate: f64,
    /// Confidence interval of the ratio or percentage.
    pub interval: Interval,
}

/// The shift in percent of y's median: 100 · shift / |median of y|. Positive means up, for negative values as
/// well.
///
/// The interval contains every quotient of a value in the interval of the shift and a value in the exact
/// interval of y's median, both at the confidence level. It has at least its nominal coverage however the two
/// estimates depend on each other, because two errors add up to at most the sum of their sizes. Coverage is
/// close to nominal if y's median is known much better than the shift, relatively; the interval is too wide
/// if the shift is large.
///
/// `None` if y's median is 0: a percentage does not exist then, and the shift itself is the answer. If the
/// interval of the median contains 0, the estimate stands and the interval is unbounded.
///
/// # Cost
/// O(√n).
///
/// # References
/// Fieller (1954), "Some problems in interval estimation", section 4, with the sum of the two reaches in
/// place of the joint normal's; Thompson (1936), eq. 3 (interval of the median).
///
/// # Example
/// ```
/// use judge_core::stats::{ConfidenceLevel, Method, Sample, hodges_lehmann, relative_shift};
/// let x = Sample::new((0..40).map(|k| 210.0 + f64::from(k)).collect())?;
/// let y = Sample::new((0..41).map(|k| 180.0 + f64::from(k)).collect())?;
/// let level = ConfidenceLevel::new(0.95)?;
/// let shift = hodges_lehmann(&x, &y, level, Method::Auto)?;
/// let percent = relative_shift(shift, &y, level).ok_or("the baseline sits at zero")?;
/// assert_eq!(percent.estimate, 100.0 * 29.5 / 200.0);
/// assert!(percent.interval.lower > 8.0 && percent.interval.upper < 24.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn relative_shift(shift: Shift, y: &Sample, level: ConfidenceLevel) -> Option<Ratio> {
    let location = median(y.sorted());
    if location == 0.0 {
        return None;
    }
    let percent = |shift: f64, location: f64| 100.0 * (shift / location.abs());
    let of_y = median_interval(y, level);
    let interval = if of_y.lower > 0.0 || of_y.upper < 0.0 {
        let small = of_y.lower.abs().min(of_y.upper.abs());
        let large = of_y.lower.abs().max(of_y.upper.abs());
        // The widest quotient: divide by the smallest location away from 0, by the largest towards 0.
        let Interval { lower, upper, .. } = shift.interval;
        level.interval(
            percent(lower, if lower < 0.0 { small } else { large }),
            percent(upper, if upper > 0.0 { small } else { large }),
        )
    } else {
        level.unbounded()
    };
    Some(Ratio { estimate: percent(shift.estimate, location), interval })
}

/// Mean of x over mean of y, with Fieller's interval for unequal variances.
///
/// A ratio of means follows totals and outliers. It does *not* say where most values lie: use
/// [`median_ratio`] for that. `None` if y's mean is 0 or a side has fewer than two values. Good for about
/// fifteen values a side and more, or fewer near-normal ones.
///
/// # Cost
/// O(m + n).
///
/// # References
/// Fieller (1954), "Some problems in interval estimation", eq. 9; Tamhane and Logan (2004), "Finding
/// the maximum safe dose level for heteroscedastic data", eq. 3 (degrees of freedom).
///
/// # Example
/// ```
/// use judge_core::stats::{ConfidenceLevel, Sample, mean_ratio};
/// let x = Sample::new(vec![11.0, 12.0, 13.0, 12.0])?;
/// let y = Sample::new(vec![5.5, 6.0, 6.5, 6.0])?;
/// let ratio = mean_ratio(&x, &y, ConfidenceLevel::new(0.95)?).ok_or("no ratio")?;
/// assert_eq!(ratio.estimate, 2.0);
/// assert!(ratio.interval.lower > 1.7 && ratio.interval.upper < 2.3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn mean_ratio(x: &Sample, y: &Sample, level: ConfidenceLevel) -> Option<Ratio> {
    let scale = Scale::from_values(x.sorted().iter().chain(y.sorted()));
    let (x, y) = (Mean::estimate(x, scale)?, Mean::estimate(y, scale)?);
    if y.value == 0.0 {
        return None;
    }
    let estimate = x.value / y.value;
    let y_part = estimate * estimate * y.variance;
    if x.variance + y_part == 0.0 {
        return Some(Ratio { estimate, interval: level.interval(estimate, estimate) });
    }
    // In this order, because the square of a huge ratio overflows.
    let y_to_x = estimate * (y.variance / x.variance).sqrt();
    let df = satterthwaite(1.0 / (1.0 + y_to_x * y_to_x), x.count, y.count);
    let t = student::upper_quantile(level.tail(), df);
    // Share of y's mean that its own error could be; at 1, no ratio is excluded.
    let doubt = t * t * y.variance / (y.value * y.value);
    let interval = if doubt < 1.0 {
        let reach = t / y.value.abs() * ((1.0 - doubt) * x.variance + y_part).sqrt();
        level.interval((estimate - reach) / (1.0 - doubt), (estimate + reach) / (1.0 - doubt))
    } else {
        level.unbounded()
    };
    Some(Ratio { estimate, interval })
}

/// A mean with the variance of its error.
struct Mean {
    count: f64,
    value: f64,
    variance: f64,
}

impl Mean {
    fn estimate(sample: &Sample, scale: Scale) -> Option<Self> {
        let values: Vec<f64> = sample.sorted().iter().map(|&v| scale.down(v)).collect();
        let (count, mean) = (values.len() as f64, mean(&values));
        let variance = sum_of_squares(&values, mean) / (count - 1.0) / count;
        (count >= 2.0).then_some(Self { count, value: mean, variance })
    }
}

/// Median of x over median of y, with an interval from the exact ones of both medians.
///
/// The two intervals are combined on the log scale, as independent ones. `None` if y's median is 0. If one of
/// the two intervals contains 0, or a sample is too small to have one, the interval is unbounded.
///
/// # Cost
/// O(√m + √n).
///
/// # References
/// Donner and Zou (2012), "Closed-form confidence intervals for functions of the normal mean and
/// standard deviation", eq. 9 (recovered variances); Price and Bonett (2002), "Distribution-free
/// confidence intervals for difference and ratio of medians", section 3 (log scale).
///
/// # Example
/// ```
/// use judge_core::stats::{ConfidenceLevel, Sample, median_ratio};
/// let x = Sample::new((0..20).map(|k| 210.0 + f64::from(k)).collect())?;
/// let y = Sample::new((0..20).map(|k| 100.0 + f64::from(k)).collect())?;
/// let ratio = median_ratio(&x, &y, ConfidenceLevel::new(0.95)?).ok_or("no ratio")?;
/// assert_eq!(ratio.estimate, 219.5 / 109.5);
/// assert!(ratio.interval.lower > 1.8 && ratio.interval.upper < 2.2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn median_ratio(x: &Sample, y: &Sample, level: ConfidenceLevel) -> Option<Ratio> {
    let (a, b) = (median(x.sorted()), median(y.sorted()));
    if b == 0.0 {
        return None;
    }
    let estimate = a / b;
    let (of_x, of_y) = (
        LogReach::from_interval(a, median_interval(x, level)),
        LogReach::from_interval(b, median_interval(y, level)),
    );
    let interval = match (of_x, of_y) {
        (Some(x), Some(y)) => {
            let small = estimate.abs() * math::exp(-math::hypot(x.down, y.up));
            let large = estimate.abs() * math::exp(math::hypot(x.up, y.down));
            if estimate > 0.0 {
                level.interval(small, large)
            } else {
                level.interval(-large, -small)
            }
        }
        _ => level.unbounded(),
    };
    Some(Ratio { estimate, interval })
}

/// Distances of the ends of an interval from its estimate, in logs of the absolute value.
struct LogReach {
    down: f64,
    up: f64,
}

impl LogReach {
    fn from_interval(estimate: f64, interval: Interval) -> Option<Self> {
        let (near, far) = if interval.lower > 0.0 {
            (interval.lower, interval.upper)
        } else if interval.upper < 0.0 {
            (-interval.upper, -interval.lower)
        } else {
            return None;
        };
        let size = estimate.abs();
        far.is_finite().then(|| Self { down: math::ln(size / near), up: math::ln(far / size) })
    }
}

/// Cohen's d.
///
/// [`cohens_d`] has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CohensD {
    /// Difference of the means, in pooled standard deviations.
    pub d: f64,
    /// Confidence interval of d, from its large-sample variance.
    pub interval: Interval,
}

/// Cohen's d: by how many pooled standard deviations the means differ.
///
/// It assumes one variance for both sides and little skew; for skewed metrics, [`super::superiority()`] says
/// more. The interval is approximate. `None` with fewer than three values in all, or no variance.
///
/// # Cost
/// O(m + n).
///
/// # References
/// Cohen (1988), *Statistical Power Analysis*, eq. 2.5.1; Hedges and Olkin (1985), *Statistical Methods
/// for Meta-Analysis*, eq. 5.15 (variance).
///
/// # Example
/// ```
/// use judge_core::stats::{ConfidenceLevel, Sample, cohens_d};
/// let x = Sample::new(vec![3.0, 4.0, 5.0])?;
/// let y = Sample::new(vec![1.0, 2.0, 3.0])?;
/// let effect = cohens_d(&x, &y, ConfidenceLevel::new(0.95)?).ok_or("no variance")?;
/// assert_eq!(effect.d, 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cohens_d(x: &Sample, y: &Sample, level: ConfidenceLevel) -> Option<CohensD> {
    let scale = Scale::from_values(x.sorted().iter().chain(y.sorted()));
    let down =
        |sample: &Sample| -> Vec<f64> { sample.sorted().iter().map(|&v| scale.down(v)).collect() };
    let (x, y) = (down(x), down(y));
    let (m, n) = (x.len() as f64, y.len() as f64);
    let (x_mean, y_mean) = (mean(&x), mean(&y));
    let within = sum_of_squares(&x, x_mean) + sum_of_squares(&y, y_mean);
    let df = m + n - 2.0;
    if df < 1.0 || within <= 0.0 {
        return None;
    }
    let d = (x_mean - y_mean) / (within / df).sqrt();
    let error = ((m + n) / (m * n) + d * d / (2.0 * (m + n))).sqrt();
    let reach = normal::upper_quantile(level.tail()) * error;
    Some(CohensD { d, interval: level.interval(d - reach, d + reach) })
}
