//! Warnings: what a person should know about a judgement.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::side::Side;

/// What happened to a metric with a side that has no data.
///
/// [`Warning`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum NoDataOutcome {
    /// Its gaps were judged as 0, and it passes.
    JudgedAsZeros,
    /// It was not judged, and it passes.
    Passes,
    /// It was not judged, and it counts in no score.
    Uncounted,
}

/// A warning about a judgement. Its text says what to do.
///
/// # Example
/// ```
/// use judge_core::{CanaryConfig, Judge, JudgeRequest, MetricConfig, NetflixAcaJudge, Warning};
///
/// let config = CanaryConfig {
///     metrics: vec![MetricConfig::new("latency", "Latency")],
///     ..CanaryConfig::default()
/// };
/// let request = JudgeRequest { config, ..JudgeRequest::default() };
/// let judgement = NetflixAcaJudge.judge(&request)?;
/// assert_eq!(judgement.warnings, [Warning::NotSubmitted { metric: "latency".to_owned() }]);
/// # Ok::<(), judge_core::JudgeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[non_exhaustive]
pub enum Warning {
    /// The request or its config is suspect.
    Suspect(Problem),
    /// A series contains infinite values.
    InfiniteValues {
        /// The metric.
        metric: String,
        /// The side.
        side: Side,
        /// Number of infinite values.
        count: usize,
    },
    /// A metric had too few different points to test, which counts as passing.
    UntestedPasses {
        /// The metric.
        metric: String,
    },
    /// A failing metric is in no group with a weight and changes no score.
    FailureCountsNowhere {
        /// The metric.
        metric: String,
    },
    /// A warm-up transient at the start of the canary was left out.
    HealedStart {
        /// The metric.
        metric: String,
        /// Number of points that were left out.
        points: usize,
    },
    /// Harm was neither shown nor excluded.
    Inconclusive {
        /// The metric.
        metric: String,
        /// Additional points a side that would settle it, if the number is practical.
        more_points: Option<usize>,
    },
    /// The canary stops reporting, reports far less than its baseline, or repeats one value.
    SilentCanary {
        /// The metric.
        metric: String,
        /// What was found.
        finding: String,
    },
    /// The baseline is worse than its own history, or stops reporting.
    SickBaseline {
        /// The metric.
        metric: String,
        /// What was found.
        finding: String,
    },
    /// Many metrics are slightly worse at the same time (the joint test).
    Systemic {
        /// What was found.
        finding: String,
    },
    /// A metric of the config has no pair in the request.
    NotSubmitted {
        /// The metric.
        metric: String,
    },
    /// A side of a metric has no data, and the metric does not fail because of it.
    SilentSide {
        /// The metric.
        metric: String,
        /// Tags of the metric, such as `{action=checkout}`; empty if it has none.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        tags: String,
        /// The side.
        side: Side,
        /// What happened to the metric.
        outcome: NoDataOutcome,
    },
    /// Both sides have the same points, bit for bit, in every metric that has data.
    SameData,
    /// A metric was split into pairs that have points on one side only.
    SplitByTags {
        /// The metric.
        metric: String,
        /// Tags that differ between the two kinds of pairs; empty if none does.
        tags: Vec<String>,
        /// Number of pairs with baseline points only.
        baseline_only: usize,
        /// Number of pairs with canary points only.
        canary_only: usize,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Suspect(problem) => problem.fmt(f),
            Self::InfiniteValues { metric, side, count } => {
                write!(
                    f,
                    "{metric}: {count} infinite values in the {} make its mean and effect \
                     undefined; correct the query, or submit gaps (NaN)",
                    side.name()
                )
            }
            Self::UntestedPasses { metric } => write!(
                f,
                "{metric}: too few different points to test, which counts as passing; judge over a \
                 longer time"
            ),
            Self::FailureCountsNowhere { metric } => write!(
                f,
                "{metric}: fails but is in no group with a weight, so it changes no score; give it such a \
                 group, or mute it"
            ),
            Self::HealedStart { metric, points } => write!(
                f,
                "{metric}: its first {points} points were worse and healed, so they were not judged; \
                 start judging later if that is expected"
            ),
            Self::Inconclusive { metric, more_points: Some(more) } => write!(
                f,
                "{metric}: harm is neither shown nor ruled out; about {more} more points a side \
                 would settle it"
            ),
            Self::Inconclusive { metric, more_points: None } => {
                write!(
                    f,
                    "{metric}: harm is neither shown nor ruled out; judge a longer window or with a shorter \
                     step, or allow more"
                )
            }
            Self::SilentCanary { metric, finding } => write!(
                f,
                "{metric}: {finding}; check that the canary still runs and reports before you trust the other metrics"
            ),
            Self::SickBaseline { metric, finding } => write!(
                f,
                "{metric}: {finding}, and an unhealthy baseline makes a bad canary look good; judge against a \
                 healthy baseline, or give a history of windows like this one"
            ),
            Self::Systemic { finding } => write!(f, "{finding}; look for a cause that the metrics share"),
            Self::NotSubmitted { metric } => {
                write!(f, "{metric}: configured but not submitted, so it was not judged")
            }
            Self::SilentSide { metric, tags, side, outcome } => {
                let space = if tags.is_empty() { "" } else { " " };
                write!(f, "{metric}{space}{tags}: the {} has no data at all", side.name())?;
                f.write_str(outcome.text())
            }
            Self::SameData => f.write_str(
                "both sides are the same data, bit for bit, in every metric, so nothing was compared; \
                 let each query select its own side, for example by ${scope} or ${location}",
            ),
            Self::SplitByTags { metric, tags, baseline_only, canary_only } => {
                write!(f, "{metric}: ")?;
                pairs_with(f, *baseline_only, "one pair has", "pairs have", "baseline points, ")?;
                pairs_with(f, *canary_only, "another", "others", "canary points")?;
                match tags.as_slice() {
                    [] => f.write_str(
                        ", so they were not compared with each other; submit both sides of a metric as \
                         one pair",
                    ),
                    tags => write!(
                        f,
                        "; their tags differ in {}, so they were not compared with each other; remove \
                         {} from the labels that the query groups by",
                        quoted(tags),
                        if tags.len() == 1 { "that tag" } else { "those tags" }
                    ),
                }
            }
        }
    }
}

impl NoDataOutcome {
    /// What follows from the missing data, and what to do.
    fn text(self) -> &'static str {
        match self {
            Self::JudgedAsZeros => {
                ", and passes because nanStrategy replace judges each gap as 0; check its query, or set \
                 nanStrategy to remove and mustHaveData to true, so that it fails without data"
            }
            Self::Passes => {
                ", and passes unjudged because nanStrategy replace reads no data as 0; check its query, \
                 or set nanStrategy to remove and mustHaveData to true, so that it fails without data"
            }
            Self::Uncounted => {
                ", so the metric counts in no score; check its query, or set mustHaveData to true, so \
                 that it fails without data"
            }
        }
    }
}

fn pairs_with(
    f: &mut fmt::Formatter<'_>,
    count: usize,
    one: &str,
    several: &str,
    points: &str,
) -> fmt::Result {
    match count {
        1 => write!(f, "{one} only {points}"),
        _ => write!(f, "{count} {several} only {points}"),
    }
}

/// Number of tags that a warning names at most.
const MOST_TAGS: usize = 5;

fn quoted(tags: &[String]) -> String {
    let mut named: Vec<String> =
        tags.iter().take(MOST_TAGS).map(|tag| format!("`{tag}`")).collect();
    if tags.len() > MOST_TAGS {
        named.push("...".to_owned());
    }
    named.join(", ")
}
