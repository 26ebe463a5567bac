//! A series as level, noise and memory.
//!
//! Metrics remember: a slow minute follows a slow minute. Neighbouring points then say less than two
//! independent ones, and a test that forgets this cries wolf twice as often ([`super::memory`]).

use std::ops::Range;

use super::memory::Memory;
use super::robust::Robust;

/// Beyond so many robust standard deviations a point counts as if it were there: one spike is not a
/// level. Huber (1964) has 1.5; at 2.5 a normal mean loses 1 % of its precision.
const CLIP: f64 = 2.5;

/// Level, noise and memory of a series.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Process {
    /// Middle of the points.
    pub(super) median: f64,
    /// Mean after clipping.
    pub(super) mean: f64,
    /// Robust standard deviation: moved least by points that stand out.
    pub(super) scale: f64,
    /// Standard deviation of the noise, outliers clipped; known once memory is.
    pub(super) sd: f64,
    /// Mean of the φ that its points allow.
    pub(super) phi: f64,
    /// What is left of the points around their level.
    pub(super) trace: Trace,
}

/// Buffers.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    residuals: Vec<f64>,
    ordered: Vec<f64>,
}

impl Process {
    /// Describes `values`, in time order. O(n).
    pub(super) fn of(values: &[f64], workspace: &mut Workspace) -> Self {
        if values.is_empty() {
            return Self::default();
        }
        let robust = Robust::of(values, &mut workspace.ordered);
        Self::within(values, robust, robust.fences(CLIP), workspace)
    }

    /// Describes both of two `sides`, canary and baseline, each in time order and ascending. They share
    /// the fences to which points are clipped, so far from their middles as the baseline's noise says:
    /// of skewed or coarse values other fences would make another mean.
    pub(super) fn of_both(sides: [(&[f64], &[f64]); 2], workspace: &mut Workspace) -> [Self; 2] {
        if sides.iter().any(|(values, _)| values.is_empty()) {
            return sides.map(|(values, _)| Self::of(values, workspace));
        }
        let robust = sides.map(|(_, sorted)| Robust::of_sorted(sorted));
        let scale = if robust[1].scale > 0.0 { robust[1].scale } else { robust[0].scale };
        let fences = robust.map(|side| Robust { scale, ..side }.fences(CLIP));
        let fences = fences[0].start.min(fences[1].start)..fences[0].end.max(fences[1].end);
        [0, 1].map(|side| Self::within(sides[side].0, robust[side], fences.clone(), workspace))
    }

    /// Describes `values`, of which those outside of `fences` count as if they were there.
    fn within(
        values: &[f64],
        Robust { median, scale }: Robust,
        fences: Range<f64>,
        workspace: &mut Workspace,
    ) -> Self {
        let residuals = &mut workspace.residuals;
        residuals.clear();
        residuals.extend(values.iter().map(|value| value.clamp(fences.start, fences.end) - median));
        let offset = residuals.iter().sum::<f64>() / values.len() as f64;
        for residual in residuals.iter_mut() {
            *residual -= offset;
        }
        let trace = Trace::of(residuals);
        Self { median, mean: median + offset, scale, sd: 0.0, phi: 0.0, trace }
    }

    /// Takes note of its memory.
    pub(super) fn settle(&mut self, memory: &Memory) {
        self.sd = memory.average(|phi| self.variance(phi)).sqrt();
        self.phi = memory.average(|phi| phi);
    }

    /// That of the same points times `sign`, 1 or −1.
    pub(super) fn turned(self, sign: f64) -> Self {
        Self { median: sign * self.median, mean: sign * self.mean, ..self }
    }

    /// That of the same points `by` higher.
    pub(super) fn moved(self, by: f64) -> Self {
        Self { median: self.median + by, mean: self.mean + by, ..self }
    }

    /// Variance of a point, if its memory is `phi`.
    pub(super) fn variance(&self, phi: f64) -> f64 {
        self.trace.variance(phi)
    }
}

/// What the likelihood of an autoregression needs of a series' deviations from its level.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trace {
    points: f64,
    squares: f64,
    /// Squares of the first and the last point.
    ends: f64,
    products: f64,
}

impl Trace {
    pub(super) fn of(deviations: &[f64]) -> Self {
        let end = |value: Option<&f64>| value.map_or(0.0, |v| v * v);
        Self {
            points: deviations.len() as f64,
            squares: deviations.iter().map(|r| r * r).sum(),
            ends: end(deviations.first()) + end(deviations.last()),
            products: deviations.windows(2).map(|pair| pair[0] * pair[1]).sum(),
        }
    }

    /// Whether its points say anything of memory.
    pub(super) fn varies(&self) -> bool {
        self.squares > 0.0
    }

    /// The deviations' squares after whitening, in units of which each is the variance of an innovation,
    /// 1 − φ² of a point's.
    fn whitened(&self, phi: f64) -> f64 {
        let inner = self.squares - self.ends;
        self.squares + phi * (phi * inner - 2.0 * self.products)
    }

    /// Variance of a point, if memory is `phi`.
    pub(super) fn variance(&self, phi: f64) -> f64 {
        self.whitened(phi).max(0.0) / ((1.0 - phi * phi) * (self.points - 1.0).max(1.0))
    }

    /// The logarithm of the likelihood of `phi`, level and noise integrated out.
    pub(super) fn likelihood(&self, phi: f64) -> f64 {
        let whitened = self.whitened(phi);
        if whitened <= 0.0 {
            return 0.0;
        }
        // 1ᵀV⁻¹1: how many independent points the level is worth.
        let worth = ((self.points - (self.points - 2.0) * phi) / (1.0 + phi)).max(1.0);
        // The determinant's 1 − φ² is in it already.
        -0.5 * (worth.ln() + (self.points - 1.0) * whitened.ln())
    }
}
