//! Effective sample size of an autocorrelated series.

use super::SampleError;
use super::moments::{Scale, mean};

/// Effective sample size of a series.
///
/// [`effective_size`](crate::stats::effective_size()) has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct EffectiveSize {
    /// Number of independent points with the same information about the mean: from 1 to the number of points.
    pub size: f64,
    /// Variance of the mean, divided by its variance for as many independent points; at least 1.
    pub variance_inflation: f64,
}

/// How often the bias correction of the sample autocorrelations is repeated.
const CORRECTIONS: u32 = 2;
/// Number of lags, in square roots of the length. Larger lags carry little information.
const LAGS_PER_ROOT: f64 = 10.0;

/// Effective sample size of `series`, in time order and without gaps, and the variance inflation that a test
/// for independent points ignores.
///
/// Divide the z of such a test by the square root of the inflation (the mean of both sides). Negative
/// correlation counts as none: the effective size is never above the number of points. With 15 points the
/// estimate is coarse: at a true autocorrelation of 0.6 it recovers most of the inflation, at 0.8 about two
/// thirds. Drift counts as autocorrelation.
///
/// Autocorrelations are summed in pairs while the sums are positive; no pair counts more than the one before
/// (Geyer's initial monotone sequence). Each is raised by inflation / n, the bias from using the sample's own
/// mean, in two rounds. A constant series has its full size: it shows no correlation.
///
/// # Cost
/// O(n · lags until the sum ends), at most O(n√n).
///
/// # Errors
/// When there is no value, or one is NaN or infinite.
///
/// # References
/// Geyer (1992), "Practical Markov chain Monte Carlo", section 3.3; Bayley and Hammersley (1946), "The
/// 'effective' number of independent observations in an autocorrelated time series", eq. 1; Marriott
/// and Pope (1954), "Bias in the estimation of autocorrelations", eq. 2.
///
/// # Example
/// ```
/// use judge_core::stats::effective_size;
/// // Each value four times in a row: a quarter as many independent points, about.
/// let series: Vec<f64> = (0..240_i32).map(|k| f64::from((k / 4).pow(2) * 37 % 61)).collect();
/// let effective = effective_size(&series)?;
/// assert!(effective.size > 40.0 && effective.size < 80.0, "{effective:?}");
/// # Ok::<(), judge_core::stats::SampleError>(())
/// ```
pub fn effective_size(series: &[f64]) -> Result<EffectiveSize, SampleError> {
    if series.is_empty() {
        return Err(SampleError::Empty);
    }
    if let Some((index, &value)) = series.iter().enumerate().find(|(_, v)| !v.is_finite()) {
        return Err(SampleError::NotFinite { index, value });
    }
    let n = series.len() as f64;
    let mut autocorrelation = Autocorrelation::new(series);
    let mut inflation = autocorrelation.inflation(0.0);
    for _ in 0..CORRECTIONS {
        inflation = autocorrelation.inflation(inflation.min(n / 2.0) / n);
    }
    let inflation = inflation.clamp(1.0, n);
    Ok(EffectiveSize { size: n / inflation, variance_inflation: inflation })
}

/// Autocorrelations, each computed when it is first needed.
struct Autocorrelation {
    deviations: Vec<f64>,
    squares: f64,
    known: Vec<f64>,
    lags: usize,
}

impl Autocorrelation {
    fn new(series: &[f64]) -> Self {
        let scale = Scale::from_values(series.iter());
        let scaled: Vec<f64> = series.iter().map(|&v| scale.down(v)).collect();
        let centre = mean(&scaled);
        // Scaled again, because deviations can be far smaller than the values.
        let mut deviations: Vec<f64> = scaled.iter().map(|v| v - centre).collect();
        let scale = Scale::from_values(deviations.iter());
        for deviation in &mut deviations {
            *deviation = scale.down(*deviation);
        }
        let constant = series.iter().all(|v| *v == series[0]);
        let squares = if constant { 0.0 } else { deviations.iter().map(|d| d * d).sum() };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 10 times the root of a length"
        )]
        let most = (LAGS_PER_ROOT * (series.len() as f64).sqrt()) as usize;
        Self { deviations, squares, known: Vec::new(), lags: most.min(series.len() / 2) }
    }

    fn at(&mut self, lag: usize) -> f64 {
        while self.known.len() <= lag {
            let lagged = self.deviations.iter().skip(self.known.len());
            let sum: f64 = self.deviations.iter().zip(lagged).map(|(a, b)| a * b).sum();
            self.known.push(sum / self.squares);
        }
        self.known[lag]
    }

    /// 1 + 2 Σ ρ over the initial monotone sequence, each ρ raised by `bias`.
    fn inflation(&mut self, bias: f64) -> f64 {
        if self.squares == 0.0 {
            return 1.0;
        }
        let (mut sum, mut last) = (0.0, f64::INFINITY);
        for lag in (0..self.lags).step_by(2) {
            let pair = (self.at(lag) + bias).min(1.0) + (self.at(lag + 1) + bias).min(1.0);
            if pair <= 0.0 {
                break;
            }
            last = pair.min(last);
            sum += last;
        }
        (2.0 * sum - 1.0).max(1.0)
    }
}
