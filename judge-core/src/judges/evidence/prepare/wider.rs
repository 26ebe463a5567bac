//! How much more a canary may vary because it has less traffic than its baseline.
//!
//! If the config names no metric that counts the traffic, the other metrics show it: fewer requests widen many metrics alike,
//! whereas trouble widens only the metric that has it.

use crate::judges::evidence::parameters as p;
use crate::math;
use crate::order;
use crate::series::MetricPair;
use crate::sums::sum;

/// How many times as far the canary's neighbouring points are apart as the baseline's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wider {
    pub(crate) ratio: f64,
    /// The standard error of the ratio's logarithm.
    error: f64,
}

impl Wider {
    pub(crate) fn estimate(pair: &MetricPair) -> Option<Self> {
        let (canary, m) = typical_step(&pair.canary.values)?;
        let (baseline, n) = typical_step(&pair.baseline.values)?;
        let error = (p::STEP_VARIANCE * (1.0 / m + 1.0 / n)).sqrt();
        Some(Self { ratio: canary / baseline, error })
    }

    /// The ratio less chance: its logarithm keeps the share 1 − 2/z², where z is its number of standard errors
    /// above 0 (James and Stein 1961). `None` if that share is negative.
    fn without_chance(self) -> Option<f64> {
        let shift = math::ln(self.ratio);
        let z = shift / self.error;
        let kept = 1.0 - p::WIDER_BY_CHANCE / (z * z);
        (z > 0.0 && kept > 0.0).then(|| math::exp(shift * kept))
    }
}

/// Factor by which the points of a metric may vary more than its baseline's, from its own ratio and those of
/// the other metrics. `None` if no other metric varies more.
///
/// The largest ratio of the others counts, so that an additional metric never lowers the factor. The metric's
/// own ratio bounds it: fewer requests widen all points, not only a few.
pub(crate) fn factor(metric: Wider, others: impl Iterator<Item = Wider>) -> Option<f64> {
    let largest = others.filter_map(Wider::without_chance).reduce(f64::max)?;
    let factor = (p::WIDER_MARGIN * largest).min(p::WIDER_THAN_OWN * metric.ratio);
    (factor > 1.0).then_some(factor)
}

/// Mean distance of neighbouring points, without the largest tenth (spikes), and the number of distances.
fn typical_step(values: &[f64]) -> Option<(f64, f64)> {
    let mut steps: Vec<f64> = values
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .filter(|step| step.is_finite())
        .collect();
    if steps.len() < p::SPREAD_FEWEST {
        return None;
    }
    let n = steps.len() as f64;
    let kept = steps.len() - steps.len() / 10;
    order::select(&mut steps, kept - 1);
    let step = sum(&steps[..kept]) / kept as f64;
    (step > 0.0).then_some((step, n))
}

#[cfg(test)]
mod tests {
    use super::{Wider, factor};

    #[test]
    fn one_other_that_clearly_varies_more_is_enough() {
        let wider = |ratio, error| Wider { ratio, error };
        let may_vary = |others: &[Wider]| factor(wider(3.0, 0.2), others.iter().copied());
        assert_eq!(may_vary(&[]), None);
        // 1.1 standard errors are chance.
        assert_eq!(may_vary(&[wider(3.0, 1.0), wider(1.0, 0.1), wider(0.1, 0.1)]), None);
        let much = may_vary(&[wider(1.0, 0.1), wider(3.0, 0.1), wider(2.0, 0.1)]).unwrap();
        assert!(much > 3.0 && much < 1.25 * 3.0, "{much}");
        let little = may_vary(&[wider(3.0, 0.5)]).unwrap();
        assert!(little > 2.0 && little < 3.0, "{little}");
    }

    #[test]
    fn a_metric_whose_own_steps_are_no_larger_may_not_vary_more() {
        let other = Wider { ratio: 5.0, error: 0.1 };
        let factor_for = |ratio| factor(Wider { ratio, error: 0.1 }, [other].into_iter());
        assert_eq!(factor_for(0.5), None);
        assert_eq!(factor_for(1.0), Some(2.0));
    }
}
