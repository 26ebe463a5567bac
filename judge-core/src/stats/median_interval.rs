//! A distribution-free interval for one sample's median.

use super::{ConfidenceLevel, Interval, Sample};

/// From the k-th smallest value to the k-th largest, with the largest k whose binomial tails keep the
/// confidence level; unbounded if even the extremes do not.
///
/// Cost: O(√n). Reference: Thompson (1936), "On confidence ranges for the median and other expectation
/// distributions for populations of unknown distribution form", eq. 3.
pub(super) fn median_interval(sample: &Sample, level: ConfidenceLevel) -> Interval {
    let values = sample.sorted();
    match rank(values.len(), level.tail()) {
        0 => level.unbounded(),
        rank => level.interval(values[rank - 1], values[values.len() - rank]),
    }
}

/// The largest k with P(K ≤ k − 1) ≤ `tail` for K binomial (n, 1/2).
fn rank(n: usize, tail: f64) -> usize {
    // Likelihoods relative to the middle, from there down until they no longer count.
    let middle = n / 2;
    let mut below = Vec::new();
    let mut term = 1.0_f64;
    for k in (0..middle).rev() {
        term *= (k + 1) as f64 / (n - k) as f64;
        if term < f64::MIN_POSITIVE {
            break;
        }
        below.push(term);
    }
    let lower: f64 = below.iter().rev().sum();
    // Symmetric: an odd n has two middle values.
    let total = 2.0 * lower + if n.is_multiple_of(2) { 1.0 } else { 2.0 };
    let mut sum = 0.0;
    let fitting = below
        .iter()
        .rev()
        .take_while(|term| {
            sum += *term;
            sum <= tail * total
        })
        .count();
    middle - below.len() + fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_binomial_tables() {
        // Conover (1999), table A3, p = 0.5: P(K ≤ 1) = 0.0107 and P(K ≤ 2) = 0.0547 of 10;
        // P(K ≤ 5) = 0.0207 and P(K ≤ 6) = 0.0577 of 20; P(K ≤ 0) = 0.0312 of 5.
        for (n, tail, wanted) in [
            (10, 0.025, 2),
            (10, 0.0107, 1),
            (20, 0.025, 6),
            (20, 0.06, 7),
            (5, 0.025, 0),
            (5, 0.032, 1),
        ] {
            assert_eq!(rank(n, tail), wanted, "{n} {tail}");
        }
        // Large samples: n/2 − z √n/2, to within one.
        let approximate = 500_000.0 - 1.959_964 * 500.0;
        assert!((rank(1_000_000, 0.025) as f64 - approximate).abs() <= 1.0);
    }
}
