//! The inputs of all figures: history, config, judge and options.

use judge_core::{CanaryConfig, Judge, JudgeError, MetricConfig, Scratch, Thresholds};
use rayon::prelude::*;

use crate::calibration::{HistorySummary, WindowFigures};
use crate::change::{ChangeKind, Injection};
use crate::error::CalibrateError;
use crate::healthy_pairs::{HealthyOutcomes, PairOutcome};
use crate::history::{HealthyHistory, Recording};
use crate::options::Options;
use crate::pairs::{PairPlan, Pairing, WindowLayout};
use crate::profile::Profile;
use crate::trial::Trial;

/// A metric of the config.
#[derive(Clone)]
pub(crate) struct CalibratedMetric<'a> {
    pub(crate) name: &'a str,
    pub(crate) config: &'a MetricConfig,
    pub(crate) profile: Profile,
}

impl CalibratedMetric<'_> {
    /// Whether the history has points of the metric.
    pub(crate) fn is_known(&self) -> bool {
        self.profile.gaps < 1.0 && self.profile.points > 0
    }

    /// Whether a relative change has a size. A metric that is always 0 has none.
    pub(crate) fn has_size(&self) -> bool {
        self.is_known() && self.profile.mean_size > 0.0
    }

    pub(crate) fn injection(&self, kind: ChangeKind) -> Injection {
        Injection::new(kind, self.config.direction, &self.profile)
    }
}

/// Everything that a job reads.
pub(crate) struct Inputs<'a> {
    pub(crate) history: &'a HealthyHistory,
    pub(crate) config: &'a CanaryConfig,
    pub(crate) thresholds: Thresholds,
    pub(crate) judge: &'a dyn Judge,
    pub(crate) options: Options,
    pub(crate) metrics: Vec<CalibratedMetric<'a>>,
    pub(crate) pairing: Pairing,
}

/// We try these windows for the time to detect: from half the shortest requested window to four times the longest,
/// each 25 % longer than the one before.
const SHORTER: f64 = 0.5;
const LONGER: f64 = 4.0;
const NEXT: f64 = 1.25;
/// A window with fewer separate pairs gives almost no information.
const FEWEST_SEPARATE: usize = 2;
/// Two points are not a sample.
const FEWEST_POINTS: usize = 3;

impl<'a> Inputs<'a> {
    /// Replaces the options.
    pub(crate) fn with_options(&self, options: Options) -> Self {
        Self { options, metrics: self.metrics.clone(), ..*self }
    }

    /// Replaces the config by another one with the same metrics.
    pub(crate) fn with_config<'b>(&self, config: &'b CanaryConfig) -> Inputs<'b>
    where
        'a: 'b,
    {
        let metrics = self.metrics.clone();
        Inputs { config, metrics, options: self.options.clone(), ..*self }
    }

    /// Replaces the history by a part of it.
    pub(crate) fn with_history<'b>(&self, history: &'b HealthyHistory) -> Inputs<'b>
    where
        'a: 'b,
    {
        let metrics = self.metrics.clone();
        Inputs { history, metrics, options: self.options.clone(), ..*self }
    }

    /// The requested windows in ascending order, without duplicates.
    pub(crate) fn windows(&self) -> Vec<f64> {
        let mut windows = self.options.minutes.clone();
        windows.sort_unstable_by(f64::total_cmp);
        windows.dedup();
        windows
    }

    pub(crate) fn layout(&self, points: usize) -> WindowLayout {
        let inflation = self.metrics.iter().filter(|metric| metric.is_known());
        let inflation =
            inflation.map(|metric| metric.profile.variance_inflation).fold(0.0, f64::max);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most a length"
        )]
        let gap = match self.pairing {
            Pairing::Concurrent => 0,
            Pairing::Blocks => (inflation.ceil() as usize).min(points / 2),
        };
        WindowLayout { pairing: self.pairing, points, gap }
    }

    pub(crate) fn plan(&self, minutes: f64) -> Option<PairPlan> {
        let layout = self.layout(self.history.points(minutes));
        PairPlan::new(self.history, layout, self.options.pairs, self.options.seed)
    }

    /// The windows to try for the time to detect.
    pub(crate) fn curve(&self, windows: &[f64]) -> Vec<(f64, PairPlan)> {
        let (Some(first), Some(last)) = (windows.first(), windows.last()) else {
            return Vec::new();
        };
        let mut tried: Vec<(f64, PairPlan)> = Vec::new();
        let mut minutes = first * SHORTER;
        while minutes <= last * LONGER {
            let points = self.history.points(minutes);
            let new = tried.last().is_none_or(|(_, plan)| plan.points < points);
            if new && points >= FEWEST_POINTS {
                let exactly = self.history.minutes(points);
                let plan = self.plan(exactly).filter(|plan| plan.separate >= FEWEST_SEPARATE);
                tried.extend(plan.map(|plan| (exactly, plan)));
            }
            minutes *= NEXT;
        }
        tried
    }

    pub(crate) fn healthy(&self, plan: &PairPlan) -> Result<HealthyOutcomes, JudgeError> {
        let Self { history, judge, config, thresholds, .. } = *self;
        let start = || (Trial::for_config(history, judge, config, thresholds), Scratch::default());
        let outcomes = plan.pairs.par_iter().map_init(start, |(trial, scratch), pair| {
            trial.load(pair, plan.points);
            trial.judge(scratch).map(PairOutcome::from)
        });
        Ok(HealthyOutcomes::new(outcomes.collect::<Result<_, _>>()?, plan))
    }

    pub(crate) fn too_short(&self, windows: &[f64]) -> CalibrateError {
        let shortest = windows.first().copied().unwrap_or_default();
        let pairing = self.pairing;
        let usable = self.history.recordings().iter().filter(|recording| match pairing {
            Pairing::Concurrent => recording.instances().len() > 1,
            Pairing::Blocks => true,
        });
        let longest = usable.map(Recording::points).max().unwrap_or_default();
        CalibrateError::TooShort {
            longest: self.history.minutes(longest),
            pairing: pairing.name(),
            shortest,
            needed: self.history.minutes(self.layout(self.history.points(shortest)).span()),
        }
    }

    pub(crate) fn summary(&self, longest: Option<&PairPlan>) -> HistorySummary {
        let recordings = self.history.recordings();
        let points: usize = recordings.iter().map(Recording::points).sum();
        let gap = longest.map_or(0, |plan| self.layout(plan.points).gap);
        HistorySummary {
            pairing: self.pairing,
            step_millis: self.history.step_millis(),
            recordings: recordings.len(),
            instances: recordings.iter().map(|recording| recording.instances().len()).sum(),
            minutes: self.history.minutes(points),
            gap_minutes: self.history.minutes(gap),
        }
    }

    pub(crate) fn window(&self, minutes: f64, plan: Option<&PairPlan>) -> WindowFigures {
        WindowFigures {
            minutes,
            points: self.history.points(minutes),
            pairs: plan.map_or(0, |plan| plan.pairs.len()),
            independent: plan.map_or(0.0, PairPlan::independent),
        }
    }
}
