//! The metrics that can have an allowance, and the size of their healthy differences.

use judge_core::config::{Direction, EffectMeasure};

use super::allowance::AllowanceForm;
use super::spread::{self, WindowSpread};
use crate::inputs::{CalibratedMetric, Inputs};
use crate::pairs::WindowLayout;

/// A metric that can have an allowance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AllowanceCandidate {
    pub(super) form: AllowanceForm,
    /// The limit that a healthy difference exceeds as rarely as this metric may fail.
    pub(super) limit: f64,
    /// The largest useful size.
    pub(super) largest: f64,
    /// What `limit` was computed from; `None` where nothing moves.
    pub(super) spread: Option<WindowSpread>,
}

/// Why a metric cannot have an allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skipped {
    /// The history has no point of it.
    NotInHistory,
    /// It counts in no score.
    Muted,
    /// It has one value throughout.
    Constant,
    /// Its allowances are probabilities.
    Cles,
    /// It is 0 or below in some window, and the judge reads no allowance in the metric's unit.
    NotAboveZero,
    /// Fewer than two windows can be compared.
    FewWindows,
}

impl Skipped {
    /// Whether the metric may raise false alarms that an allowance would prevent.
    pub(super) fn is_in_need(self) -> bool {
        matches!(self, Self::Cles | Self::NotAboveZero | Self::FewWindows)
    }
}

/// The judge that reads `minimumAbsolute`.
const EVIDENCE: &str = "EvidenceJudge-v1";

/// The form of a metric's allowance, from its whole history.
pub(super) fn form(
    metric: &CalibratedMetric,
    inputs: &Inputs,
    layout: WindowLayout,
) -> Result<AllowanceForm, Skipped> {
    if metric.config.muted {
        return Err(Skipped::Muted);
    }
    if !metric.is_known() {
        return Err(Skipped::NotInHistory);
    }
    if metric.profile.mode_share >= 1.0 {
        return Err(Skipped::Constant);
    }
    if is_above_zero(metric, inputs, layout) {
        return match metric.config.effect_size.measure() {
            EffectMeasure::MeanRatio => Ok(AllowanceForm::Relative),
            EffectMeasure::Cles => Err(Skipped::Cles),
        };
    }
    if inputs.judge.name() == EVIDENCE {
        Ok(AllowanceForm::Absolute)
    } else {
        Err(Skipped::NotAboveZero)
    }
}

/// Whether no value is below 0 and the mean of every window is above it.
fn is_above_zero(metric: &CalibratedMetric, inputs: &Inputs, layout: WindowLayout) -> bool {
    if inputs.history.series(metric.name).flatten().any(|value| *value < 0.0) {
        return false;
    }
    let recordings = inputs.history.recordings().iter();
    recordings
        .flat_map(|recording| (0..recording.instances().len()).map(move |at| (recording, at)))
        .all(|(recording, instance)| {
            let windows = recording.points() / layout.points.max(1);
            (0..windows).all(|window| {
                let window = window * layout.points..(window + 1) * layout.points;
                spread::level(recording, instance, metric, None, window)
                    .is_none_or(|mean| mean > 0.0)
            })
        })
}

/// Number of metrics and directions that share the target.
fn questions(inputs: &Inputs, forms: &[Result<AllowanceForm, Skipped>]) -> f64 {
    let asked = inputs.metrics.iter().zip(forms).filter(|(_, form)| form.is_ok());
    let sides = |direction| if direction == Direction::Either { 2 } else { 1 };
    asked.map(|(metric, _)| sides(metric.config.direction)).sum::<u32>().max(1).into()
}

/// Measures each metric on the history of `inputs`; each may fail a share of `target`, as Bonferroni
/// (1936) splits it. `largest` is the largest allowance of use, as a share.
pub(super) fn measure(
    inputs: &Inputs,
    layout: WindowLayout,
    forms: &[Result<AllowanceForm, Skipped>],
    target: f64,
    largest: f64,
) -> Vec<Result<AllowanceCandidate, Skipped>> {
    let tail = target / questions(inputs, forms);
    let measure = |(metric, form): (&CalibratedMetric, &Result<AllowanceForm, Skipped>)| {
        let form = (*form)?;
        let exposure = metric.config.evidence.kind.exposure();
        let exposure = exposure.filter(|_| form == AllowanceForm::Relative);
        let spread = WindowSpread::measure(inputs.history, layout, metric, exposure, form);
        let spread = spread.ok_or(Skipped::FewWindows)?;
        let values = inputs.history.series(metric.name).flatten();
        let farthest =
            values.filter(|value| value.is_finite()).fold(0.0, |m: f64, v| m.max(v.abs()));
        Ok(AllowanceCandidate {
            form,
            limit: spread.limit(tail),
            largest: form.largest(largest, farthest),
            spread: Some(spread),
        })
    };
    inputs.metrics.iter().zip(forms).map(measure).collect()
}

impl AllowanceCandidate {
    /// The limit for a long history.
    pub(super) fn limit_of_long_history(
        &self,
        inputs: &Inputs,
        forms: &[Result<AllowanceForm, Skipped>],
        target: f64,
    ) -> f64 {
        let tail = target / questions(inputs, forms);
        self.spread.map_or(0.0, |spread| spread.limit_of_long_history(tail))
    }
}
