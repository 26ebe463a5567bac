//! The probability of superiority: how often x lies above y.

use super::distribution::student;
use super::ranks::RankSums;
use super::{ConfidenceLevel, Interval, Sample};
use crate::math;

/// How often x lies above y.
///
/// [`superiority`](crate::stats::superiority()) has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Superiority {
    /// A = P(x > y) + P(x = y)/2 over all pairs: from 0 to 1, one half when neither side is above.
    pub probability: f64,
    /// Confidence interval of the probability.
    pub interval: Interval,
}

impl Superiority {
    /// Cliff's δ = 2A − 1 = P(x > y) − P(x < y), from −1 to 1.
    ///
    /// # Example
    /// ```
    /// use judge_core::stats::{ConfidenceLevel, Sample, superiority};
    /// let (x, y) = (Sample::new(vec![2.0, 3.0, 4.0])?, Sample::new(vec![1.0, 2.0])?);
    /// let found = superiority(&x, &y, ConfidenceLevel::new(0.95)?);
    /// assert!((found.cliffs_delta() - 5.0 / 6.0).abs() < 1e-15);
    /// assert!(found.cliffs_delta_interval().contains(found.cliffs_delta()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cliffs_delta(self) -> f64 {
        2.0 * self.probability - 1.0
    }

    /// The interval of Cliff's δ; the example is at [`Self::cliffs_delta`].
    pub fn cliffs_delta_interval(self) -> Interval {
        let Interval { lower, upper, level } = self.interval;
        Interval::new(2.0 * lower - 1.0, 2.0 * upper - 1.0, level)
    }
}

/// The probability that a value of x exceeds a value of y, with ties counting half (CLES, Vargha and
/// Delaney's A), with its interval; Cliff's δ follows from it.
///
/// It is an effect size without a unit: 0.5 means no tendency, 1 means that every x exceeds every y. It does
/// *not* say how far apart the values are, and it is *not* the probability that the canary is worse.
///
/// The interval is symmetric on the logit scale, with Brunner and Munzel's variance, which allows unequal
/// spreads, and Student's t. If that variance is 0 (complete separation, no variation, one value on a side),
/// it is the score interval of Newcombe's method 5.
///
/// # Cost
/// O(m + n) once sorted.
///
/// # References
/// Vargha and Delaney (2000), "A critique and improvement of the CL common language effect size
/// statistics", eq. 13; Brunner and Munzel (2000), "The nonparametric Behrens–Fisher problem", eq. 4.6
/// (variance), 4.11 (degrees of freedom); Newcombe (2006), "Confidence intervals for an effect size
/// measure based on the Mann–Whitney statistic, part 2", method 5; Cliff (1993), "Dominance
/// statistics", eq. 1.
///
/// # Example
/// ```
/// use judge_core::stats::{ConfidenceLevel, Sample, superiority};
/// let x = Sample::new(vec![2.0, 3.0, 4.0])?;
/// let y = Sample::new(vec![1.0, 2.0, 3.0])?;
/// let superiority = superiority(&x, &y, ConfidenceLevel::new(0.95)?);
/// assert_eq!(superiority.probability, 7.0 / 9.0);
/// assert!(superiority.interval.contains(0.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn superiority(x: &Sample, y: &Sample, level: ConfidenceLevel) -> Superiority {
    estimate(RankSums::from_sorted(x.sorted(), y.sorted()), level)
}

/// The same from rank sums.
pub(super) fn estimate(sums: RankSums, level: ConfidenceLevel) -> Superiority {
    let probability = sums.superiority();
    let variance = PlacementVariance::estimate(sums);
    let interval = match variance {
        Some(v) if probability > 0.0 && probability < 1.0 => {
            let quantile = student::upper_quantile(level.tail(), v.df);
            let product = probability * (1.0 - probability);
            let reach = math::exp(quantile * v.variance.sqrt() / product);
            let odds = probability / (1.0 - probability);
            // odds / reach can be as small as 0, odds * reach as large as infinity: both are fine.
            level.interval(odds / (odds + reach), 1.0 / (1.0 + 1.0 / (odds * reach)))
        }
        _ => newcombe(probability, sums, level),
    };
    Superiority { probability, interval }
}

/// The variance of A without assuming equal distributions.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlacementVariance {
    pub(super) variance: f64,
    /// Satterthwaite's degrees of freedom.
    pub(super) df: f64,
}

impl PlacementVariance {
    /// `None` when it cannot be estimated: one value on a side, or no variation at all.
    pub(super) fn estimate(sums: RankSums) -> Option<Self> {
        if sums.m < 2 || sums.n < 2 {
            return None;
        }
        let (m, n) = (sums.m as f64, sums.n as f64);
        let total = u128::from(sums.twice_u);
        // In integers until the difference is taken. Placements are doubled: hence the 4.
        let spread = |count: u64, squares: u128| {
            let k = u128::from(count);
            (k * squares - total * total) as f64 / (4.0 * count as f64 * (count as f64 - 1.0))
        };
        let x_part = spread(sums.m, sums.x_squares) / (m * n * n);
        let y_part = spread(sums.n, sums.y_squares) / (n * m * m);
        let variance = x_part + y_part;
        let df = satterthwaite(x_part / variance, m, n);
        (variance > 0.0).then_some(Self { variance, df })
    }
}

/// Degrees of freedom of a variance to which x, with m values, contributes `share`, and y the rest
/// (Satterthwaite 1946, eq. 17).
pub(super) fn satterthwaite(share: f64, m: f64, n: f64) -> f64 {
    1.0 / (share * share / (m - 1.0) + (1.0 - share) * (1.0 - share) / (n - 1.0))
}

/// The score interval whose ends have the estimate at their limit, by bisection to the last bit.
fn newcombe(probability: f64, sums: RankSums, level: ConfidenceLevel) -> Interval {
    let z = super::distribution::normal::upper_quantile(level.tail());
    let half = 0.5 * (sums.m as f64 + sums.n as f64) - 1.0;
    let within = |theta: f64| {
        let shape = (1.0 - theta) / (2.0 - theta) + theta / (1.0 + theta);
        let variance = theta * (1.0 - theta) / sums.pairs() * (1.0 + half * shape);
        (probability - theta).abs() <= z * variance.sqrt()
    };
    let furthest = |outside: f64| {
        let (mut inside, mut outside) = (probability, outside);
        loop {
            let middle = inside.midpoint(outside);
            if middle == inside || middle == outside {
                return inside;
            }
            if within(middle) {
                inside = middle;
            } else {
                outside = middle;
            }
        }
    };
    level.interval(furthest(0.0), furthest(1.0))
}
