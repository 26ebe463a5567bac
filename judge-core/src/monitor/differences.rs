//! Tests point by point whether the canary is higher or lower.
//!
//! **Null**: the differences canary − baseline at one time are symmetric around 0, and so are the innovations
//! of their first-order autoregression. This holds if the sides are exchangeable, whatever the distribution of
//! the values. **Bets**: for each of a few AR(1) coefficients, the sign of each whitened difference given its
//! size. This is the exact form of Efron's (1969) and de la Peña's (1999) bound for self-normalised sums of
//! symmetric variables: exp(λx)/cosh(λx). **Autocorrelation**: 1/evidence is the mean of 1/capital over the
//! coefficients, weighted by their likelihood so far, with the mean integrated out. With Gaussian noise this is a Bayes
//! factor. If the sums of the sides look like noise of the same kind, they contribute to the likelihood, too.
//! **Cost**: O(1) a point.

use crate::math;

use super::hypothesis::{COEFFICIENTS, Hypothesis, Turned};

/// Prior probability that both sides are independent series with one autocorrelation and one variance.
const ALIKE: f64 = 0.7;
/// Otherwise the standard deviations of sums and differences differ by a factor whose logarithm is uniform over
/// this range.
const LN_RANGE: f64 = 5.0;

/// Evidence of harm in each direction. If the canary is healthy, the probability that it ever reaches 1/α is at
/// most α.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Evidences {
    pub(super) increase: f64,
    pub(super) decrease: f64,
}

impl Evidences {
    pub(super) const NONE: Self = Self { increase: 1.0, decrease: 1.0 };
}

/// The differences of one metric.
#[derive(Debug, Clone)]
pub(super) struct DifferenceTest {
    count: u64,
    /// Unit that values are divided by, so that their squares do not overflow.
    unit: f64,
    last: Option<Turned>,
    hypotheses: [Hypothesis; COEFFICIENTS.len()],
}

impl DifferenceTest {
    pub(super) fn new() -> Self {
        Self { count: 0, unit: 0.0, last: None, hypotheses: COEFFICIENTS.map(Hypothesis::new) }
    }

    /// Adds a pair of finite values, `steps` steps after the pair before.
    pub(super) fn add(&mut self, canary: f64, baseline: f64, steps: u64) -> Evidences {
        if self.unit == 0.0 {
            // A power of two divides without rounding.
            let size = canary.abs().max(baseline.abs());
            self.unit = f64::from_bits(size.to_bits() & EXPONENT);
        }
        let scaled = |value: f64| {
            let unit = if self.unit > 0.0 { self.unit } else { 1.0 };
            (value / unit).clamp(-LARGEST, LARGEST)
        };
        let (canary, baseline) = (scaled(canary), scaled(baseline));
        let now = Turned { difference: canary - baseline, sum: canary + baseline };
        self.count += 1;
        for hypothesis in &mut self.hypotheses {
            hypothesis.add(self.count, now, self.last, steps.max(1));
        }
        self.last = Some(now);
        self.evidences()
    }

    fn evidences(&self) -> Evidences {
        let weights = self.weights();
        let (mut increase, mut decrease) = (0.0, 0.0);
        for (hypothesis, weight) in self.hypotheses.iter().zip(weights) {
            let (up, down) = hypothesis.capitals();
            increase += weight / up;
            decrease += weight / down;
        }
        Evidences { increase: 1.0 / increase, decrease: 1.0 / decrease }
    }

    /// Posterior weights of the coefficients, with the mean of the differences integrated out.
    fn weights(&self) -> [f64; COEFFICIENTS.len()] {
        if self.count < 2 {
            return normalised(self.hypotheses.each_ref().map(Hypothesis::ln_prior));
        }
        let freedom = self.count as f64 - 1.0;
        let gammas = (math::ln_gamma(0.5 * freedom), math::ln_gamma(freedom));
        let of =
            self.hypotheses.each_ref().map(|hypothesis| hypothesis.likelihoods(self.count, gammas));
        let sums = ln_sum(of.map(|of| of.sums));
        let apart = math::ln((1.0 - ALIKE) / LN_RANGE) + sums;
        let alike = math::ln(ALIKE);
        normalised(of.map(|of| ln_add(of.differences + apart, of.both + alike)))
    }
}

/// The bits of a double's exponent: the largest power of two that is not above it, if it is normal.
const EXPONENT: u64 = 0x7ff0_0000_0000_0000;
/// Values beyond this, in units, are cut.
const LARGEST: f64 = 1e100;

/// ln(eᵃ + eᵇ).
fn ln_add(a: f64, b: f64) -> f64 {
    let (larger, smaller) = if a > b { (a, b) } else { (b, a) };
    larger + math::ln_1p(math::exp(smaller - larger))
}

fn ln_sum(logs: [f64; COEFFICIENTS.len()]) -> f64 {
    let most = logs.into_iter().fold(f64::NEG_INFINITY, f64::max);
    most + math::ln(logs.into_iter().map(|log| math::exp(log - most)).sum::<f64>())
}

fn normalised(logs: [f64; COEFFICIENTS.len()]) -> [f64; COEFFICIENTS.len()] {
    let all = ln_sum(logs);
    logs.map(|log| math::exp(log - all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_of_either_direction_mirrors_the_other_and_knows_no_unit() {
        let (mut one, mut other, mut large) =
            (DifferenceTest::new(), DifferenceTest::new(), DifferenceTest::new());
        for index in 0..50_u32 {
            let (canary, baseline) = (f64::from(index * 37 % 11) + 6.0, f64::from(index * 53 % 13));
            let up = one.add(canary, baseline, 1);
            let down = other.add(baseline, canary, 1);
            let scaled = large.add(1024e200 * canary, 1024e200 * baseline, 1);
            assert!((up.increase / down.decrease - 1.0).abs() < 1e-9, "{up:?} {down:?}");
            assert!((up.increase / scaled.increase - 1.0).abs() < 1e-9, "{up:?} {scaled:?}");
        }
        assert!(one.evidences().increase > 20.0, "{:?}", one.evidences());
    }

    #[test]
    fn equal_sides_are_no_evidence() {
        let mut test = DifferenceTest::new();
        for value in [0.0, 0.0, 5.0, 5.0, 7.0] {
            let of = test.add(value, value, 1);
            assert!(
                (of.increase - 1.0).abs() < 1e-12 && (of.decrease - 1.0).abs() < 1e-12,
                "{of:?}"
            );
        }
    }

    #[test]
    fn seven_signs_are_needed() {
        let mut test = DifferenceTest::new();
        for _ in 0..6 {
            assert!(test.add(9.0, 1.0, 1).increase < 64.0);
        }
    }

    #[test]
    fn after_a_long_gap_autocorrelation_is_forgotten() {
        let mut test = DifferenceTest::new();
        for _ in 0..12 {
            test.add(9.0, 1.0, 1_000_000);
        }
        let apart = test.add(9.0, 1.0, 1_000_000).increase;
        let mut test = DifferenceTest::new();
        for _ in 0..12 {
            test.add(9.0, 1.0, 1);
        }
        assert!(apart > test.add(9.0, 1.0, 1).increase);
    }

    #[test]
    fn no_values_break_it() {
        let extreme = [0.0, f64::MIN_POSITIVE, 5e-324, 1e300, f64::MAX, -f64::MAX, 1.0];
        let mut test = DifferenceTest::new();
        for canary in extreme {
            for baseline in extreme {
                let of = test.add(canary, baseline, u64::MAX);
                assert!(of.increase > 0.0 && of.decrease > 0.0, "{canary} {baseline} {of:?}");
            }
        }
    }
}
