//! One look at a canary, and why the looks end.

use judge_core::stage::Window;
use judge_core::{Judgement, MetricPair};
use serde::Serialize;

use crate::input::FetchFailed;

/// One look, at the end of an interval.
#[derive(Debug)]
pub(super) struct Look {
    /// The window that was judged.
    pub(super) window: Window,
    /// The judgement, or the failure of the source.
    pub(super) judged: Result<JudgedLook, FetchFailed>,
}

/// A look that was judged.
#[derive(Debug)]
pub(super) struct JudgedLook {
    pub(super) judgement: Judgement,
    pub(super) pairs: Vec<MetricPair>,
    /// Warnings about the series.
    pub(super) warnings: Vec<String>,
}

/// Why the looks ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum WatchEnd {
    /// The rule stopped the canary.
    Stopped,
    /// Harm of the size that matters was ruled out.
    PassedEarly,
    /// The lifetime is over.
    Lifetime,
    /// The source failed during a whole interval that may not be skipped, so the end was not judged.
    SourceFailed,
    /// A person or the system interrupted the watch.
    Interrupted,
}
