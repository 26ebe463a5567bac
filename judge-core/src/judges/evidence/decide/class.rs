//! The classification of a metric.

use std::fmt::Write;

use crate::config::evidence::InconclusivePolicy;
use crate::judgement::{Change, Classification, Decision, MetricJudgement, TestKind};
use crate::judges::evidence::parameters as p;

use super::joint::JointPart;
use super::levels::Levels;
use super::panel::{Considered, PanelFindings};

/// A judged metric, before the number of metrics lowers its significance level.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) metric: MetricJudgement,
    /// The findings of the tests, the strongest evidence first.
    pub(crate) considered: Vec<Considered>,
    /// Significance level of the metric at this look.
    pub(crate) level: f64,
    /// The significance levels of this look.
    pub(crate) levels: Levels,
    /// Share of `level` that the location test takes in one direction.
    pub(crate) location_share: f64,
    /// Whether harm of the size that matters is ruled out; `None` if the canary cannot pass early at this look.
    pub(crate) rules_out_harm: Option<bool>,
    /// Input of the joint test.
    pub(crate) part: Option<JointPart>,
    /// The answers for each direction of harm; their findings are in `considered`.
    answers: Vec<PanelFindings>,
    /// A sentence about an unusual baseline.
    pub(crate) sick_baseline: Option<String>,
    /// Series of the history with enough points.
    pub(crate) usable_history: usize,
}

impl Judged {
    /// A metric without findings.
    pub(crate) fn new(metric: MetricJudgement, levels: Levels, usable_history: usize) -> Self {
        Self {
            metric,
            considered: Vec::new(),
            level: levels.level(),
            levels,
            location_share: 0.0,
            rules_out_harm: None,
            part: None,
            answers: Vec::new(),
            sick_baseline: None,
            usable_history,
        }
    }

    /// Stores the findings for all directions of harm.
    pub(crate) fn add(&mut self, mut answers: Vec<PanelFindings>) {
        // The direction with more evidence represents the metric.
        let evidence =
            |answer: &PanelFindings| (least_weight(&answer.considered), answer.location.p);
        if let [first, second] = &answers[..] {
            let (a, b) = (evidence(first), evidence(second));
            if a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).is_gt() {
                answers.swap(0, 1);
            }
        }
        self.part = JointPart::new(&mut answers);
        let left_out = answers.iter().filter_map(|answer| answer.warm_up).map(|w| w.length).max();
        let Some(first) = answers.first() else { return };
        self.metric.decision = Decision::Panel(first.location.describe(left_out.unwrap_or(0)));
        self.rules_out_harm = answers.iter().map(|answer| answer.rules_out_harm).min().flatten();
        for answer in &mut answers {
            self.sick_baseline = self.sick_baseline.take().or(answer.sick_baseline.take());
            self.considered.append(&mut answer.considered);
        }
        self.answers = answers;
        self.considered.sort_by(|a, b| {
            let (x, y) = (&a.finding, &b.finding);
            let order = y.is_harm().cmp(&x.is_harm());
            let order = order.then(y.test.decides().cmp(&x.test.decides()));
            order.then(y.matters.cmp(&x.matters)).then(x.weight().total_cmp(&y.weight()))
        });
        self.classify();
    }

    /// P-value of the whole metric: the smallest p-value of its findings that matter, each in proportion to the
    /// level of its test.
    pub(crate) fn p(&self) -> f64 {
        (least_weight(&self.considered) * self.level).min(1.0)
    }

    /// Divides the significance levels of the metric and of its tests by `times`.
    pub(crate) fn be_stricter(&mut self, times: f64) {
        self.level /= times;
        for found in &mut self.considered {
            if found.finding.test != TestKind::StartUp {
                found.finding.level /= times;
            }
        }
        self.classify();
    }

    /// Whether the metric was tested and is not muted.
    pub(crate) fn is_tested(&self) -> bool {
        !self.metric.muted && matches!(self.metric.decision, Decision::Panel(_))
    }

    /// Whether this metric lets the canary pass early: harm is ruled out, and no test leans to harm at the
    /// significance level of all looks together.
    pub(crate) fn may_pass_early(&self) -> bool {
        let leans = |found: &Considered| {
            let is_location = found.finding.test == TestKind::Location;
            let spent = if is_location { 1.0 } else { self.levels.other_gain } * self.levels.share;
            found.leans(found.finding.level / spent)
        };
        self.metric.muted
            || self.metric.classification == Classification::Pass
                && self.rules_out_harm == Some(true)
                && !self.considered.iter().any(leans)
    }

    fn classify(&mut self) {
        let name = &self.metric.name;
        let harm = self.considered.iter().find(|found| found.finding.is_harm());
        let leans = self.considered.iter().find(|found| found.leans(found.finding.level));
        let answer = harm.and_then(|harm| {
            self.answers.iter().find(|answer| answer.change == harm.finding.change)
        });
        let unsettled = answer.and_then(|answer| answer.unsettled);
        let (classification, reason, critical) = match (harm, leans) {
            (Some(_), _) if let Some(points) = unsettled => {
                let reason = format!(
                    "{name} is inconclusive: its first {points} points were worse and healed, and too few are left \
                     to be judged; judge over a longer time"
                );
                (Classification::Inconclusive, Some(reason), false)
            }
            (Some(Considered { finding, .. }), _) => {
                let (classification, word) = match finding.change {
                    Change::Increase => (Classification::High, "High"),
                    Change::Decrease => (Classification::Low, "Low"),
                };
                let critical = answer.is_some_and(|answer| answer.is_critical);
                let sentence = &finding.sentence;
                let reason = if critical {
                    format!("The metric {name} was classified as {word} (Critical): {sentence}")
                } else {
                    format!("{name} was classified as {word}: {sentence}")
                };
                (classification, Some(reason), critical)
            }
            (None, Some(Considered { finding, .. })) => {
                let reason = format!("{name} is inconclusive: {} leans to harm", finding.sentence);
                (Classification::Inconclusive, Some(reason), false)
            }
            (None, None) => {
                let start_up = |found: &&Considered| found.finding.test == TestKind::StartUp;
                let left_out = self.considered.iter().find(start_up);
                let reason =
                    left_out.map(|left| format!("{name} passes: {}", left.finding.sentence));
                (Classification::Pass, reason, false)
            }
        };
        self.metric.classification = classification;
        self.metric.reason = reason;
        self.metric.critical = critical;
    }

    /// The judgement of the metric; `policy` says how an inconclusive one counts.
    pub(crate) fn settle(mut self, policy: InconclusivePolicy) -> MetricJudgement {
        let inconclusive = self.metric.classification == Classification::Inconclusive;
        let harm = self.considered.iter().find(|found| found.leans(found.finding.level));
        let change = harm.map(|found| found.finding.change);
        let mut answers = self.answers.iter();
        // If both directions are harmful, the one with the evidence is described.
        let described = answers.find(|answer| change.is_none_or(|change| change == answer.change));
        if let (Decision::Panel(panel), Some(answer)) = (&mut self.metric.decision, described) {
            let located = &answer.location;
            *panel = located.describe(panel.left_out);
            panel.fails = inconclusive && policy == InconclusivePolicy::Fail;
            let level = self.location_share * self.level;
            panel.would_find = located.would_find(level);
            if inconclusive && self.answers.iter().all(|answer| answer.unsettled.is_none()) {
                panel.more_points = located.more_points(level);
            }
        }
        if inconclusive
            && let Some(more) = self.metric.points_to_settle()
            && let Some(reason) = &mut self.metric.reason
        {
            // Writing to a string cannot fail.
            let _ = write!(reason, "; about {more} more points a side would settle it");
        }
        self.metric.findings = self.considered.into_iter().map(|found| found.finding).collect();
        self.metric
    }
}

impl Considered {
    /// Whether the finding leans to harm at this significance `level`. Findings that are harm lean, too.
    fn leans(&self, level: f64) -> bool {
        let Self { finding, likely } = self;
        finding.test.decides() && *likely >= 0.5 && finding.p <= p::INCONCLUSIVE_FACTOR * level
    }
}

/// The smallest p-value of the findings that matter, as a share of the level of its test.
fn least_weight(considered: &[Considered]) -> f64 {
    let matter = considered.iter().filter(|found| found.finding.matters);
    matter.map(|found| found.finding.weight()).fold(f64::INFINITY, f64::min)
}
