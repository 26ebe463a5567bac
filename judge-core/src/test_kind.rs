//! The tests of `EvidenceJudge-v1`, by name.

use serde::{Deserialize, Serialize};

/// A test of `EvidenceJudge-v1`, named for the change it looks for.
///
/// # Example
/// ```
/// use judge_core::TestKind;
///
/// let deciding: Vec<&str> =
///     TestKind::ALL.into_iter().filter(|test| test.decides()).map(TestKind::name).collect();
/// assert!(deciding.contains(&"location") && !deciding.contains(&"mannWhitney"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TestKind {
    /// The canary's mean differs.
    Location,
    /// The canary is worse for a stretch of its window, mostly to its end.
    EndState,
    /// The canary varies more (dispersion).
    Spread,
    /// Single points lie far outside the range of the baseline.
    Tail,
    /// The canary's bad points come in runs.
    Excursions,
    /// Events are more frequent.
    Events,
    /// A warm-up transient, which is then left out.
    StartUp,
    /// Large differences between points of the same time go mostly in the harmful direction.
    Bursts,
    /// The Mann–Whitney test. It is shown and decides nothing by itself.
    MannWhitney,
    /// The canary stops reporting, or repeats one value. It is shown and decides nothing by itself.
    Silence,
}

impl TestKind {
    /// All tests, in the order of their numbers in the contract.
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

    /// Whether harm that the test finds fails the metric. Other tests are only shown.
    pub fn decides(self) -> bool {
        !matches!(self, Self::StartUp | Self::MannWhitney | Self::Silence)
    }

    /// Name of the test in configs.
    pub const fn name(self) -> &'static str {
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
