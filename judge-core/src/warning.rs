//! What a person should know about a judgement that was reached all the same.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::side::Side;

/// What became of a metric of which a side has no point at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Silence {
    /// Its gaps were judged as zeros, and it passes.
    JudgedAsZeros,
    /// It was not judged, and it passes.
    Passes,
    /// It was not judged, and it counts in no score.
    Uncounted,
}

/// A warning; its text says what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[non_exhaustive]
pub enum Warning {
    /// Something in the request or its config is suspect.
    Suspect(Problem),
    /// A series holds infinities.
    InfiniteValues {
        /// The metric.
        metric: String,
        /// The side.
        side: Side,
        /// How many.
        count: usize,
    },
    /// A metric could not be tested, and that counts as passing.
    UntestedPasses {
        /// The metric.
        metric: String,
    },
    /// A failing metric is in no group and changes no score.
    FailureCountsNowhere {
        /// The metric.
        metric: String,
    },
    /// The start of the canary was worse and then healed; it was not judged.
    HealedStart {
        /// The metric.
        metric: String,
        /// Points left out.
        points: usize,
    },
    /// Harm was neither shown nor ruled out.
    Inconclusive {
        /// The metric.
        metric: String,
        /// How many more points a side would settle it, where that is a practical number.
        more_points: Option<usize>,
    },
    /// The canary stops to report, reports far less than its baseline, or repeats one value.
    SilentCanary {
        /// The metric.
        metric: String,
        /// What was found.
        finding: String,
    },
    /// The baseline is worse than its own history, or stops to report.
    SickBaseline {
        /// The metric.
        metric: String,
        /// What was found.
        finding: String,
    },
    /// Many metrics are a little worse together.
    Systemic {
        /// What was found.
        finding: String,
    },
    /// A metric of the config has no data in the request.
    NotSubmitted {
        /// The metric.
        metric: String,
    },
    /// A side of a metric has no point at all, and the metric does not fail for it.
    SilentSide {
        /// The metric.
        metric: String,
        /// Its tags, as in `{action=checkout}`; empty where it has none.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        tags: String,
        /// The side.
        side: Side,
        /// What became of the metric.
        outcome: Silence,
    },
    /// Both sides have the same points, bit for bit, in every metric that has data.
    SameData,
    /// A metric fell apart into pairs with points on one side only.
    SplitByTags {
        /// The metric.
        metric: String,
        /// The tags that differ between the halves; empty where no tag does.
        tags: Vec<String>,
        /// How many pairs have baseline points only.
        baseline_only: usize,
        /// How many pairs have canary points only.
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
                "{metric}: fails but is in no group, so it changes no score; give it a group or \
                 mute it"
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
                    "{metric}: harm is neither shown nor ruled out; judge over a longer time, or allow \
                     more"
                )
            }
            Self::SilentCanary { metric, finding } => write!(
                f,
                "{metric}: {finding}; see whether the canary still runs and reports, before you trust the rest"
            ),
            Self::SickBaseline { metric, finding } => write!(
                f,
                "{metric}: {finding}, and a sick baseline makes a bad canary look good; judge against a healthy \
                 baseline, or give a history that is like today"
            ),
            Self::Systemic { finding } => write!(f, "{finding}; look at what the metrics share"),
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
                 let each query select its own side, as by ${scope} or ${location}",
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
                        "; their tags differ in {}, so they were not compared with each other; leave \
                         {} out of what the query groups by",
                        quoted(tags),
                        if tags.len() == 1 { "that tag" } else { "those tags" }
                    ),
                }
            }
        }
    }
}

impl Silence {
    /// What follows from the silence, and what to do.
    fn text(self) -> &'static str {
        match self {
            Self::JudgedAsZeros => {
                ", and passes because nanStrategy replace judges each gap as 0; check its query, or say \
                 nanStrategy remove and mustHaveData true, so that it fails without data"
            }
            Self::Passes => {
                ", and passes unjudged because nanStrategy replace takes no data for 0; check its query, \
                 or say nanStrategy remove and mustHaveData true, so that it fails without data"
            }
            Self::Uncounted => {
                ", so the metric counts in no score; check its query, or say mustHaveData true, so that \
                 it fails without data"
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

/// The most tags named in a warning.
const MOST_TAGS: usize = 5;

fn quoted(tags: &[String]) -> String {
    let mut named: Vec<String> =
        tags.iter().take(MOST_TAGS).map(|tag| format!("`{tag}`")).collect();
    if tags.len() > MOST_TAGS {
        named.push("...".to_owned());
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_about_the_data_name_the_metric_and_the_way_out() {
        let silent = |outcome| Warning::SilentSide {
            metric: "errors".to_owned(),
            tags: "{action=pay}".to_owned(),
            side: Side::Canary,
            outcome,
        };
        let split = |tags: &[&str], baseline_only, canary_only| Warning::SplitByTags {
            metric: "errors".to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            baseline_only,
            canary_only,
        };
        let cases = [
            (
                silent(Silence::JudgedAsZeros),
                "errors {action=pay}: the canary has no data at all, and passes because nanStrategy \
                 replace judges each gap as 0; check its query, or say nanStrategy remove and \
                 mustHaveData true, so that it fails without data",
            ),
            (
                silent(Silence::Passes),
                "errors {action=pay}: the canary has no data at all, and passes unjudged because \
                 nanStrategy replace takes no data for 0; check its query, or say nanStrategy remove \
                 and mustHaveData true, so that it fails without data",
            ),
            (
                silent(Silence::Uncounted),
                "errors {action=pay}: the canary has no data at all, so the metric counts in no score; \
                 check its query, or say mustHaveData true, so that it fails without data",
            ),
            (
                split(&["controller"], 1, 1),
                "errors: one pair has only baseline points, another only canary points; their tags \
                 differ in `controller`, so they were not compared with each other; leave that tag out \
                 of what the query groups by",
            ),
            (
                split(&["pod", "zone"], 2, 3),
                "errors: 2 pairs have only baseline points, 3 others only canary points; their tags \
                 differ in `pod`, `zone`, so they were not compared with each other; leave those tags \
                 out of what the query groups by",
            ),
            (
                split(&[], 1, 1),
                "errors: one pair has only baseline points, another only canary points, so they were \
                 not compared with each other; submit both sides of a metric as one pair",
            ),
        ];
        for (warning, said) in cases {
            assert_eq!(warning.to_string(), said);
        }
    }
}
