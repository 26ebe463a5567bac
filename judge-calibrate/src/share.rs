//! A measured share of pairs, with its interval.

use serde::Serialize;
use statrs::function::beta::inv_beta_reg;

/// A share of judged pairs with its 95 % interval.
///
/// The interval is Clopper and Pearson's (1934, "The use of confidence or fiducial limits", eq. 1) for `independent`
/// trials, not for the number of pairs: overlapping windows contain less information than separate ones. It covers
/// two errors: a finite number of pairs, and a finite history.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// The share, 0 to 1.
    pub share: f64,
    /// Lower end of its 95 % interval.
    pub lower: f64,
    /// Upper end of its 95 % interval.
    pub upper: f64,
    /// Number of judged pairs.
    pub pairs: usize,
    /// Number of independent trials.
    pub independent: f64,
}

/// Probability beyond each end of the interval.
const TAIL: f64 = 0.025;

impl Share {
    /// Estimates the share of `hits` in `pairs`, which have the information of `independent` trials.
    pub(crate) fn estimate(hits: usize, pairs: usize, independent: f64) -> Self {
        let share = hits as f64 / pairs as f64;
        let (hits, misses) = (share * independent, (1.0 - share) * independent);
        Self {
            share,
            lower: if hits > 0.0 { inv_beta_reg(hits, misses + 1.0, TAIL) } else { 0.0 },
            upper: if misses > 0.0 { inv_beta_reg(hits + 1.0, misses, 1.0 - TAIL) } else { 1.0 },
            pairs,
            independent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_is_clopper_and_pearsons() {
        // SciPy 1.17.1, binomtest(hits, pairs).proportion_ci(0.95, "exact").
        for (hits, pairs, lower, upper) in [
            (3, 20, 0.03207093718554477, 0.37892682654529564),
            (0, 24, 0.0, 0.14247359772258136),
            (24, 24, 0.8575264022774186, 1.0),
            (50, 1000, 0.03733539760466063, 0.06539048791549365),
        ] {
            let share = Share::estimate(hits, pairs, pairs as f64);
            assert!((share.lower - lower).abs() < 1e-12, "{share:?}");
            assert!((share.upper - upper).abs() < 1e-12, "{share:?}");
        }
    }

    #[test]
    fn overlapping_pairs_widen_it() {
        let separate = Share::estimate(50, 1000, 1000.0);
        let overlapping = Share::estimate(50, 1000, 100.0);
        assert!(overlapping.lower < separate.lower && overlapping.upper > separate.upper);
    }
}
