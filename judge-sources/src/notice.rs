//! Notices about series that were fetched.

use std::fmt;
use std::time::Duration;

use judge_core::judgement::Side;
use serde::Serialize;

use crate::error::side_name;
use crate::setting_names::SettingNames;

/// A label with one value in all of the baseline's series and another one in all of the canary's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DroppedLabel {
    /// The label.
    pub label: String,
    /// Its value on the baseline; `None` if it is absent.
    pub baseline: Option<String>,
    /// Its value on the canary.
    pub canary: Option<String>,
}

/// A notice about a metric's series for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Notice {
    /// A query found nothing.
    NothingFound {
        /// The side.
        side: Side,
        /// The query.
        query: String,
        /// The times.
        window: String,
        /// Suggestion from the names in the store.
        hint: Option<String>,
    },
    /// Both sides have the same query.
    SameQuery {
        /// The query.
        query: String,
        /// The scope, if both sides have the same one.
        scope: Option<String>,
    },
    /// The names of the scopes suggest that baseline and canary are swapped.
    Swapped {
        /// The baseline's scope.
        baseline: String,
        /// The canary's scope.
        canary: String,
    },
    /// A side has series without any number.
    NoNumbers {
        /// The side.
        side: Side,
    },
    /// The points of a side repeat: each value appears several times in a row.
    Repeats {
        /// The side.
        side: Side,
        /// Number of repetitions.
        points: usize,
        /// The time from one value to the next.
        millis: u64,
    },
    /// The query uses the value of a counter instead of its growth.
    BareCounter {
        /// The counter.
        name: String,
    },
    /// A label that distinguishes the sides was ignored for pairing.
    Dropped(DroppedLabel),
    /// Series of the two sides do not match.
    FallApart {
        /// The labels in which they differ.
        labels: Vec<String>,
    },
    /// The store added a remark to its answer.
    Said {
        /// The side.
        side: Side,
        /// The remark.
        text: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, SettingNames::Plain)
    }
}

impl Notice {
    /// The text of the notice. Settings in it have the names that `names` says.
    pub fn named(&self, names: SettingNames) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text, names);
        text
    }

    /// Whether the notice follows from the scopes alone, whatever the points are.
    pub fn is_about_scopes(&self) -> bool {
        matches!(self, Self::SameQuery { .. } | Self::Swapped { .. })
    }

    /// Whether the notice is a mere fact about every healthy canary, and no doubt.
    pub fn is_usual(&self) -> bool {
        matches!(self, Self::Dropped(_))
    }

    fn write(&self, f: &mut impl fmt::Write, names: SettingNames) -> fmt::Result {
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
                        ", as both scopes are {scope:?}; give two, or an earlier baseline with {}",
                        names.earlier_baseline()
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
                     {} to that",
                    side_name(*side),
                    names.step()
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
