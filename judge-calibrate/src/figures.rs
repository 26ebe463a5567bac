//! Which figures there are, and in which order.

use crate::calibration::{MetricFigures, Needs, Smallest};
use crate::change::ChangeKind;
use crate::finding::{self, Seen};
use crate::healthy::Healthy;
use crate::jobs::{Figure, Job, Subject};
use crate::needs::{self, Point};
use crate::pairs::Plan;
use crate::setting::Setting;
use crate::traits::Traits;

/// Kinds that are looked at in the longest window only.
const OTHERS: [ChangeKind; 3] = [ChangeKind::Spread, ChangeKind::Spikes, ChangeKind::Drift];

/// Every figure of every metric, then those of the config; [`Figures`] reads them in this order.
pub(crate) fn jobs<'a>(
    setting: &Setting,
    plans: &'a [Option<Plan>],
    longest: usize,
    curve: &'a [(f64, Plan)],
    healthy: &'a Healthy,
) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    let shifts = |subject| {
        let shift = move |plan| Job::Smallest { subject, kind: ChangeKind::Shift, plan };
        plans.iter().flatten().map(shift)
    };
    let powers = |subject| curve.iter().map(move |(_, plan)| Job::Power { subject, plan });
    for (index, metric) in setting.metrics.iter().enumerate() {
        if !metric.has_level() {
            continue;
        }
        let subject = Subject::Metric(index);
        jobs.extend(shifts(subject));
        if let Some(plan) = &plans[longest] {
            jobs.extend(OTHERS.map(|kind| Job::Smallest { subject, kind, plan }));
            jobs.push(Job::Alone { index, plan, healthy });
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
    fn smallest(&mut self) -> Option<Smallest> {
        match self.0.next() {
            Some(Figure::Smallest(smallest)) => Some(smallest),
            _ => None,
        }
    }

    pub(crate) fn shifts(&mut self, plans: &[Option<Plan>]) -> Vec<Option<Smallest>> {
        plans.iter().map(|plan| plan.as_ref().and_then(|_| self.smallest())).collect()
    }

    pub(crate) fn needs(&mut self, setting: &Setting, curve: &[(f64, Plan)]) -> Needs {
        let mut points = Vec::with_capacity(curve.len());
        for (minutes, _) in curve {
            if let Some(Figure::Power(power)) = self.0.next() {
                points.push(Point { minutes: *minutes, power });
            }
        }
        needs::needs(&points, setting.options.power)
    }

    pub(crate) fn metric(
        &mut self,
        index: usize,
        setting: &Setting,
        plans: &[Option<Plan>],
        curve: &[(f64, Plan)],
        healthy: &[Healthy],
        longest: usize,
    ) -> MetricFigures {
        let metric = &setting.metrics[index];
        let Traits { level, positive, gaps, memory, .. } = metric.traits;
        let mut figures = MetricFigures {
            name: metric.name.to_owned(),
            level,
            factors: positive,
            gaps,
            memory,
            false_alarms: healthy.iter().map(|healthy| healthy.alarms(index)).collect(),
            shift: vec![None; plans.len()],
            spread: None,
            spikes: None,
            drift: None,
            needs: Needs::default(),
            alone: None,
            findings: Vec::new(),
        };
        if metric.has_level() {
            figures.shift = self.shifts(plans);
            figures.spread = self.smallest();
            figures.spikes = self.smallest();
            figures.drift = self.smallest();
            if let Some(Figure::Alone(alone)) = self.0.next() {
                figures.alone = alone;
            }
            figures.needs = self.needs(setting, curve);
        }
        let seen = Seen {
            known: metric.is_known(),
            traits: metric.traits,
            untold: healthy[longest].untold(index),
            below_zero: healthy[longest].below_zero(index),
            mean_ratios: healthy[longest].mean_ratios(index),
            longest,
        };
        figures.findings = finding::findings(metric.config, &figures, &seen, setting);
        figures
    }
}
