//! A series as level, noise and memory.
//!
//! Metrics remember: a slow minute follows a slow minute. Neighbouring points then say less than two
//! independent ones, and a test that forgets this cries wolf twice as often ([`super::memory`]).

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
    /// What is left of the points around one level.
    pub(super) flat: Trace,
    /// The same around the two levels of the best single step.
    pub(super) stepped: Option<Trace>,
}

/// Whether a step in the series may be taken for a change rather than for noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Steps {
    /// It is noise: of a baseline everything is.
    Noise,
    /// It may be a change, which would pass for noise and for memory.
    Sought,
}

/// Buffers.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    residuals: Vec<f64>,
    ordered: Vec<f64>,
}

impl Process {
    /// Describes `values`, in time order; `sorted` are the same, ascending, where known. O(n).
    pub(super) fn of(
        values: &[f64],
        sorted: Option<&[f64]>,
        steps: Steps,
        workspace: &mut Workspace,
    ) -> Self {
        let n = values.len();
        if n == 0 {
            return Self::default();
        }
        let Robust { median, scale } = match sorted {
            Some(sorted) => Robust::of_sorted(sorted),
            None => Robust::of(values, &mut workspace.ordered),
        };
        let reach = if scale > 0.0 { CLIP * scale } else { f64::INFINITY };
        let residuals = &mut workspace.residuals;
        residuals.clear();
        residuals.extend(values.iter().map(|value| (value - median).clamp(-reach, reach)));
        let offset = residuals.iter().sum::<f64>() / n as f64;
        let split = match steps {
            Steps::Sought => best_split(residuals, offset),
            Steps::Noise => None,
        };
        for residual in residuals.iter_mut() {
            *residual -= offset;
        }
        let flat = Trace::of(residuals, &[n]);
        let stepped = split.map(|split| {
            // Clipping around one middle would shorten a step, and look like noise beyond it.
            for (part, values) in [(0..split, &values[..split]), (split..n, &values[split..])] {
                let middle = Robust::of(values, &mut workspace.ordered);
                let reach = if middle.scale > 0.0 { CLIP * middle.scale } else { reach };
                let residuals = &mut residuals[part];
                for (residual, value) in residuals.iter_mut().zip(values) {
                    *residual = (value - middle.median).clamp(-reach, reach);
                }
                let mean = residuals.iter().sum::<f64>() / residuals.len() as f64;
                for residual in residuals {
                    *residual -= mean;
                }
            }
            Trace::of(residuals, &[split, n - split])
        });
        Self { median, mean: median + offset, scale, sd: 0.0, phi: 0.0, flat, stepped }
    }

    /// Takes note of its memory, and of whether its step is a change.
    pub(super) fn settle(&mut self, memory: &Memory, stepped: bool) {
        if !stepped {
            self.stepped = None;
        }
        self.sd = memory.average(|phi| self.variance(phi)).sqrt();
        self.phi = memory.average(|phi| phi);
    }

    /// That of the same points times `sign`, 1 or −1.
    pub(super) fn turned(self, sign: f64) -> Self {
        Self { median: sign * self.median, mean: sign * self.mean, ..self }
    }

    /// Degrees of freedom of its noise when one level leaves it so many `points`.
    pub(super) fn freedom(&self, points: f64) -> f64 {
        (points - if self.stepped.is_some() { 2.0 } else { 0.0 }).max(1.0)
    }

    /// That of the same points `by` higher.
    pub(super) fn moved(self, by: f64) -> Self {
        Self { median: self.median + by, mean: self.mean + by, ..self }
    }

    /// Variance of a point, if its memory is `phi`.
    pub(super) fn variance(&self, phi: f64) -> f64 {
        self.stepped.as_ref().unwrap_or(&self.flat).variance(phi)
    }
}

/// What the likelihood of an autoregression needs of a series' deviations from its levels.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trace {
    points: f64,
    levels: f64,
    /// Points of each level; of a lone level the second is 0.
    lengths: [f64; 2],
    squares: f64,
    /// Squares of the first and the last point.
    ends: f64,
    products: f64,
}

impl Trace {
    /// Of deviations from levels that last for `lengths` points.
    pub(super) fn of(deviations: &[f64], lengths: &[usize]) -> Self {
        let end = |value: Option<&f64>| value.map_or(0.0, |v| v * v);
        let length = |index: usize| lengths.get(index).copied().unwrap_or_default() as f64;
        Self {
            points: deviations.len() as f64,
            levels: lengths.len() as f64,
            lengths: [length(0), length(1)],
            squares: deviations.iter().map(|r| r * r).sum(),
            ends: end(deviations.first()) + end(deviations.last()),
            products: deviations.windows(2).map(|pair| pair[0] * pair[1]).sum(),
        }
    }

    pub(super) fn points(&self) -> f64 {
        self.points
    }

    /// Whether its points say anything of memory.
    pub(super) fn varies(&self) -> bool {
        self.squares > 0.0
    }

    /// The deviations' squares after whitening, in units of which each is one variance.
    fn whitened(&self, phi: f64) -> f64 {
        let inner = self.squares - self.ends;
        (self.squares + phi * (phi * inner - 2.0 * self.products)) / (1.0 - phi * phi)
    }

    /// Variance of a point, if memory is `phi`.
    pub(super) fn variance(&self, phi: f64) -> f64 {
        self.whitened(phi).max(0.0) / (self.points - self.levels).max(1.0)
    }

    /// The likelihood of `phi`.
    pub(super) fn likelihood(&self, phi: f64) -> Likelihood {
        let whitened = self.whitened(phi);
        if whitened <= 0.0 {
            return Likelihood { marginal: 0.0, fit: f64::INFINITY };
        }
        // 1ᵀV⁻¹1: how many independent points a level is worth.
        let worth = |length: f64| ((length - (length - 2.0) * phi) / (1.0 + phi)).max(1.0);
        let worth = (worth(self.lengths[0]) * worth(self.lengths[1])).ln();
        let whitened = whitened.ln();
        let determinant = (self.points - 1.0) * (1.0 - phi * phi).ln();
        Likelihood {
            marginal: -0.5 * (determinant + worth + (self.points - self.levels) * whitened),
            fit: -0.5 * (determinant + (self.points - 1.0) * whitened),
        }
    }
}

/// Logarithms of likelihoods of a φ.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likelihood {
    /// With levels and noise integrated out: comparable between φ, but not between numbers of levels,
    /// as a level has a unit.
    pub(super) marginal: f64,
    /// With the best levels: comparable between numbers of levels.
    pub(super) fit: f64,
}

/// The split into two levels that removes most of the squares.
fn best_split(residuals: &[f64], offset: f64) -> Option<usize> {
    /// A level needs so many points.
    const SHORTEST: usize = 3;
    let n = residuals.len();
    let mut sum = 0.0;
    let mut best = (0.0, None);
    for (index, residual) in residuals.iter().enumerate() {
        let before = index as f64;
        if index >= SHORTEST && n - index >= SHORTEST {
            let gain = sum * sum / (before * (n as f64 - before));
            if gain > best.0 {
                best = (gain, Some(index));
            }
        }
        sum += residual - offset;
    }
    best.1
}
