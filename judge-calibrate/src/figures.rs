//! The list of all figures, and their order.

use crate::advise::{self, Observations};
use crate::calibration::{MetricFigures, SmallestChange, TimeToDetect};
use crate::change::ChangeKind;
use crate::healthy_pairs::HealthyOutcomes;
use crate::inputs::Inputs;
use crate::jobs::{Figure, Job, Subject};
use crate::pairs::PairPlan;
use crate::profile::Profile;
use crate::time_to_detect::{self, PowerOfWindow};

/// Kinds of change that we measure in the longest window only.
const OTHERS: [ChangeKind; 3] = [ChangeKind::Spread, ChangeKind::Spikes, ChangeKind::Drift];

/// Every figure of every metric, then those of the config. [`Figures`] reads them in this order.
pub(crate) fn jobs<'a>(
    inputs: &Inputs,
    plans: &'a [Option<PairPlan>],
    longest: usize,
    curve: &'a [(f64, PairPlan)],
    healthy: &'a HealthyOutcomes,
) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    let shifts = |subject| {
        let shift = move |plan| Job::Smallest { subject, kind: ChangeKind::Shift, plan };
        plans.iter().flatten().map(shift)
    };
    let powers = |subject| curve.iter().map(move |(_, plan)| Job::Power { subject, plan });
    for (index, metric) in inputs.metrics.iter().enumerate() {
        if !metric.has_size() {
            continue;
        }
        let subject = Subject::Metric(index);
        jobs.extend(shifts(subject));
        if let Some(plan) = &plans[longest] {
            jobs.extend(OTHERS.map(|kind| Job::Smallest { subject, kind, plan }));
            jobs.push(Job::LoneFailure { index, plan, healthy });
        }
        jobs.extend(powers(subject));
    }
    jobs.extend(shifts(Subject::Config));
    jobs.extend(powers(Subject::Config));
    jobs
}

/// Figures in the order of their jobs.
pub(crate) struct Figures(pub(crate) std::vec::IntoIter<Figure>);

impl Figures {
    fn smallest(&mut self) -> Option<SmallestChange> {
        match self.0.next() {
            Some(Figure::Smallest(smallest)) => Some(smallest),
            _ => None,
        }
    }

    pub(crate) fn shifts(&mut self, plans: &[Option<PairPlan>]) -> Vec<Option<SmallestChange>> {
        plans.iter().map(|plan| plan.as_ref().and_then(|_| self.smallest())).collect()
    }

    pub(crate) fn time_to_detect(
        &mut self,
        inputs: &Inputs,
        curve: &[(f64, PairPlan)],
    ) -> TimeToDetect {
        let mut points = Vec::with_capacity(curve.len());
        for (minutes, _) in curve {
            if let Some(Figure::Power(power)) = self.0.next() {
                points.push(PowerOfWindow { minutes: *minutes, power });
            }
        }
        time_to_detect::estimate(&points, inputs.options.power)
    }

    pub(crate) fn metric(
        &mut self,
        index: usize,
        inputs: &Inputs,
        plans: &[Option<PairPlan>],
        curve: &[(f64, PairPlan)],
        healthy: &[HealthyOutcomes],
        longest: usize,
    ) -> MetricFigures {
        let metric = &inputs.metrics[index];
        let Profile { mean_size, positive, gaps, variance_inflation, .. } = metric.profile;
        let mut figures = MetricFigures {
            name: metric.name.to_owned(),
            mean_size,
            multiplicative: positive,
            gaps,
            variance_inflation,
            false_alarms: healthy.iter().map(|healthy| healthy.false_alarms(index)).collect(),
            shift: vec![None; plans.len()],
            spread: None,
            spikes: None,
            drift: None,
            time_to_detect: TimeToDetect::default(),
            lone_failure: None,
            advice: Vec::new(),
        };
        if metric.has_size() {
            figures.shift = self.shifts(plans);
            figures.spread = self.smallest();
            figures.spikes = self.smallest();
            figures.drift = self.smallest();
            if let Some(Figure::LoneFailure(found)) = self.0.next() {
                figures.lone_failure = found;
            }
            figures.time_to_detect = self.time_to_detect(inputs, curve);
        }
        let seen = Observations {
            known: metric.is_known(),
            profile: metric.profile,
            without_data: healthy[longest].without_data(index),
            below_zero: healthy[longest].below_zero(index),
            mean_ratios: healthy[longest].mean_ratios(index),
            longest,
        };
        figures.advice = advise::advise(metric.config, &figures, &seen, inputs);
        figures
    }
}
