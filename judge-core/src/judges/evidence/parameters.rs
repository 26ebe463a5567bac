//! Every number of the judge, with where it comes from. `docs/evidence-judge-measured.md` says what moving each
//! by a fifth costs.

/// With fewer points a side no arrangement of ranks is rare enough to be harm: of five against five the
/// rarest is one of 252.
pub(crate) const FEWEST: usize = 5;

// Coordinates.

/// Values are clipped at this many robust standard deviations from the median: one spike is not a level.
pub(crate) const CLIP: f64 = 3.0;
/// An infinite value counts as a point beyond the finite ones, by this many times the metric's size.
pub(crate) const INFINITE: f64 = 9.0;
/// If more than this share of the baseline's points is near the canary's median, the baseline visits that value, too. A shift
/// must then show by ranks as well.
pub(crate) const OTHER_LEVEL: f64 = 0.1;
/// A decrease of a metric with a bound (1, or 100 percent) is a share of its distance from the bound if its baseline is within this
/// share of the bound,
pub(crate) const NEAR_BOUND: f64 = 0.05;
/// and a share of its baseline if that is farther away than this: twice as far. It changes nothing on the real series.
pub(crate) const FAR_FROM_BOUND: f64 = 0.1;
/// Rates that are extrapolated, as Prometheus does, may be above their bound by a trifle.
pub(crate) const ABOVE_BOUND: f64 = 1.01;

// Autocorrelation.

/// Prior probability that the points of a side are independent.
pub(crate) const PRIOR_OF_SIDES: f64 = 0.541;
/// That of differences of two sides under one load: most of them are independent. At 15 points this prior decides
/// what can be found at all; from 30 on the points speak.
pub(crate) const PRIOR_OF_DIFFERENCES: f64 = 0.84;

/// Largest p-value that joins others by Cauchy's rule: one near 1 would outweigh any small one.
pub(crate) const LARGEST_P: f64 = 0.9;

/// The p-value by the long-run variance is multiplied by this, because it is a second look at the same shift. Of the changes of
/// drawn practical metrics a cost of 4 finds up to 1.0 percentage points more, one of 6 up to 0.8 fewer; false alarms with φ 0.8
/// (31 points) are 3.4, 3.2 and 3.2 %.
pub(crate) const LONG_RUN_COST: f64 = 5.0;

/// Factor on the p-values of three further looks: at relative differences, at the points that are not clipped, and at the sizes of a
/// sparse metric. It is that of the long-run variance; others were not tried.
pub(crate) const SECOND_LOOK_COST: f64 = 5.0;
/// Largest share of a side that may be clipped for the look at the points that are not. Not measured by itself.
pub(crate) const LEFT_OUT_MOST: f64 = 0.25;

/// Up to this ratio of noises that less traffic explains, both sides count as exchangeable.
pub(crate) const EXCHANGEABLE: f64 = 1.1;

/// The logarithm of the mean step of n points, without the largest tenth, has a variance of about this over n: 1.0 for normal
/// values, 1.8 for exponential ones (drawn).
pub(crate) const STEP_VARIANCE: f64 = 1.25;
/// The part of a ratio of steps that is taken for chance, in squared standard errors. With 1 a healthy canary with a third of the traffic passes
/// more often (5 percentage points), and 4 points more of the changes of spread are taken for it; with 3 the other way round.
pub(crate) const WIDER_BY_CHANCE: f64 = 2.0;
/// Metrics have other shapes: one may vary more than the others by this factor.
pub(crate) const WIDER_MARGIN: f64 = 1.25;
/// A metric may vary more than its own steps show by this factor.
pub(crate) const WIDER_THAN_OWN: f64 = 2.0;

// Shares of a metric's level. They sum to more than 1 because p-values joined by Cauchy's rule, bounds
// and averages over φ are larger than they need be where noise is independent.

pub(crate) const LOCATION_SHARE: f64 = 0.5;
pub(crate) const LOCATION_SHARE_AFTER: f64 = 0.35;
pub(crate) const END_STATE_SHARE: f64 = 0.8;
pub(crate) const END_STATE_SHARE_AFTER: f64 = 0.16;
pub(crate) const BURSTS_SHARE: f64 = 0.5;
pub(crate) const SPREAD_SHARE: f64 = 1.2;
pub(crate) const TAIL_SHARE: f64 = 0.15;
pub(crate) const EXCURSIONS_SHARE: f64 = 1.6;
pub(crate) const EVENTS_SHARE: f64 = 0.7;
/// Largest autocorrelation of events out of a changing traffic: few times say nothing of more. Not measured by itself.
pub(crate) const STRATA_PHI: f64 = 0.9;
/// The limits of a rate ratio are searched up to this distance from the logarithm of the estimate.
pub(crate) const RATIOS_SEARCHED: f64 = 40.0;
/// Halvings of that range.
pub(crate) const RATIO_HALVINGS: usize = 50;
/// The p-value of the number of points with events is multiplied by this where events are counted, too.
pub(crate) const EVENT_POINTS_COST: f64 = 5.0;
pub(crate) const SPARSE_LOCATION_SHARE: f64 = 0.3;

/// Factor on the standard errors of a canary that repeats one value: it counts as half as noisy as its baseline.
pub(crate) const STUCK_WIDENING: f64 = 1.2;

// What matters.

/// Harm must be beyond the allowance with this probability. At one half a change of 0.8 allowances fails
/// in a quarter of the canaries; from 0.66 on a change of 1.5 is missed in more than a tenth.
pub(crate) const LIKELY: f64 = 0.65;
/// A change that is smaller than the smallest that matters by no more than this share is that change,
/// rounded: else the metric's unit would decide.
pub(crate) const ROUNDING: f64 = 1e-9;
/// Below the smallest relative change a shift matters if it is this many standard deviations of the noise
/// and the sides move together.
pub(crate) const PLAIN_SIGHT: f64 = 2.0;
/// Sides with a larger correlation move together,
pub(crate) const TOGETHER: f64 = 0.5;
/// if their differences have a smaller φ: instances that differ for good drift apart and back.
pub(crate) const WHITE: f64 = 0.15;

/// Fewer healthy windows say too little of how much healthy instances differ: t of 2 degrees of freedom is 7.0 at 1 %,
/// of 3 it is 4.5.
pub(crate) const HISTORY_FEWEST: usize = 3;

// Tests.

/// Shares of the window that a change may have lasted for, to its end.
pub(crate) const LATE_SHARES: [f64; 9] = [0.8, 0.7, 0.6, 0.5, 0.4, 0.33, 0.27, 0.22, 0.18];
/// Changes that healed: shares of the window since the change, and since it healed. They last for a half or a quarter
/// of the window, and begin at an eighth of it or later.
pub(crate) const HEALED_SHARES: [(f64, f64); 8] = [
    (0.875, 0.375),
    (0.75, 0.25),
    (0.625, 0.125),
    (0.875, 0.625),
    (0.75, 0.5),
    (0.625, 0.375),
    (0.5, 0.25),
    (0.375, 0.125),
];
/// Nothing with a larger p without autocorrelation needs to be known more exactly.
pub(crate) const UNREMARKABLE: f64 = 0.05;
/// Standard errors of a normal estimate with this p.
pub(crate) const UNREMARKABLE_SCORE: f64 = 1.6448;
/// Points of a change.
pub(crate) const END_STATE_FEWEST: usize = 4;
/// Points before it, and points behind one that healed.
pub(crate) const END_STATE_FEWEST_OTHERS: usize = 3;
/// Unless the sides share their noise, the canary itself rises by at least this share of the change between the sides.
pub(crate) const END_STATE_OWN: f64 = 0.5;
/// Windows that follow each other must also differ by ranks, at this level.
pub(crate) const GATE_AFTER: f64 = 0.05;

/// A difference of more robust standard deviations is large.
pub(crate) const BURST_FROM: f64 = 1.5;
/// Half of the canary's points that are far up are above this share of the baseline's.
pub(crate) const BURST_ABOVE: f64 = 0.98;
/// Differences of fewer robust standard deviations give φ.
pub(crate) const BURST_QUIET: f64 = 2.5;
/// Largest φ of large differences: beyond, few points say nothing of it.
pub(crate) const BURST_PHI: f64 = 0.9;
/// Fewer large differences have no pattern: 2⁻⁷ is 0.008.
pub(crate) const BURST_FEWEST: usize = 7;

/// A smaller ratio of spreads does not show in a graph: √2, twice the variance.
pub(crate) const SPREAD_RATIO: f64 = std::f64::consts::SQRT_2;
/// Deviations are clipped at this many standard deviations: what is beyond is the tail's.
pub(crate) const SPREAD_CLIP: f64 = 3.0;
/// Fewest blocks into which a long series of deviations is divided.
pub(crate) const SPREAD_BLOCKS: usize = 24;
/// Models of volatility: the share that quiet and noisy stretches have of the variance of sizes (1 is a pure
/// autoregression),
pub(crate) const VOLATILITY_SHARES: [f64; 4] = [0.1, 0.3, 0.6, 1.0];
/// and the autoregression's coefficient from one point to the next.
pub(crate) const VOLATILITY_PHIS: [f64; 3] = [0.5, 0.8, 0.93];
/// The models are weighed by at most this many of the last points, so that their cost stays bounded.
pub(crate) const VOLATILITY_POINTS: usize = 240;
/// With fewer points the spread is not compared.
pub(crate) const SPREAD_FEWEST: usize = 8;

/// Points far out get rarer like a power with this exponent, at least.
pub(crate) const TAIL_EXPONENT: f64 = 3.0;
/// Points must be this many times as far out as any of the baseline's.
pub(crate) const TAIL_CLEAR: f64 = 1.5;
/// The same two for sparse metrics, whose few points show their sizes less well. With 3 and 1.5, the test raises 27 more alarms
/// in 31,000 healthy real pairs; with these, 9.
pub(crate) const SPARSE_TAIL_EXPONENT: f64 = 2.0;
pub(crate) const SPARSE_TAIL_CLEAR: f64 = 4.0;
/// Fewer points are no tail.
pub(crate) const TAIL_FEWEST: usize = 3;
/// A point that is this many standard deviations out stands out: Tukey's far-out fence for normal noise.
pub(crate) const STANDS_OUT: f64 = 3.0;
/// Both sides saw one event if the baseline rises within a step by at least this share of the difference.
pub(crate) const SHARED_EVENT: f64 = 0.5;
/// Weight of a point right behind another one that stands out, where those of the baseline are alone.
pub(crate) const FOLLOWING: f64 = 0.3;
/// A baseline with no more distinct values has no tail that could be fitted.
pub(crate) const FEW_VALUES: usize = 4;

/// A point that is this many standard deviations out is bad: one in 44 of normal noise.
pub(crate) const BAD: f64 = 2.0;
/// Fewer bad points have no pattern.
pub(crate) const BAD_FEWEST: usize = 4;

/// Normal quantile of 0.9: the confidence of the limit to how often a bad point of the baseline follows another.
pub(crate) const NINE_OF_TEN: f64 = 1.28;

/// A warm-up is a transient when it is this unlikely to be chance. To leave out a few healthy points costs
/// little, so this is no part of the metric's level.
pub(crate) const WARM_UP_LEVEL: f64 = 0.01;
/// A warm-up has at least this many points,
pub(crate) const WARM_UP_SHORTEST: usize = 2;
/// of which this share stands out,
pub(crate) const WARM_UP_ELEVATED: f64 = 0.75;
/// and this share of its first third,
pub(crate) const WARM_UP_BEGIN: f64 = 0.5;
/// by this many standard deviations of the rest,
pub(crate) const WARM_UP_STANDS_OUT: f64 = 1.0;
/// and its mean is this many times as far from the baseline as that of the rest.
pub(crate) const WARM_UP_CLEAR: f64 = 2.0;
/// Points beyond this many times the baseline's largest excess are never noise.
pub(crate) const FAR: f64 = 2.0;
/// Share of the window that a warm-up may take,
pub(crate) const WARM_UP_LONGEST: f64 = 0.75;
/// and the points that must be left to be judged.
pub(crate) const WARM_UP_REST: usize = 8;
/// At least this many points behind a start show that it is one.
pub(crate) const WARM_UP_LEAST_REST: usize = 4;
/// A start that leaves too little to be judged must be this unlikely to be chance.
pub(crate) const UNSETTLED_LEVEL: f64 = 1e-4;
/// The mean of such a start is this many times as far from the baseline as that of the rest.
pub(crate) const UNSETTLED_CLEAR: f64 = 5.0;
/// Points of a start are clipped at this many standard deviations.
pub(crate) const WARM_UP_CLIP: f64 = 5.0;

/// A canary that has fewer of its points than this share of its baseline's is silent.
pub(crate) const SILENT_SHARE: f64 = 0.75;
/// The end of a window is silent if at least this share of it has no point.
pub(crate) const SILENT_END: f64 = 0.2;
/// Fewer missing or equal points are chance.
pub(crate) const SILENT_FEWEST: usize = 3;
/// A series that repeats one value for at least this share of its points is stuck.
pub(crate) const STUCK_SHARE: f64 = 0.9;

/// A location finding with a p of at most this share of its level explains where points lie: the tail is measured from there.
pub(crate) const LOCATION_IS_KNOWN: f64 = 0.1;

// Classes.

/// Confidence of the intervals that are shown.
pub(crate) const SHOWN: f64 = 0.95;
/// A metric is inconclusive if harm is likely and its p is at most this many times the significance level.
pub(crate) const INCONCLUSIVE_FACTOR: f64 = 4.0;

/// Normal quantile of 0.8: what a passing metric would have found, it finds in four cases of five.
pub(crate) const FOUR_IN_FIVE: f64 = 0.842;
/// A joined p-value reaches a level where that of one comparison is at this share of it, about. Of 200 drawn shifts of the size
/// that should be found in four of five (normal, exponential and Poisson points), 72 to 89 % were at 15 to 60 points; without this
/// factor 65 to 85 %.
pub(crate) const JOINED: f64 = 0.5;
/// Factor on the number of additional points, because the estimate is not the truth. Four cases of five are to be settled:
/// without this factor it was 0.78 to 0.96 of them, at 15, 31 and 60 points with and without an allowance.
pub(crate) const MORE_POINTS: f64 = 1.1;
/// Fewest and most points that are said to settle a metric, in multiples of those that there are.
pub(crate) const TIMES_AS_MANY: (f64, f64) = (1.5, 100.0);

// All metrics together.

/// Of fewer metrics each speaks for itself.
pub(crate) const JOINT_FEWEST: usize = 4;
/// At least this share of the metrics is worse.
pub(crate) const JOINT_WORSE: f64 = 0.75;
/// Each z is clipped at this size, so that no single metric decides, whether worse or better.
pub(crate) const JOINT_CAP: f64 = 3.0;
/// Share of a metric's level.
pub(crate) const JOINT_SHARE: f64 = 0.25;
