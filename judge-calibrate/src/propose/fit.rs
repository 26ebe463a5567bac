//! Fits allowances with which a config raises few enough false alarms.

use judge_core::{CanaryConfig, JudgeError};

use super::allowance::{Allowance, AllowanceForm};
use super::candidate::{AllowanceCandidate, Skipped};
use crate::healthy_pairs::{HealthyOutcomes, PairOutcome};
use crate::inputs::Inputs;
use crate::pairs::PairPlan;

/// Allowances to try, in multiples of the limit of a metric's healthy differences.
const SCALES: [f64; 9] = [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0];
/// The index of the limit itself.
const AT_LIMIT: usize = 4;

/// Where the search starts and when it ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SearchRule {
    /// The index of the first scale.
    start: usize,
    /// The largest share of healthy pairs that may be held back.
    alarms: f64,
}

impl SearchRule {
    /// Chooses the rule for a share `target` of false alarms, measured on `independent` pairs.
    ///
    /// If h of n pairs are held back, the next pair is held back with probability (h + 1) / (n + 1), since it is
    /// equally likely to take any rank among all n + 1 (Vovk, Gammerman and Shafer 2005, "Algorithmic learning in a
    /// random world", sec. 2.2). If the history has enough pairs for this probability to reach the target, allowances
    /// start from none. Fewer pairs cannot show that a smaller allowance suffices, so allowances start from the limit
    /// of healthy differences.
    pub(super) fn new(target: f64, independent: f64) -> Self {
        const ERROR: f64 = 1e-12;
        let held_back = (independent + 1.0) * target - 1.0;
        if held_back >= -ERROR {
            Self { start: 0, alarms: (held_back / independent).max(0.0) + ERROR }
        } else {
            Self { start: AT_LIMIT, alarms: target }
        }
    }

    /// Whether the search starts without allowances.
    pub(super) fn shows_enough(self) -> bool {
        self.start == 0
    }
}

impl Fitted {
    /// Mutes those metrics of `config` that need an allowance and have none here. `config` has the same metrics.
    pub(super) fn mute(&self, config: &CanaryConfig) -> CanaryConfig {
        let mut config = config.clone();
        for (metric, muted) in config.metrics.iter_mut().zip(&self.muted.metrics) {
            metric.muted |= muted.muted;
        }
        config
    }
}

/// Why no useful allowance was found for a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// It would be larger than the largest useful allowance.
    TooLarge,
    /// No allowance reduces the false alarms.
    NoHelp,
}

/// State of the search for one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
struct MetricState {
    scale: usize,
    stopped: Option<Stopped>,
}

/// Result of the search.
#[derive(Debug, Clone)]
pub(super) struct Fitted {
    /// The allowance of each metric; `None` if it has no useful one.
    pub(super) found: Vec<Option<FittedAllowance>>,
    /// Whether each metric is muted in `muted`.
    mutes: Vec<bool>,
    /// Why a metric that could have an allowance has none.
    pub(super) stopped: Vec<Option<Stopped>>,
    /// The config with the allowances.
    pub(super) config: CanaryConfig,
    /// The same config, but metrics that need an allowance and have none are muted.
    pub(super) muted: CanaryConfig,
}

/// An allowance that the search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FittedAllowance {
    pub(super) allowance: Allowance,
    /// Whether the metric needs an allowance above zero.
    pub(super) needed: bool,
}

/// Raises the allowances of the metrics that fail in healthy pairs of `plan` until few enough pairs are held back, or
/// no allowance is left to raise.
pub(super) fn fit(
    inputs: &Inputs,
    plan: &PairPlan,
    metrics: &[Result<AllowanceCandidate, Skipped>],
    rule: SearchRule,
) -> Result<Fitted, JudgeError> {
    let begin = |metric: &Result<AllowanceCandidate, Skipped>| {
        let is_small = metric.is_ok_and(|candidate| candidate.limit <= candidate.largest);
        MetricState { scale: if is_small { rule.start } else { 0 }, stopped: None }
    };
    let states = metrics.iter().map(begin).collect();
    AllowanceSearch { inputs, plan, metrics, rule, states, hard: plan.clone() }.run()
}

struct AllowanceSearch<'a> {
    inputs: &'a Inputs<'a>,
    plan: &'a PairPlan,
    metrics: &'a [Result<AllowanceCandidate, Skipped>],
    rule: SearchRule,
    states: Vec<MetricState>,
    /// Pairs that were held back since the search last gave up a metric. A pair that passes with smaller allowances
    /// passes with larger ones, so we judge only these.
    hard: PairPlan,
}

impl AllowanceSearch<'_> {
    fn run(mut self) -> Result<Fitted, JudgeError> {
        loop {
            let (fitted, healthy) = self.judge()?;
            if self.is_few(&healthy) {
                return Ok(fitted);
            }
            let given_up = self.given_up();
            if !self.raise(&fitted, &healthy) {
                return Ok(fitted);
            }
            if self.given_up() > given_up {
                // Without this metric, the others have more weight.
                self.hard = self.plan.clone();
            } else {
                let pairs = self.hard.pairs.iter().zip(healthy.outcomes());
                let hard = pairs.filter(|(_, outcome)| outcome.is_held_back());
                self.hard.pairs = hard.map(|(pair, _)| *pair).collect();
            }
        }
    }

    fn judge(&self) -> Result<(Fitted, HealthyOutcomes), JudgeError> {
        let fitted = apply_states(self.inputs, self.metrics, &self.states);
        let healthy = self.inputs.with_config(&fitted.muted).healthy(&self.hard)?;
        Ok((fitted, healthy))
    }

    fn is_few(&self, healthy: &HealthyOutcomes) -> bool {
        let held_back = healthy.outcomes().iter().filter(|outcome| outcome.is_held_back()).count();
        held_back as f64 <= self.rule.alarms * self.plan.pairs.len() as f64
    }

    fn given_up(&self) -> usize {
        self.states.iter().filter(|state| state.stopped.is_some()).count()
    }

    /// Raises the allowances of metrics that fail in held-back pairs. Returns whether any was raised.
    fn raise(&mut self, fitted: &Fitted, healthy: &HealthyOutcomes) -> bool {
        let held_back: Vec<&PairOutcome> =
            healthy.outcomes().iter().filter(|outcome| outcome.is_held_back()).collect();
        let mut raised = false;
        for (index, (state, metric)) in self.states.iter_mut().zip(self.metrics).enumerate() {
            let Ok(candidate) = metric else { continue };
            if held_back.iter().any(|outcome| outcome.fails(index)) {
                raised |= state.raise(*candidate, self.rule);
            }
        }
        // A canary can fail because many metrics are slightly worse.
        let alone = |outcome: &&&PairOutcome| {
            let mut metrics = fitted.mutes.iter().enumerate();
            metrics.any(|(index, muted)| !muted && outcome.fails(index))
        };
        if !raised && held_back.iter().any(|outcome| !alone(&outcome)) {
            for (state, metric) in self.states.iter_mut().zip(self.metrics) {
                raised |= metric.is_ok_and(|candidate| state.raise_together(candidate, self.rule));
            }
        }
        raised
    }
}

impl MetricState {
    /// Moves to the next scale for a failing metric, or gives the metric up. Returns whether anything changed.
    fn raise(&mut self, candidate: AllowanceCandidate, rule: SearchRule) -> bool {
        if self.stopped.is_some() {
            return false;
        }
        self.stopped = self.end(candidate, rule);
        self.scale += usize::from(self.stopped.is_none());
        true
    }

    /// Moves to the next scale, if there is one, for a metric that does not fail alone.
    fn raise_together(&mut self, candidate: AllowanceCandidate, rule: SearchRule) -> bool {
        let can = self.stopped.is_none() && self.end(candidate, rule).is_none();
        self.scale += usize::from(can);
        can
    }

    /// Why a larger scale is not useful, if so.
    fn end(&self, candidate: AllowanceCandidate, rule: SearchRule) -> Option<Stopped> {
        let AllowanceCandidate { limit, largest, .. } = candidate;
        // Few pairs cannot show that an allowance below the limit suffices.
        let is_short = !rule.shows_enough() && limit > largest;
        if is_short || candidate.size(SCALES[self.scale]) >= largest {
            Some(Stopped::TooLarge)
        } else if self.scale + 1 == SCALES.len() || limit <= 0.0 {
            Some(Stopped::NoHelp)
        } else {
            None
        }
    }
}

impl AllowanceCandidate {
    /// The allowance at `scale`, at most the largest useful one.
    fn size(&self, scale: f64) -> f64 {
        (scale * self.limit).min(self.largest)
    }
}

/// Writes the allowances of `states` into the config.
fn apply_states(
    inputs: &Inputs,
    metrics: &[Result<AllowanceCandidate, Skipped>],
    states: &[MetricState],
) -> Fitted {
    let mut fitted = Fitted {
        found: Vec::with_capacity(metrics.len()),
        mutes: Vec::with_capacity(metrics.len()),
        stopped: states.iter().map(|state| state.stopped).collect(),
        config: inputs.config.clone(),
        muted: inputs.config.clone(),
    };
    for ((calibrated, metric), state) in inputs.metrics.iter().zip(metrics).zip(states) {
        let size = match metric {
            Ok(candidate) if state.stopped.is_none() => Some(candidate.size(SCALES[state.scale])),
            _ => None,
        };
        let found = metric.ok().zip(size).map(|(candidate, size)| {
            let absolute =
                calibrated.config.evidence.minimum_change(&inputs.config.evidence).absolute.get();
            let now = Allowance::from_config(calibrated.config, absolute, candidate.form);
            let allowance = Allowance::new(candidate.form, calibrated.config.direction, size);
            FittedAllowance { allowance: allowance.or_larger(now), needed: size > 0.0 }
        });
        let mute = found.is_none() && metric.as_ref().err().is_none_or(|why| why.is_in_need());
        for (config, mute) in [(&mut fitted.config, false), (&mut fitted.muted, mute)] {
            if let Some(config) =
                config.metrics.iter_mut().find(|config| config.name == calibrated.name)
            {
                config.muted |= mute;
                if let Some(found) = found.filter(|found| found.needed) {
                    found.allowance.apply(config);
                }
            }
        }
        fitted.found.push(found);
        fitted.mutes.push(mute || calibrated.config.muted);
    }
    fitted
}

impl AllowanceForm {
    /// The largest useful size, for a metric whose distance from 0 is at most `farthest`.
    pub(super) fn largest(self, share: f64, farthest: f64) -> f64 {
        match self {
            Self::Relative => share.ln_1p(),
            Self::Absolute => share * farthest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_can_be_shown_by_enough_pairs_only() {
        for (target, independent, shows, alarms) in [
            (0.01, 98.0, false, 0.01),
            (0.01, 99.0, true, 0.0),
            (0.01, 199.0, true, 1.0 / 199.0),
            (0.05, 18.9, false, 0.05),
            (0.05, 99.0, true, 4.0 / 99.0),
        ] {
            let rule = SearchRule::new(target, independent);
            assert_eq!(rule.shows_enough(), shows, "{target} {independent}");
            assert!((rule.alarms - alarms).abs() < 1e-9, "{rule:?}");
        }
    }

    const FULL: SearchRule = SearchRule { start: 0, alarms: 0.0 };
    const SHORT: SearchRule = SearchRule { start: AT_LIMIT, alarms: 0.01 };

    fn candidate(limit: f64) -> AllowanceCandidate {
        AllowanceCandidate { form: AllowanceForm::Relative, limit, largest: 0.7, spread: None }
    }

    #[test]
    fn a_metric_is_raised_up_to_the_largest_allowance_of_use() {
        let mut scales = Vec::new();
        let mut state = MetricState { scale: 0, stopped: None };
        while state.stopped.is_none() {
            assert!(state.raise(candidate(0.5), FULL));
            scales.push(candidate(0.5).size(SCALES[state.scale]));
        }
        assert_eq!(scales, [0.125, 0.25, 0.375, 0.5, 0.625, 0.7, 0.7]);
        assert_eq!(state.stopped, Some(Stopped::TooLarge));
        let mut state = MetricState { scale: 0, stopped: None };
        while state.stopped.is_none() {
            state.raise(candidate(0.01), FULL);
        }
        assert_eq!((state.scale, state.stopped), (SCALES.len() - 1, Some(Stopped::NoHelp)));
        assert!(!state.raise(candidate(0.01), FULL));
    }

    #[test]
    fn a_metric_that_does_not_fail_is_not_given_up() {
        let mut last = MetricState { scale: SCALES.len() - 1, stopped: None };
        assert!(!last.raise_together(candidate(0.01), FULL));
        assert_eq!(last.stopped, None);
        let mut first = MetricState { scale: 0, stopped: None };
        assert!(first.raise_together(candidate(0.01), FULL));
        assert_eq!(first.scale, 1);
    }

    #[test]
    fn few_pairs_give_no_allowance_below_the_limit() {
        let mut state = MetricState { scale: 0, stopped: None };
        assert!(!state.raise_together(candidate(0.9), SHORT));
        assert!(state.raise(candidate(0.9), SHORT));
        assert_eq!(state.stopped, Some(Stopped::TooLarge));
    }
}
