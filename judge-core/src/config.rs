//! What the user configures. Every value of these types can be judged.

pub mod evidence;
mod notices;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Which changes of a metric are failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Only an increase.
    Increase,
    /// Only a decrease.
    Decrease,
    /// Both.
    #[default]
    Either,
}

/// What a gap (NaN) in a series becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NanStrategy {
    /// It is left out.
    #[default]
    Remove,
    /// It counts as 0: right for event counts, where no point means no event.
    Replace,
}

/// How far beyond the quartiles, in interquartile ranges, a point is an outlier: finite, above 0.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutlierFactor(f64);

impl OutlierFactor {
    /// Tukey's fence for values "far out" (1977), Kayenta's default.
    pub const DEFAULT: Self = Self(3.0);

    /// # Errors
    /// When `factor` is not a finite number above 0.
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

/// What happens to outliers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Outliers {
    /// They are judged like any point.
    #[default]
    Keep,
    /// Points beyond the fences are removed from each side.
    Remove(OutlierFactor),
}

/// The effect size that is held against the allowances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EffectMeasure {
    /// Canary mean divided by baseline mean; 1 is no change.
    #[default]
    MeanRatio,
    /// Probability that a canary point exceeds a baseline point; 0.5 is no change.
    Cles,
}

impl EffectMeasure {
    /// The value that means no change; also Kayenta's default for every allowance.
    pub fn neutral(self) -> f64 {
        match self {
            Self::MeanRatio => 1.0,
            Self::Cles => 0.5,
        }
    }
}

/// How large a change must be to count, in units of the measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EffectSize {
    /// The measure.
    pub measure: EffectMeasure,
    /// An increase fails at this effect or above.
    pub allowed_increase: f64,
    /// A decrease fails at this effect or below.
    pub allowed_decrease: f64,
    /// A critical metric's increase fails the whole canary at this effect or above.
    pub critical_increase: f64,
    /// A critical metric's decrease fails the whole canary at this effect or below.
    pub critical_decrease: f64,
}

impl EffectSize {
    /// Every allowance at the measure's neutral value: any significant change counts.
    pub fn neutral(measure: EffectMeasure) -> Self {
        let neutral = measure.neutral();
        Self {
            measure,
            allowed_increase: neutral,
            allowed_decrease: neutral,
            critical_increase: neutral,
            critical_decrease: neutral,
        }
    }
}

impl Default for EffectSize {
    fn default() -> Self {
        Self::neutral(EffectMeasure::default())
    }
}

/// One metric's configuration. The defaults are Kayenta's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricConfig {
    /// The metric's name; pairs are matched to configs by it.
    pub name: String,
    /// The groups it counts in; once for each time one is named.
    pub groups: Vec<String>,
    /// Which changes are failures.
    pub direction: Direction,
    /// What a gap becomes.
    pub nan_strategy: NanStrategy,
    /// What happens to outliers.
    pub outliers: Outliers,
    /// Whether its failure fails the whole canary.
    pub critical: bool,
    /// Whether it is judged but left out of every score.
    pub muted: bool,
    /// Whether missing data is a failure.
    pub must_have_data: bool,
    /// How large a change must be to count.
    pub effect_size: EffectSize,
    /// What only `EvidenceJudge-v1` reads.
    pub evidence: evidence::MetricEvidence,
}

impl MetricConfig {
    /// A metric in one group, everything else as Kayenta has it by default.
    pub fn new(name: impl Into<String>, group: impl Into<String>) -> Self {
        Self { name: name.into(), groups: vec![group.into()], ..Self::default() }
    }
}

/// The scores at which a canary passes or is marginal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Pass at this score or above.
    #[serde(with = "crate::number")]
    pub pass: f64,
    /// Marginal at this score or above; below it the canary fails.
    #[serde(with = "crate::number")]
    pub marginal: f64,
}

impl Thresholds {
    /// What Kayenta's documentation and user interface start from.
    pub const DEFAULT: Self = Self { pass: 95.0, marginal: 75.0 };

    /// What is suspect about them.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (path, value) in [("pass", self.pass), ("marginal", self.marginal)] {
            if !(0.0..=100.0).contains(&value) {
                let consequence = "scores are from 0 to 100, so this threshold decides nothing";
                problems.push(Problem::suspect(path, value, "a score, 0 to 100", consequence));
            }
        }
        if self.marginal > self.pass {
            let allowed = format!("at most pass, {}", self.pass);
            let consequence = "no score is ever marginal";
            problems.push(Problem::suspect("marginal", self.marginal, allowed, consequence));
        }
        if self.pass == 0.0 {
            let consequence = "every score passes";
            problems.push(Problem::suspect("pass", self.pass, "a score above 0", consequence));
        }
        problems
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A canary config: metrics, groups and their weights, and the judge.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CanaryConfig {
    /// The config's name.
    pub name: String,
    /// The judge it asks for, by name; `None` for the default.
    pub judge: Option<String>,
    /// The metrics; of two with one name the first counts.
    pub metrics: Vec<MetricConfig>,
    /// Percent of the score a group decides. Groups without a weight share what is left to 100.
    pub group_weights: BTreeMap<String, f64>,
    /// Thresholds given with the config itself. A request's own always win.
    pub thresholds: Option<Thresholds>,
    /// What only `EvidenceJudge-v1` reads.
    pub evidence: evidence::EvidenceConfig,
    /// What was suspect in the document that the config was read from, such as unknown words that
    /// are no longer visible here.
    pub noticed: Vec<Problem>,
}

impl CanaryConfig {
    /// The config of the metric `name`, if there is one.
    pub fn metric(&self, name: &str) -> Option<&MetricConfig> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// Everything suspect about the config, with paths as in Kayenta's JSON, in O(metrics · groups).
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = self.noticed.clone();
        self.check_metrics(&mut problems);
        self.check_weights(&mut problems);
        self.notice_muted_groups(&mut problems);
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
                    "a name of its own",
                    format!("metrics[{first}] has the same name and is used instead"),
                ));
                seen.insert(&metric.name, first);
            }
            if metric.groups.is_empty() && !metric.muted {
                problems.push(Problem::suspect(
                    format!("metrics[{index}].groups"),
                    "[]",
                    "at least one group, or muted",
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
                problems.push(Problem::suspect(path, weight, "a weight, 0 to 100", consequence));
            } else if !groups.contains(group) {
                unused = true;
                let consequence = "its share of the score is lost";
                problems.push(Problem::suspect(
                    path,
                    weight,
                    "a group some metric is in",
                    consequence,
                ));
            }
        }
        let total: f64 = self.group_weights.values().sum();
        let complete = groups.iter().all(|group| self.group_weights.contains_key(group.as_str()));
        let pass = self.thresholds.map_or(0.0, |thresholds| thresholds.pass);
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
                "the best score there can be is that sum"
            } else {
                "groups without a weight get a negative one"
            };
            let value = format!("a sum of {total}");
            problems.push(Problem::suspect("classifier.groupWeights", value, allowed, consequence));
        }
    }
}

/// Weights such as 33.33 three times sum to 100 closely enough, unless a threshold lies between.
const WEIGHTS_ROUNDING: f64 = 0.05;
