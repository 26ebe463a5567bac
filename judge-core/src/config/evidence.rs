//! Settings of `EvidenceJudge-v1` that Kayenta's schema does not have.
//!
//! The defaults fit most canaries.

// To add a setting: a field of `EvidenceConfig` here and of `EvidenceSettings` with its range, a key in
// kayenta/evidence.rs, a field of the contract, and its conversion in the service.
mod settings;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use super::range::{Fraction, NonNegative};
pub use super::word::SettingWord;
pub use settings::{EvidenceSettings, JointSettings, KindWord, MetricEvidenceSettings};

use crate::stats::ConfidenceLevel;
use crate::test_kind::TestKind;

/// Probability that a healthy metric passes. A healthy metric that is judged alone fails once in 100 canaries.
/// [`AcrossMetrics`] lowers the rate when there are several: of ten healthy metrics, one fails in 3 % of the canaries.
pub const DEFAULT_CONFIDENCE: ConfidenceLevel = ConfidenceLevel::constant(0.99);

/// Points at the start of each series that are not judged.
const DEFAULT_WARM_UP: usize = 0;

/// The smallest change that matters if the effect size does not allow any.
///
/// A change is too small if it is below any of the three.
///
/// # Example
/// ```
/// use judge_core::config::evidence::{MinimumChange, NonNegative};
///
/// let minimum = MinimumChange { relative: NonNegative::new(0.05)?, ..MinimumChange::DEFAULT };
/// assert_eq!(minimum.noise.get(), 0.25);
/// # Ok::<(), judge_core::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MinimumChange {
    /// As a share of the baseline's median.
    pub relative: NonNegative,
    /// In standard deviations of the metric's noise.
    pub noise: NonNegative,
    /// In the metric's unit.
    pub absolute: NonNegative,
}

impl MinimumChange {
    /// 2 %: two instances of one release differ by a percent or two in practice. A quarter of the noise: less is
    /// not visible in a graph.
    pub const DEFAULT: Self = Self {
        relative: NonNegative::constant(0.02),
        noise: NonNegative::constant(0.25),
        absolute: NonNegative::constant(0.0),
    };
}

impl Default for MinimumChange {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a metric measures.
///
/// # Example
/// ```
/// use judge_core::MetricConfig;
/// use judge_core::config::evidence::{MetricEvidence, MetricKind};
///
/// let kind = MetricKind::Proportion { of: "requests".to_owned() };
/// let evidence = MetricEvidence { kind, ..MetricEvidence::default() };
/// let errors = MetricConfig { evidence, ..MetricConfig::new("errors", "Errors") };
/// assert_eq!(errors.evidence.kind.exposure(), Some("requests"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum MetricKind {
    /// Sparse counts are recognised by their values; everything else is a gauge.
    #[default]
    Auto,
    /// A measured value.
    Gauge,
    /// Events per interval.
    Count {
        /// The metric of the same request that the events are relative to (requests, seconds); `None` for equal times.
        exposure: Option<String>,
    },
    /// Events that are a part of the events of another metric, as errors are of requests.
    Proportion {
        /// The metric of the same request that has all events.
        of: String,
    },
}

impl MetricKind {
    /// The metric that the events are relative to.
    pub fn exposure(&self) -> Option<&str> {
        match self {
            Self::Auto | Self::Gauge => None,
            Self::Count { exposure } => exposure.as_deref(),
            Self::Proportion { of } => Some(of),
        }
    }
}

/// How a metric counts if harm is neither shown nor excluded.
///
/// [`EvidenceConfig`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum InconclusivePolicy {
    /// It passes, but the score is at most the pass threshold. So doubt alone fails no canary, and no canary with
    /// doubt gets full marks.
    #[default]
    PassThreshold,
    /// It passes.
    Pass,
    /// It passes, but the verdict is at best Marginal.
    Marginal,
    /// It fails.
    Fail,
}

impl SettingWord for InconclusivePolicy {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("passThreshold", Self::PassThreshold),
        ("pass", Self::Pass),
        ("marginal", Self::Marginal),
        ("fail", Self::Fail),
    ];
}

/// What the joint test does to the verdict when it finds many metrics slightly worse.
///
/// [`Joint`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum JointOutcome {
    /// The score is 0.
    #[default]
    Fail,
    /// The verdict is at best Marginal.
    Marginal,
    /// It only warns.
    Warn,
}

impl SettingWord for JointOutcome {
    const WORDS: &'static [(&'static str, Self)] =
        &[("fail", Self::Fail), ("marginal", Self::Marginal), ("warn", Self::Warn)];
}

/// The joint test: are many metrics slightly worse at the same time?
///
/// # Example
/// ```
/// use judge_core::config::evidence::{EvidenceConfig, Joint, JointOutcome};
///
/// let joint = Joint { outcome: JointOutcome::Warn, ..Joint::default() };
/// let config = EvidenceConfig { joint, ..EvidenceConfig::default() };
/// assert!(config.joint.enabled);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Joint {
    /// Whether the test runs.
    pub enabled: bool,
    /// Share of its allowance, or of the smallest change that matters, that the median metric must use up.
    pub size: Fraction,
    /// What a finding does to the verdict.
    pub outcome: JointOutcome,
}

impl Default for Joint {
    fn default() -> Self {
        Self { enabled: true, size: Fraction::constant(0.4), outcome: JointOutcome::Fail }
    }
}

/// How the number of metrics makes the test of each metric stricter.
///
/// # Example
/// ```
/// use judge_core::config::evidence::{AcrossMetrics, EvidenceConfig};
///
/// let config = EvidenceConfig { across_metrics: AcrossMetrics::Holm, ..EvidenceConfig::default() };
/// assert_ne!(config, EvidenceConfig::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum AcrossMetrics {
    /// The significance level of each metric is divided by the square root of their number.
    ///
    /// A canary with many metrics has more chances of a false alarm, and as many more to show harm. The level with the
    /// fewest misses and false alarms together lies between a constant one and one divided by the number.
    #[default]
    Balanced,
    /// Each metric is judged as if it were alone.
    Each,
    /// The probability of any false failure is that of one metric (Holm 1979).
    Holm,
    /// The share of false failures among failures is limited (Benjamini and Hochberg 1995).
    BenjaminiHochberg,
}

impl SettingWord for AcrossMetrics {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("balanced", Self::Balanced),
        ("each", Self::Each),
        ("holm", Self::Holm),
        ("benjaminiHochberg", Self::BenjaminiHochberg),
    ];
}

/// How the looks of a canary share a metric's significance level (Lan and `DeMets` 1983).
///
/// # Example
/// ```
/// use judge_core::config::evidence::{EvidenceConfig, Spending};
///
/// let config = EvidenceConfig { spending: Spending::Even, ..EvidenceConfig::default() };
/// assert_ne!(config.spending, Spending::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Spending {
    /// Hardly anything at first, most at the end, like O'Brien and Fleming (1979): the least power is lost against one
    /// look at the end, and an early look stops large harm only.
    #[default]
    Late,
    /// As much at every look: harm from the start is found sooner, and later harm less often.
    Even,
    /// Most at first, like Pocock (1977).
    Early,
}

impl SettingWord for Spending {
    const WORDS: &'static [(&'static str, Self)] =
        &[("late", Self::Late), ("even", Self::Even), ("early", Self::Early)];
}

/// The tests that run.
///
/// # Example
/// ```
/// use judge_core::TestKind;
/// use judge_core::config::evidence::Tests;
///
/// assert!(!Tests::without(TestKind::Spread).contains(TestKind::Spread));
/// assert!(Tests::only([TestKind::Location]).contains(TestKind::Location));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Tests(BTreeSet<TestKind>);

impl Tests {
    /// Only `tests`.
    pub fn only(tests: impl IntoIterator<Item = TestKind>) -> Self {
        Self(tests.into_iter().collect())
    }

    /// All tests but `test`.
    pub fn without(test: TestKind) -> Self {
        Self::only(TestKind::ALL.into_iter().filter(|other| *other != test))
    }

    /// Whether `test` runs.
    pub fn contains(&self, test: TestKind) -> bool {
        self.0.contains(&test)
    }
}

impl Default for Tests {
    fn default() -> Self {
        Self::only(TestKind::ALL)
    }
}

/// Settings of the judge: `judge.judgeConfigurations` in Kayenta's JSON.
///
/// # Example
/// ```
/// use judge_core::config::evidence::{EvidenceConfig, InconclusivePolicy};
///
/// let strict =
///     EvidenceConfig { inconclusive: InconclusivePolicy::Fail, ..EvidenceConfig::default() };
/// assert_eq!(strict.warm_up, 0);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceConfig {
    /// Probability that a healthy metric passes, from 0.5.
    pub confidence: ConfidenceLevel,
    /// Smallest change that matters, for every metric.
    pub minimum_change: MinimumChange,
    /// Tests that run.
    pub tests: Tests,
    /// How an inconclusive metric counts.
    pub inconclusive: InconclusivePolicy,
    /// The joint test.
    pub joint: Joint,
    /// How the number of metrics makes the test of each stricter.
    pub across_metrics: AcrossMetrics,
    /// Points at the start of each series that are not judged.
    pub warm_up: usize,
    /// How the looks of a canary share the significance level. One look has all of it.
    pub spending: Spending,
    /// Probability that a canary passes before its last look though it has harm as large as the smallest that matters;
    /// `None` if no canary may pass early.
    pub early_pass: Option<Fraction>,
    /// The metric of the same request that counts the traffic of each side. Points that are measured from fewer requests vary
    /// more: a canary that gets a tenth of its baseline's traffic may vary √10 times as much.
    pub traffic: Option<String>,
}

impl Default for EvidenceConfig {
    fn default() -> Self {
        Self {
            confidence: DEFAULT_CONFIDENCE,
            minimum_change: MinimumChange::DEFAULT,
            tests: Tests::default(),
            inconclusive: InconclusivePolicy::default(),
            joint: Joint::default(),
            across_metrics: AcrossMetrics::default(),
            warm_up: DEFAULT_WARM_UP,
            spending: Spending::default(),
            early_pass: None,
            traffic: None,
        }
    }
}

/// Settings of one metric, in place of those of the judge: `analysisConfigurations.canary` in Kayenta's JSON.
///
/// # Example
/// ```
/// use judge_core::MetricConfig;
/// use judge_core::config::evidence::{MetricEvidence, MetricKind, NonNegative};
///
/// let evidence = MetricEvidence {
///     minimum_relative: Some(NonNegative::new(0.05)?),
///     kind: MetricKind::Proportion { of: "requests".to_owned() },
///     ..MetricEvidence::default()
/// };
/// let errors = MetricConfig { evidence, ..MetricConfig::new("errors", "Errors") };
/// assert_eq!(errors.evidence.kind.exposure(), Some("requests"));
/// # Ok::<(), judge_core::Problem>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricEvidence {
    /// Probability that the metric passes if it is healthy, from 0.5.
    pub confidence: Option<ConfidenceLevel>,
    /// Smallest relative change that matters.
    pub minimum_relative: Option<NonNegative>,
    /// Smallest change that matters, in standard deviations of the noise.
    pub minimum_noise: Option<NonNegative>,
    /// Smallest change that matters, in the metric's unit.
    pub minimum_absolute: Option<NonNegative>,
    /// Tests that run.
    pub tests: Option<Tests>,
    /// What the metric measures.
    pub kind: MetricKind,
    /// Points at the start of each series that are not judged.
    pub warm_up: Option<usize>,
    /// The metric of the same request that counts the traffic from which this one is measured.
    pub traffic: Option<String>,
}

impl MetricEvidence {
    /// The smallest change that matters for this metric; `judge` has the values that the metric does not set.
    pub fn minimum_change(&self, judge: &EvidenceConfig) -> MinimumChange {
        MinimumChange {
            relative: self.minimum_relative.unwrap_or(judge.minimum_change.relative),
            noise: self.minimum_noise.unwrap_or(judge.minimum_change.noise),
            absolute: self.minimum_absolute.unwrap_or(judge.minimum_change.absolute),
        }
    }
}
