//! The tests of `EvidenceJudge-v1`, by name.

use serde::{Deserialize, Serialize};

/// What a test looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TestKind {
    /// The canary's level differs.
    Location,
    /// The canary ends worse than it began.
    EndState,
    /// The canary varies more.
    Spread,
    /// Single points stand out from everything the baseline did.
    Tail,
    /// The canary's bad points come in runs.
    Excursions,
    /// Events are more frequent.
    Events,
    /// A transient at the start, which is then not judged.
    StartUp,
    /// Large differences of the same time are mostly the canary's.
    Bursts,
    /// Mann and Whitney's test, which is shown and decides nothing by itself.
    MannWhitney,
    /// The canary stops to report, or reports one value.
    Silence,
}

impl TestKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Location,
        Self::EndState,
        Self::Spread,
        Self::Tail,
        Self::Excursions,
        Self::Events,
        Self::StartUp,
        Self::Bursts,
        Self::MannWhitney,
        Self::Silence,
    ];

    /// Whether harm that it finds fails the metric; the others are shown.
    pub fn decides(self) -> bool {
        !matches!(self, Self::StartUp | Self::MannWhitney | Self::Silence)
    }

    /// Its name in configs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Location => "location",
            Self::EndState => "endState",
            Self::Spread => "spread",
            Self::Tail => "tail",
            Self::Excursions => "excursions",
            Self::Events => "events",
            Self::StartUp => "startUp",
            Self::Bursts => "bursts",
            Self::MannWhitney => "mannWhitney",
            Self::Silence => "silence",
        }
    }
}
