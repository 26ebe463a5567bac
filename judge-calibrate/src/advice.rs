//! Advice about a metric.

use serde::Serialize;

/// The problem of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum AdviceKind {
    /// The history has no point of it.
    NotInHistory,
    /// It has one value throughout, so the history does not show its noise.
    Constant,
    /// Nearly all its points have one value.
    NearlyConstant,
    /// Too many points are missing.
    Sparse,
    /// Healthy sides differ in most pairs.
    AlwaysDifferent,
    /// It fails healthy canaries too often.
    FalseAlarms,
    /// The requested change is not found in the longest window.
    TooNoisy,
    /// The config allows the requested change.
    Allowed,
    /// Its effect size is a ratio of means, which reverses its direction for means below 0.
    BelowZero,
    /// If only it fails, the canary still passes.
    HoldsNothingBack,
}

/// Advice about a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// The problem.
    pub kind: AdviceKind,
    /// A sentence that states the problem and what to do.
    pub sentence: String,
}
