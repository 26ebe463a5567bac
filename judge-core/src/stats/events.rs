//! Tests of proportions (events out of trials) and of rates (events over an exposure).

use super::conditional::{Conditional, Observed};
use super::distribution::normal;
use super::{ConfidenceLevel, Interval, PValues};
use crate::math;
use thiserror::Error;

/// Events out of trials, such as failures out of requests.
///
/// [`Proportion::new`] and [`two_proportions`] have examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proportion {
    events: u64,
    trials: u64,
}

/// Events over an exposure, such as restarts over pod-hours.
///
/// [`Rate::new`] and [`two_rates`] have examples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    events: u64,
    exposure: f64,
}

/// Why counts are no [`Proportion`] or [`Rate`].
///
/// # Example
/// ```
/// use judge_core::stats::{CountError, Proportion, Rate};
///
/// let error = Proportion::new(5, 4).unwrap_err();
/// assert_eq!(error, CountError::MoreEventsThanTrials { events: 5, trials: 4 });
/// assert_eq!(Rate::new(5, 0.0).unwrap_err(), CountError::Exposure(0.0));
/// ```
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum CountError {
    /// More events than trials.
    #[error("events are counted among trials: at most {trials}, got {events}")]
    MoreEventsThanTrials {
        /// Events.
        events: u64,
        /// Trials.
        trials: u64,
    },
    /// There are no trials.
    #[error("a proportion needs at least 1 trial, got 0")]
    NoTrials,
    /// The exposure is not above 0 and finite.
    #[error("exposure is finite and above 0, got {0}")]
    Exposure(f64),
    /// There are more than doubles count exactly.
    #[error("counts go up to 2^53, got {0}")]
    TooMany(u64),
}

/// Doubles hold counts up to this one exactly.
const LARGEST: u64 = 1 << 53;

impl Proportion {
    /// `events` out of `trials`.
    ///
    /// # Errors
    /// When there are no trials, more events than trials, or more than 2⁵³ trials.
    ///
    /// # Example
    /// ```
    /// use judge_core::stats::Proportion;
    /// assert_eq!(Proportion::new(3, 1000)?.value(), 0.003);
    /// assert!(Proportion::new(3, 2).is_err());
    /// # Ok::<(), judge_core::stats::CountError>(())
    /// ```
    pub fn new(events: u64, trials: u64) -> Result<Self, CountError> {
        match (events, trials) {
            (_, 0) => Err(CountError::NoTrials),
            _ if trials > LARGEST => Err(CountError::TooMany(trials)),
            _ if events > trials => Err(CountError::MoreEventsThanTrials { events, trials }),
            _ => Ok(Self { events, trials }),
        }
    }

    /// Events per trial.
    pub fn value(self) -> f64 {
        self.events as f64 / self.trials as f64
    }

    /// Wilson's score interval.
    fn wilson(self, level: ConfidenceLevel) -> Interval {
        let z = normal::upper_quantile(level.tail());
        let (k, n) = (self.events as f64, self.trials as f64);
        let z2 = z * z;
        let middle = (k + z2 / 2.0) / (n + z2);
        let reach = z / (n + z2) * (k * (n - k) / n + z2 / 4.0).sqrt();
        level.interval((middle - reach).max(0.0), (middle + reach).min(1.0))
    }
}

impl Rate {
    /// `events` over `exposure`, in any unit that both sides share.
    ///
    /// # Errors
    /// When the exposure is not finite and above 0, or events are more than 2⁵³.
    ///
    /// # Example
    /// ```
    /// use judge_core::stats::Rate;
    /// assert_eq!(Rate::new(6, 1.5)?.value(), 4.0);
    /// assert!(Rate::new(6, 0.0).is_err());
    /// # Ok::<(), judge_core::stats::CountError>(())
    /// ```
    pub fn new(events: u64, exposure: f64) -> Result<Self, CountError> {
        if events > LARGEST {
            Err(CountError::TooMany(events))
        } else if exposure > 0.0 && exposure.is_finite() {
            Ok(Self { events, exposure })
        } else {
            Err(CountError::Exposure(exposure))
        }
    }

    /// Events per unit of exposure.
    pub fn value(self) -> f64 {
        self.events as f64 / self.exposure
    }
}

/// Result of [`two_proportions`], which has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TwoProportions {
    /// Proportion of x minus proportion of y.
    pub difference: f64,
    /// Of the difference, Newcombe's hybrid score interval: approximate.
    pub difference_interval: Interval,
    /// x's odds over y's; infinite when y has no odds, `None` when neither has.
    pub odds_ratio: Option<f64>,
    /// Of the odds ratio: exact, conditional on the total of events.
    pub odds_ratio_interval: Interval,
    /// Fisher's exact p-values.
    pub p: PValues,
}

/// Fisher's exact test: are events more frequent among the trials of x than among those of y?
///
/// Trials are assumed to be independent: bursts of related failures make the p-values too small. The
/// two-sided p-value sums the outcomes that are no likelier than the observed one, and the interval inverts
/// two one-sided tests, so the two can disagree near the limit.
///
/// # Cost
/// O(√events), and O(1) where every cell is over some 100,000: there the tails are saddlepoint
/// approximations, good to 1e-7 of a tail. The interval costs some tens of times that.
///
/// # References
/// Fisher (1935), "The logic of inductive inference", p. 48; Cornfield (1956), "A statistical problem
/// arising from retrospective studies" (odds-ratio limits); Newcombe (1998), "Interval estimation for
/// the difference between independent proportions", method 10.
///
/// # Example
/// ```
/// use judge_core::stats::{ConfidenceLevel, Proportion, two_proportions};
/// // Fisher's tea: 3 of 4 against 1 of 4.
/// let (x, y) = (Proportion::new(3, 4)?, Proportion::new(1, 4)?);
/// let test = two_proportions(x, y, ConfidenceLevel::new(0.95)?);
/// assert!((test.p.greater - 17.0 / 70.0).abs() < 1e-15);
/// assert_eq!(test.odds_ratio, Some(9.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn two_proportions(x: Proportion, y: Proportion, level: ConfidenceLevel) -> TwoProportions {
    let observed = Observed {
        given: Conditional::Trials { m: x.trials, n: y.trials },
        events: x.events,
        total: x.events + y.events,
    };
    let difference = x.value() - y.value();
    let (xi, yi) = (x.wilson(level), y.wilson(level));
    let difference_interval = level.interval(
        difference - math::hypot(x.value() - xi.lower, yi.upper - y.value()),
        difference + math::hypot(xi.upper - x.value(), y.value() - yi.lower),
    );
    let cross = |p: Proportion, q: Proportion| p.events as f64 * (q.trials - q.events) as f64;
    let odds_ratio = cross(x, y) / cross(y, x);
    TwoProportions {
        difference,
        difference_interval,
        odds_ratio: (!odds_ratio.is_nan()).then_some(odds_ratio),
        odds_ratio_interval: observed.interval(level),
        p: observed.p_values(),
    }
}

/// Result of [`two_rates`], which has an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TwoRates {
    /// x's rate over y's; infinite when y has no event, `None` when neither has.
    pub ratio: Option<f64>,
    /// Of the ratio: exact, conditional on the total of events.
    pub interval: Interval,
    /// Exact conditional p-values.
    pub p: PValues,
}

/// The exact conditional test of two Poisson rates: do events come at a higher rate in x than in y?
///
/// Given the total, the count of x is binomial. Counts that vary more than Poisson counts (bursts) make the
/// p-values too small.
///
/// # Cost
/// O(√events), and O(1) where every cell is over some 100,000: there the tails are saddlepoint
/// approximations, good to 1e-7 of a tail. The interval costs some tens of times that.
///
/// # References
/// Przyborowski and Wilenski (1940), "Homogeneity of results in testing samples from Poisson series",
/// section 3; Clopper and Pearson (1934), "The use of confidence or fiducial limits" (limits).
///
/// # Example
/// ```
/// use judge_core::stats::{ConfidenceLevel, Rate, two_rates};
/// let (x, y) = (Rate::new(5, 1.0)?, Rate::new(0, 1.0)?);
/// let test = two_rates(x, y, ConfidenceLevel::new(0.95)?);
/// assert!((test.p.greater - 1.0 / 32.0).abs() < 1e-16);
/// assert_eq!(test.ratio, Some(f64::INFINITY));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn two_rates(x: Rate, y: Rate, level: ConfidenceLevel) -> TwoRates {
    let observed = Observed {
        given: Conditional::Exposure { odds: x.exposure / y.exposure },
        events: x.events,
        total: x.events + y.events,
    };
    let ratio = x.value() / y.value();
    TwoRates {
        ratio: (!ratio.is_nan()).then_some(ratio),
        interval: observed.interval(level),
        p: observed.p_values(),
    }
}
