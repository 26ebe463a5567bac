//! One stretch of the canary.

use crate::judges::evidence::prepare::posterior::Posterior;
use crate::judges::evidence::prepare::regression::Stretch;

/// A candidate: its p-value, and how much higher the stretch is than the baseline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) p: f64,
    pub(super) stretch: Stretch,
    pub(super) height: Posterior,
}
