//! What to know about series that were fetched.

use std::fmt;

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
            Self::SameQuery { query } => {
                write!(
                    f,
                    "both sides are asked the same query over the same time; use ${{scope}} in it\n{query}"
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
    /// Whether it is a plain fact that every healthy canary has, rather than a doubt.
    pub fn is_usual(&self) -> bool {
        matches!(self, Self::Dropped(_))
    }
}
