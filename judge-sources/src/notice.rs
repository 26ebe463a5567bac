//! What to know about series that were fetched.

use std::fmt;
use std::time::Duration;

use judge_core::judgement::Side;
use serde::Serialize;

use crate::error::side_name;

/// A label that is one thing on all of the baseline's series and another on all of the canary's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DroppedLabel {
    /// The label.
    pub label: String,
    /// What it is on the baseline; `None` where it is absent.
    pub baseline: Option<String>,
    /// What it is on the canary.
    pub canary: Option<String>,
}

/// Something about a metric's series that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Notice {
    /// A query found nothing.
    NothingFound {
        /// On which side.
        side: Side,
        /// The query.
        query: String,
        /// The times.
        window: String,
        /// What a look at the store suggests.
        hint: Option<String>,
    },
    /// Both sides are asked the same.
    SameQuery {
        /// The query.
        query: String,
        /// The scope, where both sides have the same one.
        scope: Option<String>,
    },
    /// The scopes' names say that the baseline is the canary, or the canary the baseline.
    Swapped {
        /// The baseline's scope.
        baseline: String,
        /// The canary's scope.
        canary: String,
    },
    /// A side has series, but no number in them.
    NoNumbers {
        /// Which side.
        side: Side,
    },
    /// The points of a side are fewer than they seem: each value stands several times in a row.
    Repeats {
        /// Which side.
        side: Side,
        /// How many times.
        points: usize,
        /// The time from one value to the next.
        millis: u64,
    },
    /// The query takes the value of a counter, not its growth.
    BareCounter {
        /// The counter.
        name: String,
    },
    /// A label that tells the sides apart plays no part in pairing.
    Dropped(DroppedLabel),
    /// Series of the two sides do not meet.
    FallApart {
        /// The labels in which they differ.
        labels: Vec<String>,
    },
    /// The store says something about its answer.
    Said {
        /// On which side.
        side: Side,
        /// What.
        text: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingFound { side, query, window, hint } => {
                let side = side_name(*side);
                write!(f, "the query of the {side} finds nothing from {window}")?;
                match hint {
                    Some(hint) => write!(f, "; {hint}")?,
                    None => f.write_str("; run it in the store's own page")?,
                }
                write!(f, "\n{query}")
            }
            Self::SameQuery { query, scope } => {
                f.write_str("both sides are asked the same query over the same time")?;
                match scope {
                    Some(scope) => write!(
                        f,
                        ", as both scopes are {scope:?}; give two, or an earlier baseline with --baseline-offset"
                    ),
                    None => write!(f, "; use ${{scope}} in it\n{query}"),
                }
            }
            Self::Swapped { baseline, canary } => {
                write!(
                    f,
                    "the baseline is asked for {baseline:?} and the canary for {canary:?}; are the scopes swapped?"
                )
            }
            Self::NoNumbers { side } => {
                write!(
                    f,
                    "the series of the {} hold NaN alone, no number; is something divided by 0, as without traffic?",
                    side_name(*side)
                )
            }
            Self::Repeats { side, points, millis } => {
                let every = humantime::format_duration(Duration::from_millis(*millis));
                write!(
                    f,
                    "each value of the {} stands {points} times in a row: it is measured every {every} or so; lengthen \
                     --step to that",
                    side_name(*side)
                )
            }
            Self::BareCounter { name } => {
                write!(
                    f,
                    "{name} is a counter, which only grows, by its name; take its growth, as in rate({name}[5m])"
                )
            }
            Self::Dropped(DroppedLabel { label, baseline, canary }) => {
                let shown = |value: &Option<String>| match value {
                    Some(value) => format!("{value:?}"),
                    None => "absent".to_owned(),
                };
                let (baseline, canary) = (shown(baseline), shown(canary));
                write!(
                    f,
                    "paired without the label {label}, which tells the sides apart: {baseline} on the baseline, \
                     {canary} on the canary"
                )
            }
            Self::FallApart { labels } => {
                let labels = labels.join(", ");
                write!(
                    f,
                    "some series are on one side only, as {labels} differs; aggregate over it in the query, or \
                     name it in query.ignoreLabels"
                )
            }
            Self::Said { side, text } => {
                write!(f, "the store says of the {}: {text}", side_name(*side))
            }
        }
    }
}

impl Notice {
    /// Whether it is known from the scopes alone, whatever the points are.
    pub fn is_about_scopes(&self) -> bool {
        matches!(self, Self::SameQuery { .. } | Self::Swapped { .. })
    }

    /// Whether it is a plain fact that every healthy canary has, rather than a doubt.
    pub fn is_usual(&self) -> bool {
        matches!(self, Self::Dropped(_))
    }
}
