//! Sums over series.
//!
//! An addition has to wait for the one before it, about four cycles. So each function adds up eight sums side by side, and
//! joins them at the end.

const SUMS: usize = 8;

/// Σ vᵢ.
pub(crate) fn sum(values: &[f64]) -> f64 {
    sum_of(values, |value| value)
}

/// Σ term(vᵢ).
pub(crate) fn sum_of(values: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    let (blocks, rest) = values.as_chunks::<SUMS>();
    let mut sums = [0.0; SUMS];
    for block in blocks {
        for (sum, value) in sums.iter_mut().zip(block) {
            *sum += term(*value);
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *sum += term(*value);
    }
    total(sums)
}

/// Σ aᵢbᵢ, over as many values as the shorter has.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (a[..n].as_chunks::<SUMS>(), b[..n].as_chunks::<SUMS>());
    let mut sums = [0.0; SUMS];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    for (sum, (a, b)) in sums.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *sum += a * b;
    }
    total(sums)
}

/// Σ (i − center) vᵢ, where i counts from 0.
pub(crate) fn first_moment(values: &[f64], center: f64) -> f64 {
    let (blocks, rest) = values.as_chunks::<SUMS>();
    let mut sums = [0.0; SUMS];
    let mut times: [f64; SUMS] = std::array::from_fn(|lane| lane as f64 - center);
    for block in blocks {
        for ((sum, time), value) in sums.iter_mut().zip(&mut times).zip(block) {
            *sum += *time * value;
            *time += SUMS as f64;
        }
    }
    for ((sum, time), value) in sums.iter_mut().zip(times).zip(rest) {
        *sum += time * value;
    }
    total(sums)
}

fn total([a, b, c, d, e, f, g, h]: [f64; SUMS]) -> f64 {
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{dot, first_moment, sum, sum_of};

    proptest! {
        /// Whole numbers are added without rounding, in any order.
        #[test]
        fn sums_are_those_of_one_value_after_the_other(values in vec((-1000..1000_i32, -1000..1000_i32), 0..40)) {
            let (a, b): (Vec<f64>, Vec<f64>) = values.iter().map(|(a, b)| (f64::from(*a), f64::from(*b))).unzip();
            prop_assert_eq!(sum(&a), a.iter().sum::<f64>() + 0.0);
            prop_assert_eq!(sum_of(&a, f64::abs), a.iter().map(|a| a.abs()).sum::<f64>() + 0.0);
            let products = a.iter().zip(&b).map(|(a, b)| a * b);
            prop_assert_eq!(dot(&a, &b), products.clone().sum::<f64>() + 0.0);
            let shorter = a.len().saturating_sub(1);
            prop_assert_eq!(dot(&a, &b[..shorter]), products.take(shorter).sum::<f64>() + 0.0);
            let moments = a.iter().enumerate().map(|(i, a)| (i as f64 - 3.5) * a);
            prop_assert_eq!(first_moment(&a, 3.5), moments.sum::<f64>() + 0.0);
        }
    }
}
