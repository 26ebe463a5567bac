//! The canary config: metrics, groups, weights and the judge.
//!
//! Values of these types are in range: a reader refuses what no judge takes. What is only suspect, such as
//! weights that do not sum to 100, can be expressed, because Kayenta accepts it; [`CanaryConfig::problems`]
//! lists it.

mod choice;
mod effect_size;
pub mod evidence;
mod notices;
mod range;
mod thresholds;
mod word;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use effect_size::{EffectMeasure, EffectSize};
pub use thresholds::Thresholds;

use crate::problem::Problem;

/// The direction in which a change of the metric is harmful.
///
/// # Example
/// ```
/// use judge_core::config::{Direction, MetricConfig};
///
/// let errors =
///     MetricConfig { direction: Direction::Increase, ..MetricConfig::new("errors", "Errors") };
/// assert_eq!(MetricConfig::default().direction, Direction::Either);
/// # assert_eq!(errors.groups, ["Errors"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// An increase is harmful.
    Increase,
    /// A decrease is harmful.
    Decrease,
    /// Both are harmful.
    #[default]
    Either,
}

/// What the judge does with a gap (NaN) in a series: `nanStrategy` in Kayenta's JSON. [`MetricConfig`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NanStrategy {
    /// The gap is left out.
    #[default]
    Remove,
    /// The gap counts as 0. Right for counts of events, where no point means no event.
    Replace,
}

/// How many interquartile ranges beyond the quartiles a point is an outlier: finite and above 0.
///
/// # Example
/// ```
/// use judge_core::config::{MetricConfig, OutlierFactor, Outliers};
///
/// let outliers = Outliers::Remove(OutlierFactor::new(3.0)?);
/// let latency = MetricConfig { outliers, ..MetricConfig::new("latency", "Latency") };
/// assert!(OutlierFactor::new(0.0).is_err());
/// # assert!(!latency.critical);
/// # Ok::<(), judge_core::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutlierFactor(f64);

impl OutlierFactor {
    /// Tukey's fence for values that are "far out" (1977); Kayenta's default.
    pub const DEFAULT: Self = Self(3.0);

    /// Checks `factor`.
    ///
    /// # Errors
    /// If `factor` is not a finite number above 0.
    pub fn new(factor: f64) -> Result<Self, Problem> {
        if factor > 0.0 && factor.is_finite() {
            Ok(Self(factor))
        } else {
            Err(Problem::error("outlierFactor", factor, "a finite number above 0"))
        }
    }

    /// The factor.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// What the judge does with outliers; [`OutlierFactor`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Outliers {
    /// Outliers are judged like any other point.
    #[default]
    Keep,
    /// Outliers are removed from each side.
    Remove(OutlierFactor),
}

/// One metric of the config. The defaults are Kayenta's.
///
/// # Example
/// ```
/// use judge_core::config::{Direction, MetricConfig, NanStrategy};
///
/// let errors = MetricConfig {
///     direction: Direction::Increase,
///     nan_strategy: NanStrategy::Replace,
///     critical: true,
///     ..MetricConfig::new("errors", "Errors")
/// };
/// assert_eq!(errors.name, "errors");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricConfig {
    /// Name of the metric. A pair of series belongs to the metric of its name.
    pub name: String,
    /// Groups that the metric counts in. It counts once for each time a group is named.
    pub groups: Vec<String>,
    /// Direction in which a change is harmful.
    pub direction: Direction,
    /// What the judge does with a gap.
    pub nan_strategy: NanStrategy,
    /// What the judge does with outliers.
    pub outliers: Outliers,
    /// Whether a failure of this metric alone fails the canary.
    pub critical: bool,
    /// Whether the metric is judged but left out of every score.
    pub muted: bool,
    /// Whether missing data is a failure.
    pub must_have_data: bool,
    /// How large a change must be to count.
    pub effect_size: EffectSize,
    /// Settings that only `EvidenceJudge-v1` reads.
    pub evidence: evidence::MetricEvidence,
}

impl MetricConfig {
    /// A metric in one group; everything else has Kayenta's default.
    pub fn new(name: impl Into<String>, group: impl Into<String>) -> Self {
        Self { name: name.into(), groups: vec![group.into()], ..Self::default() }
    }
}

/// A canary config: metrics, groups with their weights, and the judge.
///
/// # Example
/// ```
/// use judge_core::{CanaryConfig, MetricConfig};
///
/// let config = CanaryConfig {
///     metrics: vec![MetricConfig::new("latency", "Latency"), MetricConfig::new("errors", "Errors")],
///     group_weights: [("Latency".to_owned(), 40.0), ("Errors".to_owned(), 50.0)].into(),
///     ..CanaryConfig::default()
/// };
/// let problems = config.problems();
/// assert_eq!(problems[0].path, "classifier.groupWeights");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CanaryConfig {
    /// Name of the config.
    pub name: String,
    /// Name of the judge; `None` for the default.
    pub judge: Option<String>,
    /// The metrics. Of two metrics with one name, the first counts.
    pub metrics: Vec<MetricConfig>,
    /// Percentage of the score that each group decides. Groups without a weight share what is left to 100.
    pub group_weights: BTreeMap<String, f64>,
    /// Thresholds of the config. The thresholds of a request win over them.
    pub thresholds: Option<Thresholds>,
    /// Settings that only `EvidenceJudge-v1` reads.
    pub evidence: evidence::EvidenceConfig,
    /// Problems that the reader of the document found and that this value no longer shows, such as unknown
    /// words.
    pub noticed: Vec<Problem>,
}

impl CanaryConfig {
    /// The metric called `name`, if there is one.
    pub fn metric(&self, name: &str) -> Option<&MetricConfig> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// Everything suspect about the config, with paths as in Kayenta's JSON. O(metrics · groups).
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = self.noticed.clone();
        self.check_metrics(&mut problems);
        self.check_weights(&mut problems);
        self.notice_muted_groups(&mut problems);
        self.notice_forgotten_groups(&mut problems);
        self.notice_directions(&mut problems);
        let thresholds = self.thresholds.iter().flat_map(Thresholds::problems);
        problems.extend(thresholds.map(|problem| problem.within("classifier.scoreThresholds")));
        problems
    }

    fn check_metrics(&self, problems: &mut Vec<Problem>) {
        if self.metrics.is_empty() {
            let consequence = "there is nothing to judge and the score is 0";
            problems.push(Problem::suspect("metrics", "[]", "at least one metric", consequence));
        }
        let mut seen = BTreeMap::new();
        for (index, metric) in self.metrics.iter().enumerate() {
            if let Some(first) = seen.insert(&metric.name, index) {
                problems.push(Problem::suspect(
                    format!("metrics[{index}].name"),
                    format!("{:?}", metric.name),
                    "a unique name",
                    format!("metrics[{first}] has the same name and is used instead"),
                ));
                seen.insert(&metric.name, first);
            }
            if metric.groups.is_empty() && !metric.muted {
                problems.push(Problem::suspect(
                    format!("metrics[{index}].groups"),
                    "[]",
                    "at least one group, or muted: true",
                    "the metric counts in no score: unless it is critical, its failure changes nothing",
                ));
            }
        }
    }

    fn check_weights(&self, problems: &mut Vec<Problem>) {
        let groups: BTreeSet<&String> =
            self.metrics.iter().flat_map(|metric| &metric.groups).collect();
        let mut unused = false;
        for (group, &weight) in &self.group_weights {
            let path = format!("classifier.groupWeights.{group}");
            if !(0.0..=100.0).contains(&weight) {
                let consequence = "the score leaves the range 0 to 100 or stops being a number";
                problems.push(Problem::suspect(
                    path,
                    weight,
                    "a weight from 0 to 100",
                    consequence,
                ));
            } else if !groups.contains(group) {
                unused = true;
                let consequence = "its share of the score is lost";
                problems.push(Problem::suspect(
                    path,
                    weight,
                    "a group that a metric is in",
                    consequence,
                ));
            }
        }
        let total: f64 = self.group_weights.values().sum();
        let complete = groups.iter().all(|group| self.group_weights.contains_key(group.as_str()));
        let pass = self.thresholds.map_or(0.0, Thresholds::pass);
        let wrong = if complete {
            (total - 100.0).abs() > WEIGHTS_ROUNDING || total < pass && pass <= 100.0
        } else {
            total > 100.0
        };
        if wrong && !unused && total.is_finite() && !self.metrics.is_empty() {
            let allowed = if complete {
                "weights that sum to 100"
            } else {
                "weights that sum to at most 100"
            };
            let consequence = if complete {
                "the best possible score is that sum"
            } else {
                "groups without a weight get a negative one"
            };
            let value = format!("a sum of {total}");
            problems.push(Problem::suspect("classifier.groupWeights", value, allowed, consequence));
        }
    }
}

/// Weights such as three times 33.33 sum to 100 closely enough, unless the pass threshold lies between the
/// sum and 100.
const WEIGHTS_ROUNDING: f64 = 0.05;
