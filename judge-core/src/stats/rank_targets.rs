//! Which order statistics of the differences are looked for, and what is found.

/// Up to so many differences are formed and selected from.
pub(super) const DIRECT: usize = 256;
/// How many ranges of ranks are looked for at once.
pub(super) const TARGETS: usize = 3;

/// Ranks of the differences, counted from 1, from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ranks {
    pub(super) first: u64,
    pub(super) last: u64,
}

/// The differences at the two ends of [`Ranks`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ends {
    pub(super) first: f64,
    pub(super) last: f64,
}

impl Ends {
    pub(super) const UNKNOWN: Self = Self { first: f64::NAN, last: f64::NAN };
}
