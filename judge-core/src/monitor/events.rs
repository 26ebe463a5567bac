//! Tests whether events are more frequent, relative to their exposure.
//!
//! For counts with an exposure and for proportions. **Null**: events come at the same rate per exposure on both
//! sides. Then, given the number of events at a point, the canary's are binomial with the canary's share of the
//! exposure. The rate may change from point to point, as long as it changes on both sides. For proportions they
//! are hypergeometric, and a bet pays no more than with the binomial distribution (Hoeffding 1963, theorem 4).
//! **Bets**: a mixture over a few rate ratios, as in the multinomial tests of Lindon and Malek (2022).
//! **Bursts**: the logarithms of the factors are divided by the dispersion of the points before; by Jensen's
//! inequality a bet then pays still less. **Cost**: O(1) a point.

use crate::math;

use super::differences::Evidences;
use super::wagers::{Wagers, share_bet};

/// Ratios of the rates that are bet on, and their inverses.
const RATIOS: [f64; 3] = [1.25, 1.7, 3.0];
/// Weight of [`FIRST_DISPERSION`] in the estimate of the dispersion, in points.
const PRIOR_POINTS: f64 = 5.0;
const FIRST_DISPERSION: f64 = 3.0;
/// Weight of equal shares in the estimate of the canary's share, in events on each side.
const PRIOR_EVENTS: f64 = 1.0;

/// The events of one point on one side, with their exposure.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventCount {
    pub(super) events: f64,
    pub(super) exposure: f64,
}

/// The events of one metric.
#[derive(Debug, Clone)]
pub(super) struct EventTest {
    count: u64,
    proportion: bool,
    /// Events so far, and the number that could have happened.
    canary: f64,
    baseline: f64,
    expected: f64,
    exposure: f64,
    /// Sum of the squared deviations from the canary's share, in variances, and their number.
    squares: f64,
    squared: f64,
    increase: Wagers<{ RATIOS.len() }>,
    decrease: Wagers<{ RATIOS.len() }>,
}

impl EventTest {
    pub(super) fn new(proportion: bool) -> Self {
        Self {
            count: 0,
            proportion,
            canary: 0.0,
            baseline: 0.0,
            expected: 0.0,
            exposure: 0.0,
            squares: 0.0,
            squared: 0.0,
            increase: Wagers::new(),
            decrease: Wagers::new(),
        }
    }

    /// Adds the counts of a point. Values that are no counts (below 0, or too large) are ignored.
    pub(super) fn add(&mut self, canary: EventCount, baseline: EventCount) -> Evidences {
        let counts = |side: EventCount| {
            side.events >= 0.0
                && side.exposure > 0.0
                && side.events <= LARGEST
                && side.exposure <= LARGEST
                && (!self.proportion || side.events <= side.exposure)
        };
        if counts(canary) && counts(baseline) {
            self.count += 1;
            self.bet(canary, baseline);
        }
        self.evidences()
    }

    fn bet(&mut self, canary: EventCount, baseline: EventCount) {
        // If events are the more frequent outcome, bet on their complement: a rise of one is a fall of the
        // other.
        let turned = self.proportion && 2.0 * (self.canary + self.baseline) > self.exposure;
        let events = |side: EventCount| {
            if turned { side.exposure - side.events } else { side.events }
        };
        let (x, y) = (events(canary), events(baseline));
        let exposure = canary.exposure + baseline.exposure;
        let share = canary.exposure / exposure;
        let dispersion = self.dispersion();
        let factor = |ratio: f64| {
            let odds = math::ln(share * ratio + 1.0 - share);
            math::exp((x * math::ln(ratio) - (x + y) * odds) / dispersion)
        };
        let (more, less) = (RATIOS.map(factor), RATIOS.map(|ratio| factor(1.0 / ratio)));
        let (up, down) = if turned { (less, more) } else { (more, less) };
        let moved = share_bet(self.count);
        self.increase.pay(moved, up);
        self.decrease.pay(moved, down);
        self.learn(canary, baseline, share);
    }

    /// Dispersion: the variance of the points so far, relative to binomial counts.
    fn dispersion(&self) -> f64 {
        let squares = PRIOR_POINTS * FIRST_DISPERSION + self.squares;
        (squares / (PRIOR_POINTS + self.squared)).max(1.0)
    }

    fn learn(&mut self, canary: EventCount, baseline: EventCount, share: f64) {
        let all = canary.events + baseline.events;
        // The share of the points before, so that a steady difference does not count as dispersion.
        let (seen, total) = (self.canary + PRIOR_EVENTS, self.canary + self.baseline);
        let expected = self.expected + PRIOR_EVENTS;
        let ratio = seen * (total - self.expected + PRIOR_EVENTS)
            / (expected * (self.baseline + PRIOR_EVENTS));
        let p = share * ratio / (share * ratio + 1.0 - share);
        let variance = all * p * (1.0 - p);
        if variance > 0.0 {
            let off = canary.events - all * p;
            self.squares += off * off / variance;
            self.squared += 1.0;
        }
        self.canary += canary.events;
        self.baseline += baseline.events;
        self.expected += all * share;
        self.exposure += canary.exposure + baseline.exposure;
    }

    fn evidences(&self) -> Evidences {
        Evidences { increase: self.increase.capital(), decrease: self.decrease.capital() }
    }
}

/// Larger values are no counts.
const LARGEST: f64 = 1e15;

#[cfg(test)]
mod tests {
    use super::*;

    fn run(proportion: bool, points: u32, canary: (f64, f64), baseline: (f64, f64)) -> Evidences {
        let mut test = EventTest::new(proportion);
        let counted = |(events, exposure): (f64, f64)| EventCount { events, exposure };
        for _ in 1..points {
            test.add(counted(canary), counted(baseline));
        }
        test.add(counted(canary), counted(baseline))
    }

    #[test]
    fn harm_is_distinguished_from_healthy_rates() {
        // The canary has a tenth of the traffic.
        let healthy = run(false, 60, (2.0, 100.0), (20.0, 1000.0));
        assert!(healthy.increase < 1.5 && healthy.decrease < 1.5, "{healthy:?}");
        let harm = run(false, 60, (6.0, 100.0), (20.0, 1000.0));
        assert!(harm.increase > 1e6 && harm.decrease < 1.0, "{harm:?}");
        let fewer = run(false, 60, (0.0, 100.0), (20.0, 1000.0));
        assert!(fewer.decrease > 1e6, "{fewer:?}");
    }

    #[test]
    fn a_share_near_one_is_judged_by_what_is_missing() {
        let harm = run(true, 60, (997.0, 1000.0), (999.0, 1000.0));
        assert!(harm.decrease > 1e3 && harm.increase < 1.0, "{harm:?}");
    }

    #[test]
    fn values_that_are_no_counts_are_left_out() {
        let mut test = EventTest::new(true);
        for (events, exposure) in [(-1.0, 5.0), (6.0, 5.0), (0.0, 0.0), (f64::MAX, f64::MAX)] {
            let of = test
                .add(EventCount { events, exposure }, EventCount { events: 1.0, exposure: 5.0 });
            assert_eq!(of, EventTest::new(true).evidences());
        }
    }
}
