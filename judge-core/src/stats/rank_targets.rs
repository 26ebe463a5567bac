//! Ranks of differences that are looked for, and the differences found.

/// Up to this many differences are formed explicitly.
pub(super) const DIRECT: usize = 256;
/// Number of ranges of ranks that are looked for at once.
pub(super) const TARGETS: usize = 3;

/// Ranks of the differences, counted from 1, from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RankRange {
    pub(super) first: u64,
    pub(super) last: u64,
}

/// The differences at the two ends of [`RankRange`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ends {
    pub(super) first: f64,
    pub(super) last: f64,
}

impl Ends {
    pub(super) const UNKNOWN: Self = Self { first: f64::NAN, last: f64::NAN };
}
