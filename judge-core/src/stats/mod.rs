//! Two-sample statistics, exact at any scale, at little more than the cost of sorting.
//!
//! A [`Sample`] is checked and sorted once. Every statistic compares samples `x` and `y` and answers for x
//! against y: a positive shift means that x lies above y, a probability of superiority above one half means
//! that x tends to lie above y. Judges pass (canary, baseline).
//!
//! | to know | ask |
//! | --- | --- |
//! | everything about location, in one pass | [`two_sample()`] |
//! | whether x tends to be greater | [`mann_whitney()`], [`brunner_munzel()`] (unequal variances) |
//! | by how much | [`hodges_lehmann()`], [`relative_shift()`] |
//! | how often | [`superiority()`] (CLES, Cliff's δ) |
//! | how large in proportion | [`mean_ratio()`], [`median_ratio()`], [`cohens_d()`] |
//! | whether and by how much x is more spread out | [`brown_forsythe()`], [`fligner_killeen()`], [`spread_ratio()`] |
//! | whether the distributions differ at all | [`kolmogorov_smirnov()`] |
//! | whether events are more frequent | [`two_proportions()`], [`two_rates()`] |
//! | what many p-values say together | [`holm()`], [`benjamini_hochberg()`], [`stouffer()`], [`fisher_combination()`] |
//! | what autocorrelation costs | [`effective_size()`] |
//!
//! No function compares a value with an absolute constant: scaling all values by a power of two scales shifts
//! and intervals, and changes no p-value, to the bit.

mod brunner_munzel;
pub mod comparison;
mod conditional;
mod descriptive;
mod differences;
pub(crate) mod distribution;
mod effective_size;
mod events;
mod hodges_lehmann;
mod kolmogorov_smirnov;
mod mann_whitney;
mod median_interval;
mod moments;
mod multiplicity;
mod options;
mod percentile;
mod rank_targets;
mod ranks;
mod ratios;
mod root;
mod saddlepoint;
mod sample;
mod scratch;
mod selection;
mod spread;
mod staircase;
mod superiority;
mod thinning;
mod tied;
mod two_sample;

#[doc(no_inline)]
pub use crate::interval::{Interval, Shift};
pub use brunner_munzel::{BrunnerMunzel, brunner_munzel};
pub use descriptive::{Moments, moments};
pub use effective_size::{EffectiveSize, effective_size};
pub use events::{
    CountError, Proportion, Rate, TwoProportions, TwoRates, two_proportions, two_rates,
};
pub use hodges_lehmann::hodges_lehmann;
pub use kolmogorov_smirnov::{KolmogorovSmirnov, kolmogorov_smirnov};
pub use mann_whitney::{MannWhitney, mann_whitney};
pub use multiplicity::{PValueError, benjamini_hochberg, fisher_combination, holm, stouffer};
pub use options::{
    Alternative, ConfidenceLevel, ConfidenceLevelError, ExactTooCostly, Method, PValues,
};
pub use percentile::{median, percentile};
pub use ratios::{CohensD, Ratio, cohens_d, mean_ratio, median_ratio, relative_shift};
pub use sample::{Sample, SampleError};
pub use scratch::TwoSampleScratch;
pub use spread::{SpreadRatio, SpreadTest, brown_forsythe, fligner_killeen, spread_ratio};
pub use superiority::{Superiority, superiority};
pub(crate) use two_sample::{Placed, place};
pub use two_sample::{TwoSample, two_sample};
