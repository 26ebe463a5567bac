//! Middle and spread that a few wild points do not move.

use crate::order;

/// The median of |z| of a standard normal is 1 / 1.4826.
const MAD_TO_SD: f64 = 1.482_602_218_505_602;
/// E|z| of a standard normal is 1 / 1.2533.
const MEAN_DEVIATION_TO_SD: f64 = 1.253_314_137_315_500_3;

/// Middle and spread that a few wild points do not move.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Robust {
    pub(crate) median: f64,
    /// 1.4826 · median absolute deviation, or from the mean deviation where that is 0.
    pub(crate) scale: f64,
}

impl Robust {
    /// Estimates from at least one value, ascending, in O(log n) unless half of them are equal.
    pub(crate) fn estimate_sorted(sorted: &[f64]) -> Self {
        let n = sorted.len();
        let (lower, upper) = (sorted[(n - 1) / 2], sorted[n / 2]);
        let median = if n.is_multiple_of(2) { lower.midpoint(upper) } else { upper };
        let nearest = |count: usize| farthest_of_nearest(sorted, median, count);
        let mad = if n.is_multiple_of(2) {
            nearest(n / 2).midpoint(nearest(n / 2 + 1))
        } else {
            nearest(n / 2 + 1)
        };
        let deviations = sorted.iter().map(|value| (value - median).abs());
        Self { median, scale: scale(mad, deviations) }
    }

    /// Estimates from at least one value, in O(n).
    pub(crate) fn estimate(values: &[f64], ordered: &mut Vec<f64>) -> Self {
        ordered.clear();
        ordered.extend_from_slice(values);
        let median = middle(ordered);
        for value in ordered.iter_mut() {
            *value = (*value - median).abs();
        }
        let mad = middle(ordered);
        Self { median, scale: scale(mad, ordered.iter().copied()) }
    }
}

/// Estimates the standard deviation from the median `mad` of `deviations`, or from their mean if that is 0.
fn scale(mad: f64, deviations: impl ExactSizeIterator<Item = f64>) -> f64 {
    if mad > 0.0 {
        return MAD_TO_SD * mad;
    }
    let n = deviations.len() as f64;
    MEAN_DEVIATION_TO_SD * deviations.sum::<f64>() / n
}

/// Distance between `middle` and the farthest of the `count` values that are nearest to it.
///
/// The nearest values are neighbours in the sorted order. The farther up they begin, the nearer is the first
/// and the farther is the last of them.
fn farthest_of_nearest(sorted: &[f64], middle: f64, count: usize) -> f64 {
    let (mut low, mut high) = (0, sorted.len() - count);
    while low < high {
        let start = usize::midpoint(low, high);
        if middle - sorted[start] > sorted[start + count] - middle {
            low = start + 1;
        } else {
            high = start;
        }
    }
    (middle - sorted[low]).max(sorted[low + count - 1] - middle)
}

fn middle(values: &mut [f64]) -> f64 {
    let half = values.len() / 2;
    if half >= values.len() {
        return f64::NAN;
    }
    let even = values.len().is_multiple_of(2);
    let upper = order::select(values, half);
    if even {
        let lower = values[..half].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        lower.midpoint(upper)
    } else {
        upper
    }
}

#[cfg(test)]
mod tests {
    use super::Robust;

    #[test]
    fn sorted_values_have_the_middle_and_spread_of_the_same_in_any_order() {
        let samples: [&[f64]; 7] = [
            &[3.0],
            &[1.0, 4.0],
            &[5.0, -2.0, 9.0],
            &[7.0, 7.0, 7.0, 7.0, 100.0],
            &[0.5, 0.25, 8.0, -3.0, 0.125, 2.0],
            &[1.0, 2.0, 3.0, 10.0, 20.0, 30.0, 40.0],
            &[-1e9, 1.0, 2.0, 2.0, 2.5, 3.0, 4.0, 1e9],
        ];
        for values in samples {
            let mut sorted = values.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            let (one, other) =
                (Robust::estimate(values, &mut Vec::new()), Robust::estimate_sorted(&sorted));
            assert_eq!((one.median, one.scale), (other.median, other.scale), "{values:?}");
        }
    }
}
