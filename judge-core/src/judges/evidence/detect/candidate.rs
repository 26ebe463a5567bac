//! A late change of one length.

use crate::judges::evidence::prepare::posterior::Posterior;

/// A candidate: its p-value, and how much higher the end is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) p: f64,
    pub(super) length: usize,
    pub(super) end: Posterior,
}

impl Candidate {
    /// The same with `cost` times the p-value.
    pub(super) fn at(self, cost: f64) -> Self {
        Self { p: (cost * self.p).min(1.0), ..self }
    }
}
