//! How much more a canary may vary because it has less traffic than its baseline.
//!
//! An average, a quantile or a share of n requests has a variance of 1/n: with a tenth of the traffic a healthy canary varies
//! √10 times as much. Where the config names no metric that counts the traffic, the other metrics tell: fewer requests widen many
//! metrics alike, trouble widens the metric that has it.

use crate::judges::evidence::parameters as p;
use crate::math;
use crate::order;
use crate::series::MetricPair;

/// How many times as much as its baseline's points the canary's vary from one to the next, with how many standard errors that
/// is above 1.
pub(crate) fn ratio(pair: &MetricPair) -> Option<(f64, f64)> {
    let (canary, m) = typical_step(&pair.canary.values)?;
    let (baseline, n) = typical_step(&pair.baseline.values)?;
    let ratio = canary / baseline;
    // The logarithm of a median deviation of n normal values has a variance of 1.36/n (Rousseeuw and Croux 1993); steps share
    // their points, which makes it a fifth more; a quarter is allowed for.
    let error = (1.25 * 1.36 * (1.0 / m + 1.0 / n)).sqrt();
    Some((ratio, math::ln(ratio) / error))
}

/// The factor that the [`ratio`]s of the other metrics show: the largest of those that are clearly above 1, with a margin, so
/// that a metric more never takes it back. Nothing where none is.
pub(crate) fn factor_of_others(others: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let clear = others.filter(|(_, z)| *z >= p::CLEARLY_WIDER).map(|(ratio, _)| ratio);
    clear.reduce(f64::max).map(|largest| p::WIDER_MARGIN * largest)
}

/// The median of how far neighbouring points are apart, and how many there are.
fn typical_step(values: &[f64]) -> Option<(f64, f64)> {
    let mut steps: Vec<f64> = values
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .filter(|step| step.is_finite())
        .collect();
    if steps.len() < p::SPREAD_FEWEST {
        return None;
    }
    let middle = steps.len() / 2;
    let step = order::select(&mut steps, middle);
    (step > 0.0).then_some((step, steps.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::factor_of_others;

    #[test]
    fn one_other_that_clearly_varies_more_is_enough() {
        let factor = |others: &[(f64, f64)]| factor_of_others(others.iter().copied());
        assert_eq!(factor(&[]), None);
        assert_eq!(factor(&[(3.0, 1.9), (1.0, 0.0)]), None);
        assert_eq!(factor(&[(1.0, 0.0), (3.0, 2.1), (2.0, 5.0)]), Some(4.5));
    }
}
