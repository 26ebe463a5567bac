//! Mean and standard deviation of values in their given order.

/// Mean and standard deviation of some values.
///
/// [`moments`] has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Arithmetic mean; 0 for no values.
    pub mean: f64,
    /// Standard deviation with n − 1 in the denominator; 0 for fewer than two values.
    pub std: f64,
}

/// Mean and standard deviation, each in two passes, summed in the given order. The results are the doubles of
/// commons-math 3.6.1 (`Mean`, `Variance`), which corrects both sums for rounding (Chan, Golub and `LeVeque`
/// 1983, eq. 1.7). O(n).
///
/// Values may be any doubles; overflow gives NaN or infinity.
///
/// # Example
/// ```
/// let moments = judge_core::stats::moments(&[1.0, 2.0, 3.0, 4.0]);
/// assert_eq!(moments.mean, 2.5);
/// assert_eq!(moments.std, (5.0_f64 / 3.0).sqrt());
/// ```
pub fn moments(values: &[f64]) -> Moments {
    if values.is_empty() {
        return Moments { mean: 0.0, std: 0.0 };
    }
    let n = values.len() as f64;
    let rough = sum(values.iter().copied()) / n;
    let mean = rough + sum(values.iter().map(|value| value - rough)) / n;
    if values.len() == 1 {
        return Moments { mean, std: 0.0 };
    }
    let mut squares = 0.0;
    let mut residuals = 0.0;
    for value in values {
        let residual = value - mean;
        squares += residual * residual;
        residuals += residual;
    }
    let variance = (squares - residuals * residuals / n) / (n - 1.0);
    Moments { mean, std: variance.sqrt() }
}

/// The sum from the first value to the last; `Iterator::sum` starts from −0.0.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |total, value| total + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values() {
        assert_eq!(moments(&[]), Moments { mean: 0.0, std: 0.0 });
        assert_eq!(moments(&[3.5]), Moments { mean: 3.5, std: 0.0 });
        assert_eq!(moments(&[7.0; 5]), Moments { mean: 7.0, std: 0.0 });
    }

    #[test]
    fn a_large_offset_costs_no_digits() {
        let moments = moments(&[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]);
        assert_eq!(moments.std, 30.0_f64.sqrt());
    }
}
