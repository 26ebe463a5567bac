//! The exact null distribution of U.

use std::cmp::Ordering;

use crate::math;
use crate::order;
use crate::stats::ExactTooCostly;

/// Additions allowed when the caller asks for the exact method: about a second.
pub(super) const LIMIT: f64 = 1e9;
/// Arrangements are counted in units of 2¹⁰⁰⁰, so that 2²⁰⁰⁰ of them fit a double.
const ONE: f64 = f64::from_bits((1023 - 1000) << 52);
/// Binary digits that a number of arrangements may have.
const DIGITS: f64 = 2000.0;
/// A cumulative probability that is this close to a tail, relatively, counts as equal (R's `qwilcox` allows
/// for the same rounding).
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// Number of arrangements of the pooled values for each value of 2U.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NullDistribution {
    /// By U up to half of mn without ties, the rest being symmetric; by 2U with ties.
    counts: Vec<f64>,
    total: f64,
    twice_pairs: u64,
    smaller: usize,
    tied: bool,
}

impl NullDistribution {
    /// For sorted sides.
    ///
    /// # Errors
    /// If that takes more than `limit` additions, or more arrangements than a double counts.
    pub(super) fn new(
        x: &[f64],
        y: &[f64],
        tied: bool,
        limit: f64,
    ) -> Result<Self, ExactTooCostly> {
        let (m, n) = (x.len(), y.len());
        let (less, more) = (m.min(n) as f64, m.max(n) as f64);
        let operations =
            if tied { tied_additions(less, more) } else { untied_additions(less, more) };
        let arrangements = math::ln_gamma(less + more + 1.0)
            - math::ln_gamma(less + 1.0)
            - math::ln_gamma(more + 1.0);
        if operations > limit || arrangements > DIGITS * std::f64::consts::LN_2 {
            return Err(ExactTooCostly { m, n, operations, limit });
        }
        let (twice_pairs, smaller) = (2 * (m * n) as u64, m.min(n));
        if tied {
            let mut counts = tied_counts(x, y);
            let total = counts.iter().sum();
            // The same numbers whichever side comes first, to the last bit.
            match m.cmp(&n) {
                Ordering::Less => {}
                Ordering::Equal => symmetrize(&mut counts),
                Ordering::Greater => counts.reverse(),
            }
            return Ok(Self { counts, total, twice_pairs, smaller, tied });
        }
        let counts = untied_counts(m.min(n), m.max(n));
        // The middle value, when mn is even, is its own mirror image.
        let middle = if m * n % 2 == 0 { counts.last().copied().unwrap_or(0.0) } else { 0.0 };
        let total = 2.0 * counts.iter().sum::<f64>() - middle;
        Ok(Self { counts, total, twice_pairs, smaller, tied })
    }

    /// P(2U ≤ `twice_u`), every tail summed from its own end.
    pub(super) fn at_most(&self, twice_u: u64) -> f64 {
        if self.tied {
            let end = index(twice_u).saturating_add(1).min(self.counts.len());
            return self.counts[..end].iter().sum::<f64>() / self.total;
        }
        self.untied_at_most(twice_u / 2)
    }

    /// P(2U ≥ `twice_u`).
    pub(super) fn at_least(&self, twice_u: u64) -> f64 {
        if self.tied {
            let start = index(twice_u).min(self.counts.len());
            return self.counts[start..].iter().rev().sum::<f64>() / self.total;
        }
        self.untied_at_most((self.twice_pairs - twice_u) / 2)
    }

    /// The smallest U with P(U ≤ u) ≥ `tail`, a tail of up to one half, without ties.
    pub(in crate::stats) fn quantile(&self, tail: f64) -> u64 {
        let wanted = tail * (1.0 - ROUNDING) * self.total;
        let mut sum = 0.0;
        let reached = self.counts.iter().position(|count| {
            sum += count;
            sum >= wanted
        });
        reached.unwrap_or(self.counts.len() - 1) as u64
    }

    /// P(U ≤ u), without ties.
    pub(in crate::stats) fn untied_at_most(&self, u: u64) -> f64 {
        let sum_to = |u: u64| self.counts[..=index(u)].iter().sum::<f64>() / self.total;
        let pairs = self.twice_pairs / 2;
        if u >= pairs {
            1.0
        } else if index(u) < self.counts.len() {
            sum_to(u)
        } else {
            1.0 - sum_to(pairs - u - 1)
        }
    }

    /// Whether it holds for all sides of these sizes without ties.
    pub(in crate::stats) fn fits(&self, m: usize, n: usize) -> bool {
        !self.tied && self.smaller == m.min(n) && self.twice_pairs == 2 * (m * n) as u64
    }

    pub(in crate::stats) fn is_tied(&self) -> bool {
        self.tied
    }
}

/// Additions without ties, the smaller side first.
pub(super) fn untied_additions(m: f64, n: f64) -> f64 {
    m * m * n
}

/// Additions with ties at most, the smaller side first.
fn tied_additions(m: f64, n: f64) -> f64 {
    (m + 1.0) * (m + n) * 2.0 * m * n
}

fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Arrangements by U, up to half of mn: the Gaussian binomial coefficient as a product of
/// (1 − q^(n+i))/(1 − q^i), multiplied out in place (Harding 1984).
fn untied_counts(m: usize, n: usize) -> Vec<f64> {
    let half = m * n / 2;
    let mut counts = vec![0.0; half + 1];
    counts[0] = ONE;
    for i in 1..=m {
        for u in (n + i..=half).rev() {
            counts[u] -= counts[u - n - i];
        }
        for u in i..=half {
            counts[u] += counts[u - i];
        }
    }
    counts
}

/// Arrangements by 2U, value by value of the pooled values (the shift algorithm of Streitberg and
/// Röhmel 1986): of t equal values a go to x, in C(t, a) ways; they win against the y below them and
/// draw with the t − a beside them. For the smaller side.
fn tied_counts(x: &[f64], y: &[f64]) -> Vec<f64> {
    let (m, width) = (x.len().min(y.len()), 2 * x.len() * y.len() + 1);
    let mut pooled: Vec<f64> = x.iter().chain(y).copied().collect();
    order::sort(&mut pooled);
    // Row k: k values went to the smaller side so far.
    let mut rows = vec![vec![0.0; width]; m + 1];
    rows[0][0] = ONE;
    let mut seen = 0;
    for group in pooled.chunk_by(|a, b| a == b) {
        let t = group.len();
        // From the top, so that a row is read before values of this group reach it.
        for k in (0..=m).rev() {
            let (sources, target) = rows.split_at_mut(k);
            let target = &mut target[0];
            let mut ways = 1.0;
            for a in 1..=t.min(k) {
                ways *= (t + 1 - a) as f64 / a as f64;
                let from = k - a;
                if from > seen {
                    continue;
                }
                let gain = a * (2 * (seen - from) + t - a);
                let reach = width.saturating_sub(gain);
                for (to, source) in
                    target[gain.min(width)..].iter_mut().zip(&sources[from][..reach])
                {
                    *to += ways * source;
                }
            }
        }
        seen += t;
    }
    rows.swap_remove(m)
}

/// With sides of one size the distribution is symmetric, up to rounding until here.
fn symmetrize(counts: &mut [f64]) {
    let last = counts.len() - 1;
    for k in 0..counts.len() / 2 {
        let mean = counts[k].midpoint(counts[last - k]);
        counts[k] = mean;
        counts[last - k] = mean;
    }
}
