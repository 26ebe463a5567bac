//! Exact tests of proportions and rates: the count of one side given the total of both.

use super::distribution::normal;
use super::root::root;
use super::saddlepoint::{self, Cells, Tails};
use super::{ConfidenceLevel, Interval, PValues};
use crate::math;

/// An outcome that is as likely as the observed one up to rounding counts as equally likely (R's
/// `fisher.test`, `relErr`).
const AS_LIKELY: f64 = 1.0 + 1e-7;
/// Terms below this share of the sum so far no longer matter.
const NEGLIGIBLE: f64 = 1e-18;

/// From this variance on there are too many outcomes to sum, and every cell is so large that an approximation
/// is as good as the sum: to better than 1e-7 of a tail.
const TOO_MANY: f64 = 1e5;

/// The distribution of the number of x's events, given the total.
#[derive(Debug, Clone, Copy)]
pub(super) enum Conditional {
    /// Of `m` and `n` trials: hypergeometric.
    Trials { m: u64, n: u64 },
    /// Exposures with the ratio `odds` of x to y: binomial.
    Exposure { odds: f64 },
}

/// Sums over outcomes, relative to the likelihood of the observed outcome.
struct Sums {
    at_most: f64,
    at_least: f64,
    as_extreme: f64,
    all: f64,
}

/// One observation: `events` of x out of `total` of both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observed {
    pub(super) given: Conditional,
    pub(super) events: u64,
    pub(super) total: u64,
}

impl Sums {
    fn tails(&self) -> Tails {
        Tails {
            at_least: (self.at_least / self.all).min(1.0),
            at_most: (self.at_most / self.all).min(1.0),
        }
    }
}

impl Observed {
    fn smallest(self) -> u64 {
        match self.given {
            Conditional::Trials { n, .. } => self.total.saturating_sub(n),
            Conditional::Exposure { .. } => 0,
        }
    }

    fn largest(self) -> u64 {
        match self.given {
            Conditional::Trials { m, .. } => self.total.min(m),
            Conditional::Exposure { .. } => self.total,
        }
    }

    /// P(K = k + 1)/P(K = k) at a ratio (of odds or rates).
    fn step(self, k: u64, ratio: f64) -> f64 {
        let up = (self.total - k) as f64 / (k + 1) as f64;
        match self.given {
            Conditional::Trials { m, n } => {
                up * ((m - k) as f64 / (n + k + 1 - self.total) as f64) * ratio
            }
            // The product first: each factor may be near the limits of a double.
            Conditional::Exposure { odds } => up * (odds * ratio),
        }
    }

    /// Sums outward from the observed count, as products of ratios. Logarithms of factorials would lose
    /// digits for large counts.
    fn sums(self, ratio: f64) -> Sums {
        let above = OutcomeSums::sum((self.events..self.largest()).map(|k| self.step(k, ratio)));
        let below = OutcomeSums::sum(
            (self.smallest()..self.events).rev().map(|k| 1.0 / self.step(k, ratio)),
        );
        Sums {
            at_most: 1.0 + below.all,
            at_least: 1.0 + above.all,
            as_extreme: 1.0 + below.as_extreme + above.as_extreme,
            all: 1.0 + below.all + above.all,
        }
    }

    /// The p-values for a ratio of 1; two-sided by likelihood: all outcomes no likelier than this one.
    pub(super) fn p_values(self) -> PValues {
        if self.is_vast() {
            let expected = self.expected(1.0);
            let Tails { at_least, at_most } = saddlepoint::tails(self.cells(), expected);
            let two_sided = saddlepoint::as_extreme(self.cells(), expected);
            return PValues { two_sided, less: at_most, greater: at_least };
        }
        let sums = self.sums(1.0);
        let Tails { at_least, at_most } = sums.tails();
        let two_sided = (sums.as_extreme / sums.all).min(1.0);
        PValues { two_sided, less: at_most, greater: at_least }
    }

    fn tails(self, ratio: f64) -> Tails {
        if self.is_vast() {
            saddlepoint::tails(self.cells(), self.expected(ratio))
        } else {
            self.sums(ratio).tails()
        }
    }

    fn is_vast(self) -> bool {
        self.cells().variance() > TOO_MANY
    }

    fn cells(self) -> Cells {
        // In integers: the sum of the margins may exceed what doubles count.
        let y = self.total - self.events;
        let [x_rest, y_rest] = match self.given {
            Conditional::Trials { m, n } => [m - self.events, n - y].map(|rest| rest as f64),
            Conditional::Exposure { .. } => [f64::INFINITY; 2],
        };
        Cells { growing: [self.events as f64, y_rest], shrinking: [y as f64, x_rest] }
    }

    /// The expected table at a ratio (of odds or rates).
    fn expected(self, ratio: f64) -> Cells {
        let total = self.total as f64;
        let x = match self.given {
            Conditional::Exposure { odds } => total / (1.0 + 1.0 / (odds * ratio)),
            Conditional::Trials { m, n } => {
                // x (n − total + x) = ratio (m − x)(total − x), by the root without cancellation.
                let (m, n) = (m as f64, n as f64);
                let (a, b, c) = (1.0 - ratio, n - total + ratio * (m + total), ratio * m * total);
                let root = (b * b + 4.0 * a * c).sqrt();
                if b >= 0.0 { 2.0 * c / (b + root) } else { (root - b) / (2.0 * a) }
            }
        };
        self.cells().moved(x - self.events as f64)
    }

    /// The ratios (of odds or rates) that neither one-sided test rejects at half of 1 − level.
    pub(super) fn interval(self, level: ConfidenceLevel) -> Interval {
        let log_tail = math::ln(level.tail());
        // If the data allow a ratio of 0 or infinity, there is no bound.
        let lower = if self.events == self.smallest() {
            0.0
        } else {
            self.solve(level, -1.0, |tails| math::ln(tails.at_least) - log_tail)
        };
        let upper = if self.events == self.largest() {
            f64::INFINITY
        } else {
            self.solve(level, 1.0, |tails| math::ln(tails.at_most) - log_tail)
        };
        level.interval(lower, upper)
    }

    /// Goes from the estimate in `direction` until `excess` is negative, then finds the crossing.
    fn solve(self, level: ConfidenceLevel, direction: f64, excess: impl Fn(Tails) -> f64) -> f64 {
        let at = |log_ratio: f64| excess(self.tails(math::exp(log_ratio))).max(-f64::MAX);
        let mut start = self.log_estimate();
        let mut width = normal::upper_quantile(level.tail()).max(0.1) * self.log_error();
        // At a level near 0 the estimate itself may lie beyond the limit.
        while at(start) < 0.0 && width < 600.0 {
            start -= direction * width;
            width *= 1.5;
        }
        while at(start + direction * width) > 0.0 && width < 600.0 {
            width *= 1.5;
        }
        math::exp(root(at, start, start + direction * width))
    }

    /// Log ratio of the four cells, with a half added to each so that none is 0; two cells with exposures.
    fn log_estimate(self) -> f64 {
        let x = self.events as f64 + 0.5;
        let y = (self.total - self.events) as f64 + 0.5;
        match self.given {
            Conditional::Trials { m, n } => {
                let x_rest = (m - self.events) as f64 + 0.5;
                let y_rest = (n + self.events - self.total) as f64 + 0.5;
                math::ln(x / y) - math::ln(x_rest / y_rest)
            }
            Conditional::Exposure { odds } => math::ln(x / y) - math::ln(odds),
        }
    }

    fn log_error(self) -> f64 {
        let x = self.events as f64 + 0.5;
        let y = (self.total - self.events) as f64 + 0.5;
        let rest = match self.given {
            Conditional::Trials { m, n } => {
                1.0 / ((m - self.events) as f64 + 0.5)
                    + 1.0 / ((n + self.events - self.total) as f64 + 0.5)
            }
            Conditional::Exposure { .. } => 0.0,
        };
        (1.0 / x + 1.0 / y + rest).sqrt()
    }
}

/// The outcomes on one side of the observed one.
struct OutcomeSums {
    all: f64,
    as_extreme: f64,
}

impl OutcomeSums {
    fn sum(steps: impl Iterator<Item = f64>) -> Self {
        let mut side = Self { all: 0.0, as_extreme: 0.0 };
        let mut term = 1.0;
        for step in steps {
            term *= step;
            side.all += term;
            if term <= AS_LIKELY {
                side.as_extreme += term;
            }
            // Ratios fall from step to step, so from here on the terms fall at least geometrically.
            if !side.all.is_finite() || term < NEGLIGIBLE * (1.0 - step) {
                break;
            }
        }
        side
    }
}
