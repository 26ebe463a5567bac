//! The metrics that can have an allowance, and how much their healthy windows differ.

use judge_core::config::{Direction, EffectMeasure};

use super::allowance::AllowanceForm;
use super::spread::{self, WindowSpread};
use crate::inputs::{CalibratedMetric, Inputs};
use crate::pairs::WindowLayout;

/// A metric that can have an allowance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AllowanceCandidate {
    pub(super) form: AllowanceForm,
    /// The limit, which a healthy difference exceeds as rarely as this metric may fail.
    pub(super) limit: f64,
    /// The largest useful size.
    pub(super) largest: f64,
    /// The spread from which `limit` was computed; `None` if the metric never differs.
    pub(super) spread: Option<WindowSpread>,
}

/// Why a metric cannot have an allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skipped {
    /// The history has no point of it.
    NotInHistory,
    /// It does not count in the score.
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

/// Chooses the form of a metric's allowance from its whole history.
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

/// Whether no value is below 0 and the mean of every window is above 0.
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

/// Number of tests that share the target: one per metric and harmful direction.
fn count_tests(inputs: &Inputs, forms: &[Result<AllowanceForm, Skipped>]) -> f64 {
    let candidates = inputs.metrics.iter().zip(forms).filter(|(_, form)| form.is_ok());
    let sides = |direction| if direction == Direction::Either { 2 } else { 1 };
    candidates.map(|(metric, _)| sides(metric.config.direction)).sum::<u32>().max(1).into()
}

/// Measures each metric on the history of `inputs`. Each may fail a share of `target`, split as by Bonferroni (1936).
/// `largest` is the largest useful allowance, as a share.
pub(super) fn measure(
    inputs: &Inputs,
    layout: WindowLayout,
    forms: &[Result<AllowanceForm, Skipped>],
    target: f64,
    largest: f64,
) -> Vec<Result<AllowanceCandidate, Skipped>> {
    let tail = target / count_tests(inputs, forms);
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
    /// The limit if the history were long.
    pub(super) fn limit_of_long_history(
        &self,
        inputs: &Inputs,
        forms: &[Result<AllowanceForm, Skipped>],
        target: f64,
    ) -> f64 {
        let tail = target / count_tests(inputs, forms);
        self.spread.map_or(0.0, |spread| spread.limit_of_long_history(tail))
    }
}
