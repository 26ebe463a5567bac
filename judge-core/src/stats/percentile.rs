//! Percentiles of sorted values.

/// The quantile of `sorted` at `p`, interpolated linearly between order statistics: type 7 of
/// Hyndman and Fan (1996), the default of R and of `NumPy`.
///
/// `sorted` is ascending. The result is in its unit; NaN for no values or a `p` outside 0 to 1. O(1).
///
/// # Example
/// ```
/// use judge_core::stats::percentile;
/// assert_eq!(percentile(&[1.0, 2.0, 3.0, 10.0], 0.5), 2.5);
/// ```
pub fn percentile(sorted: &[f64], p: f64) -> f64 {
    let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
        return f64::NAN;
    };
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    // 1-based, in the order of operations of commons-math, which parity needs to the last bit.
    let position = 1.0 + (sorted.len() - 1) as f64 * p;
    let whole = position.floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to len")]
    let index = whole as usize;
    match (sorted.get(index.wrapping_sub(1)), sorted.get(index)) {
        (Some(&below), Some(&above)) => below + (position - whole) * (above - below),
        (None, _) => first,
        (_, None) => last,
    }
}

/// The median of `sorted`: its middle value, or the midpoint of the two; NaN for no values. O(1).
///
/// # Example
/// ```
/// use judge_core::stats::median;
/// assert_eq!(median(&[1.0, 2.0, 30.0]), 2.0);
/// ```
pub fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match (sorted.get(middle.wrapping_sub(1)), sorted.get(middle)) {
        (Some(&below), Some(&above)) if sorted.len().is_multiple_of(2) => below.midpoint(above),
        (_, Some(&middle)) => middle,
        (_, None) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_seven_as_in_r() {
        // quantile(c(1, 2, 4, 8, 16), p, type = 7) in R 4.2.2.
        let sorted = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (p, expected) in
            [(0.0, 1.0), (0.1, 1.4), (0.25, 2.0), (0.5, 4.0), (0.9, 12.8), (1.0, 16.0)]
        {
            approx::assert_relative_eq!(percentile(&sorted, p), expected, max_relative = 1e-15);
        }
        assert_eq!(percentile(&[7.0], 0.3), 7.0);
        assert!(percentile(&[], 0.5).is_nan());
        assert!(percentile(&sorted, 1.5).is_nan());
    }

    #[test]
    fn the_median_neither_overflows_nor_needs_a_value() {
        assert_eq!(median(&[1e308, 1.5e308]), 1.25e308);
        assert_eq!(median(&[1.0, 2.0, 3.0]), 2.0);
        assert!(median(&[]).is_nan());
    }
}
