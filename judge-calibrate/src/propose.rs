//! Finds allowances with which a config raises few enough false alarms.
//!
//! ```text
//! history --> spread of healthy windows --> limits --> scaled until few healthy pairs are held back
//!        \--> parts that are held out ----> judged before and after: false alarms
//! ```

mod allowance;
mod candidate;
mod fit;
mod folds;
mod note;
mod proposal;
mod spread;

use std::sync::atomic::{AtomicUsize, Ordering};

use judge_core::JudgeError;

pub use allowance::Allowance;
pub use folds::HeldOut;
pub use proposal::{
    MetricProposal, Proposal, ProposalEffect, ProposalKind, ProposalTarget, SpreadFigures,
};

use self::allowance::AllowanceForm;
use self::candidate::{AllowanceCandidate, Skipped};
use self::fit::{Fitted, FittedAllowance, SearchRule, Stopped};
use self::folds::Fold;
use self::note::NoteContext;
use crate::calibration::SmallestChange;
use crate::calibrator::{Calibrator, Progress};
use crate::change::ChangeKind;
use crate::error::CalibrateError;
use crate::healthy_pairs::HealthyOutcomes;
use crate::inputs::{CalibratedMetric, Inputs};
use crate::jobs::{self, Figure, Job, Subject};
use crate::options::Options;
use crate::pairs::{PairPlan, WindowLayout};

/// Number of pairs for the smallest shift: it needs more judgements a pair, and a power of 0.8 needs fewer pairs than
/// a share of 1 %.
const PAIRS_FOR_POWER: usize = 200;

impl Calibrator<'_> {
    /// Proposes allowances for the metrics of the config.
    ///
    /// The options contain one length of window. Each metric's limit is the difference that a new pair of healthy
    /// windows exceeds as rarely as its part of the target allows. From there we scale the allowances by judging
    /// healthy pairs with the whole config; see `docs/calibration.md`.
    ///
    /// # What it does not mean
    /// The false alarms are those of the history's instances, at times like the history's. A few instances that
    /// always differ do not show how much others will differ.
    ///
    /// # Cost
    /// Judgements: about 3 per pair, and 18 per metric and pair, for at most 200 pairs.
    ///
    /// # Errors
    /// If an option is out of range, there is more than one length of window, the history has no metric of the config
    /// or no such window, or the judge refuses the config.
    pub fn propose(
        &self,
        target: ProposalTarget,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Proposal, CalibrateError> {
        self.options.check()?;
        let inputs = self.inputs()?;
        let windows = inputs.windows();
        let &[minutes] = windows.as_slice() else {
            return Err(CalibrateError::Lengths { got: windows.len() });
        };
        let plan = inputs.plan(minutes).ok_or_else(|| inputs.too_short(&windows))?;
        let layout = inputs.layout(plan.points);
        let form = |metric| candidate::form(metric, &inputs, layout);
        let forms: Vec<Result<AllowanceForm, Skipped>> = inputs.metrics.iter().map(form).collect();
        let rule = SearchRule::new(target.false_alarms(), plan.independent());
        let proposer = Proposer { minutes, layout, forms: &forms, target, rule };
        let held_out = HeldOut::choose(self.history, layout);
        let folds = folds::folds(self.history, layout, held_out);
        let powers = 2 * (inputs.metrics.iter().filter(|metric| metric.has_size()).count() + 1);
        let total = 1 + folds.len() + powers;
        let done = AtomicUsize::new(0);
        let one_done = || {
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Progress { done, total });
        };
        let (candidates, fitted) = proposer.fit(&inputs, &plan)?;
        one_done();
        let judged = proposer.judge(&inputs, &folds, &fitted, &one_done)?;
        let [before, after] = smallest_shifts(&inputs, &fitted, minutes, &one_done)?;
        let effect = |index: Option<usize>| {
            let share = |healthy: &HealthyOutcomes| {
                index.map_or_else(|| healthy.held_back(), |index| healthy.false_alarms(index))
            };
            let shift = |shifts: &[Option<SmallestChange>]| {
                shifts.get(index.unwrap_or(inputs.metrics.len())).copied().flatten()
            };
            ProposalEffect {
                false_alarms_before: share(&judged.before),
                false_alarms_after: share(&judged.after),
                shift_before: shift(&before),
                shift_after: shift(&after),
            }
        };
        let metrics = inputs.metrics.iter().zip(&candidates).enumerate();
        let metrics = metrics.map(|(index, (metric, candidate))| {
            let fitted = (fitted.found[index], fitted.stopped[index]);
            proposer.metric(metric, candidate, fitted, effect(Some(index)), &inputs)
        });
        let mut sides = fitted.config.metrics.iter().zip(&fitted.muted.metrics);
        let mutes = sides.any(|(written, muted)| written.muted != muted.muted);
        let is_judged = fitted.muted.metrics.iter().any(|metric| !metric.muted);
        Ok(Proposal {
            judge: self.judge.name().to_owned(),
            target,
            power: self.options.power,
            seed: self.options.seed,
            history: inputs.summary(Some(&plan)),
            window: inputs.window(minutes, Some(&plan)),
            shows_enough: rule.shows_enough(),
            held_out,
            effect: effect(None),
            muted: judged.muted.held_back().filter(|_| mutes && is_judged),
            metrics: metrics.collect(),
        })
    }
}

/// The inputs that are the same for the whole history and for each fold.
struct Proposer<'a> {
    minutes: f64,
    layout: WindowLayout,
    forms: &'a [Result<AllowanceForm, Skipped>],
    target: ProposalTarget,
    rule: SearchRule,
}

/// Outcomes of the held-out pairs.
#[derive(Default)]
struct HeldOutOutcomes {
    before: HealthyOutcomes,
    after: HealthyOutcomes,
    muted: HealthyOutcomes,
}

impl Proposer<'_> {
    fn fit(
        &self,
        inputs: &Inputs,
        plan: &PairPlan,
    ) -> Result<(Vec<Result<AllowanceCandidate, Skipped>>, Fitted), JudgeError> {
        let Self { layout, forms, target, rule, .. } = *self;
        let (false_alarms, largest) = (target.false_alarms(), target.largest());
        let candidates = candidate::measure(inputs, layout, forms, false_alarms, largest);
        let fitted = fit::fit(inputs, plan, &candidates, rule)?;
        Ok((candidates, fitted))
    }

    /// Judges the held-out part of each fold with allowances fitted to the rest of the history. Judges it again
    /// without the metrics for which `proposed` has no allowance.
    fn judge(
        &self,
        inputs: &Inputs,
        folds: &[Fold],
        proposed: &Fitted,
        one_done: &(dyn Fn() + Sync),
    ) -> Result<HeldOutOutcomes, JudgeError> {
        let mut judged = HeldOutOutcomes::default();
        let pairs = inputs.options.pairs.div_ceil(folds.len().max(1));
        for Fold { fit, held_out } in folds {
            let rest = inputs.with_history(fit);
            let fitted = match rest.plan(self.minutes) {
                Some(plan) => Some(self.fit(&rest, &plan)?.1),
                None => None,
            };
            let test = inputs.with_history(held_out);
            let test = test.with_options(Options { pairs, ..inputs.options.clone() });
            if let Some((fitted, plan)) = fitted.zip(test.plan(self.minutes)) {
                judged.before.join(test.healthy(&plan)?);
                judged.after.join(test.with_config(&fitted.config).healthy(&plan)?);
                let muted = proposed.mute(&fitted.config);
                judged.muted.join(test.with_config(&muted).healthy(&plan)?);
            }
            one_done();
        }
        Ok(judged)
    }

    fn metric(
        &self,
        metric: &CalibratedMetric,
        candidate: &Result<AllowanceCandidate, Skipped>,
        (found, stopped): (Option<FittedAllowance>, Option<Stopped>),
        effect: ProposalEffect,
        inputs: &Inputs,
    ) -> MetricProposal {
        let name = metric.name.to_owned();
        let target = self.target.false_alarms();
        let long = |candidate: &AllowanceCandidate| {
            candidate.limit_of_long_history(inputs, self.forms, target)
        };
        let about = NoteContext {
            judge: inputs.judge.name(),
            minutes: self.minutes,
            largest: self.target.largest(),
            limit_of_long_history: candidate.as_ref().map_or(0.0, long),
        };
        let candidate = match candidate {
            Ok(candidate) => candidate,
            Err(why) => {
                let (kind, note) = (why.kind(), note::skipped(*why, &about));
                return MetricProposal { name, kind, allowance: None, spread: None, effect, note };
            }
        };
        let absolute =
            metric.config.evidence.minimum_change(&inputs.config.evidence).absolute.get();
        let now = Allowance::from_config(metric.config, absolute, candidate.form);
        let (kind, allowance, note) = match (found, stopped) {
            (Some(found), _) if !found.needed && self.rule.shows_enough() => {
                (ProposalKind::NotNeeded, None, None)
            }
            (Some(found), _) if !found.needed => {
                (ProposalKind::NoneSeen, None, note::none_seen(candidate, &about))
            }
            (Some(found), _) if found.allowance == now => (ProposalKind::Kept, None, None),
            (Some(found), _) => {
                (ProposalKind::Allow, Some(found.allowance), note::found(candidate))
            }
            (None, why) => {
                let why = why.unwrap_or(Stopped::TooLarge);
                (why.kind(), None, note::stopped(why, candidate, &about))
            }
        };
        let spread = candidate.figures();
        MetricProposal { name, kind, allowance, spread, effect, note }
    }
}

impl AllowanceCandidate {
    fn figures(&self) -> Option<SpreadFigures> {
        let spread = self.spread?;
        let size = |size: f64| match self.form {
            AllowanceForm::Relative => size.exp_m1(),
            AllowanceForm::Absolute => size,
        };
        Some(SpreadFigures {
            difference: size(spread.rms),
            limit: size(self.limit),
            relative: self.form == AllowanceForm::Relative,
            windows: spread.windows,
            instances: spread.instances,
            lasting: spread.lasting,
        })
    }
}

impl Skipped {
    fn kind(self) -> ProposalKind {
        match self {
            Self::NotInHistory => ProposalKind::NotInHistory,
            Self::Muted => ProposalKind::Muted,
            Self::Constant => ProposalKind::Constant,
            Self::Cles => ProposalKind::Cles,
            Self::NotAboveZero => ProposalKind::NotAboveZero,
            Self::FewWindows => ProposalKind::FewWindows,
        }
    }
}

impl Stopped {
    fn kind(self) -> ProposalKind {
        match self {
            Self::TooLarge => ProposalKind::TooLarge,
            Self::NoHelp => ProposalKind::NoHelp,
        }
    }
}

/// The smallest detected shift of each metric, then of the whole config: before and after.
fn smallest_shifts(
    inputs: &Inputs,
    fitted: &Fitted,
    minutes: f64,
    one_done: &(dyn Fn() + Sync),
) -> Result<[Vec<Option<SmallestChange>>; 2], JudgeError> {
    let pairs = inputs.options.pairs.min(PAIRS_FOR_POWER);
    let inputs = inputs.with_options(Options { pairs, ..inputs.options.clone() });
    let Some(plan) = inputs.plan(minutes) else { return Ok([Vec::new(), Vec::new()]) };
    let subjects = inputs.metrics.iter().enumerate();
    let subjects =
        subjects.map(|(index, metric)| metric.has_size().then_some(Subject::Metric(index)));
    let subjects: Vec<Option<Subject>> = subjects.chain([Some(Subject::Config)]).collect();
    let shift = |subject: &Subject| Job::Smallest {
        subject: *subject,
        kind: ChangeKind::Shift,
        plan: &plan,
    };
    let jobs: Vec<Job> = subjects.iter().flatten().map(shift).collect();
    let found = |inputs: &Inputs| -> Result<Vec<Option<SmallestChange>>, JudgeError> {
        let mut figures = jobs::run(&jobs, inputs, one_done)?.into_iter();
        let smallest = |subject: &Option<Subject>| match subject.and_then(|_| figures.next()) {
            Some(Figure::Smallest(smallest)) => Some(smallest),
            _ => None,
        };
        Ok(subjects.iter().map(smallest).collect())
    };
    Ok([found(&inputs)?, found(&inputs.with_config(&fitted.config))?])
}
