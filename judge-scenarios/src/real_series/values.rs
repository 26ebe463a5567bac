//! Location and scale of points with gaps.

use judge_core::stats;

/// Standard deviation of normal noise, in median absolute deviations.
const MAD_TO_SD: f64 = 1.4826;

/// The points that are not gaps.
pub(super) fn finite(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|value| value.is_finite()).collect()
}

/// The median of the finite values; NaN if there is none.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = finite(values);
    sorted.sort_by(f64::total_cmp);
    stats::median(&sorted)
}

/// The mean of the finite values; NaN if there is none.
pub(super) fn mean(values: &[f64]) -> f64 {
    let values = finite(values);
    values.iter().sum::<f64>() / values.len() as f64
}

/// 1.4826 times the median absolute deviation from the median; NaN if there is no value.
pub(super) fn scaled_mad(values: &[f64]) -> f64 {
    let middle = median(values);
    let deviations: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    MAD_TO_SD * median(&deviations)
}

/// [`scaled_mad`], or the standard deviation if more than half of the values are equal.
pub(super) fn robust_sd(values: &[f64]) -> f64 {
    let mad = scaled_mad(values);
    if mad > 0.0 {
        return mad;
    }
    let mean = mean(values);
    let squares: Vec<f64> = finite(values).iter().map(|v| (v - mean) * (v - mean)).collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_left_out() {
        let values = [3.0, f64::NAN, 1.0, 2.0, 10.0];
        assert_eq!((median(&values), mean(&values)), (2.5, 4.0));
        // Deviations from 2.5: 0.5, 0.5, 1.5, 7.5.
        assert_eq!(robust_sd(&values), MAD_TO_SD);
        assert_eq!(robust_sd(&[1.0, 1.0, 1.0, 5.0]), 3.0_f64.sqrt());
        assert_eq!(robust_sd(&[1.0, 1.0]), 0.0);
        assert!(robust_sd(&[f64::NAN]).is_nan() && median(&[]).is_nan() && mean(&[]).is_nan());
    }
}
