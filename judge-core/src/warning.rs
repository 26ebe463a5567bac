//! What a person should know about a judgement that was reached all the same.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::judgement::Side;
use crate::problem::Problem;

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
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Suspect(problem) => problem.fmt(f),
            Self::InfiniteValues { metric, side, count } => {
                let side = match side {
                    Side::Baseline => "baseline",
                    Side::Canary => "canary",
                };
                write!(
                    f,
                    "{metric}: {count} infinite values in the {side} make its mean and effect \
                     undefined; correct the query, or submit gaps (NaN)"
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
            Self::Systemic { finding } => write!(f, "{finding}; look at what the metrics share"),
            Self::NotSubmitted { metric } => {
                write!(f, "{metric}: configured but not submitted, so it was not judged")
            }
        }
    }
}
