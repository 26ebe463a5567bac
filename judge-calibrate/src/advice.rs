//! Something to know about a metric, and what to do about it.

use serde::Serialize;

/// What is the matter with a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum AdviceKind {
    /// The history has no point of it.
    NotInHistory,
    /// It has one value throughout, which says nothing about chance.
    Constant,
    /// It is nearly always one value.
    NearlyConstant,
    /// Too many points are missing.
    Sparse,
    /// Two healthy sides differ more often than not.
    AlwaysDifferent,
    /// It fails healthy canaries too often.
    FalseAlarms,
    /// The change asked for is not found in the longest window.
    TooNoisy,
    /// The config allows the change asked for.
    Allowed,
    /// Its effect size is a ratio of means, which is the wrong way round for values below 0.
    BelowZero,
    /// Its failure alone holds nothing back.
    HoldsNothingBack,
}

/// Something to know about a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// What it is.
    pub kind: AdviceKind,
    /// A sentence that says it and what to do about it.
    pub sentence: String,
}
