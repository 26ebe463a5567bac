//! One look at a canary, and why the looks end.

use judge_core::stage::Window;
use judge_core::{Judgement, MetricPair};
use serde::Serialize;
use thiserror::Error;

use crate::input::{FetchFailed, InputError};

/// One look, at the end of an interval.
#[derive(Debug)]
pub(super) struct Look {
    /// The window that was judged.
    pub(super) window: Window,
    /// The judgement, or why there is none.
    pub(super) judged: Result<JudgedLook, Unjudged>,
}

/// Why a look has no judgement.
#[derive(Debug, Error)]
pub(super) enum Unjudged {
    /// The source failed.
    #[error(transparent)]
    SourceFailed(FetchFailed),
    /// No query found a point on either side, as with a mistyped scope. That is no verdict on the canary.
    #[error("{}: {}", .0.origin, .0.problem)]
    NothingFound(InputError),
}

impl Unjudged {
    /// The reason, in one line.
    pub(super) fn first_line(&self) -> String {
        match self {
            Self::SourceFailed(failed) => failed.first_line(),
            Self::NothingFound(_) => self.to_string().lines().next().unwrap_or_default().to_owned(),
        }
    }

    /// The end of a watch whose last look has no judgement for this reason.
    pub(super) fn end(&self) -> WatchEnd {
        match self {
            Self::SourceFailed(_) => WatchEnd::SourceFailed,
            Self::NothingFound(_) => WatchEnd::NothingFound,
        }
    }
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
    /// No query found a point at the last look, so the end was not judged.
    NothingFound,
    /// A person or the system interrupted the watch.
    Interrupted,
}
