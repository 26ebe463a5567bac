//! The class of a metric, and what its points could have shown.

use std::fmt::Write;

use crate::config::evidence::InconclusivePolicy;
use crate::judgement::{
    Change, Classification, Decision, Interval, MetricJudgement, Panel, TestKind,
};
use crate::judges::evidence::parameters as p;
use crate::stats::distribution::normal;

use super::joint::JointPart;
use super::levels::Levels;
use super::located::Located;
use super::panel::{Considered, PanelFindings};

/// A metric before what other metrics say is taken into account.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) metric: MetricJudgement,
    /// What the tests found, the most evidence first.
    pub(crate) considered: Vec<Considered>,
    /// Probability with which it may fail though nothing is wrong.
    pub(crate) level: f64,
    /// What this look has of the level of all looks.
    pub(crate) levels: Levels,
    /// By how much location may exceed its share of that: 1 but for one of several looks.
    pub(crate) location_gain: f64,
    /// Whether harm of the size that matters is ruled out; `None` where that is not asked.
    pub(crate) rules_out_harm: Option<bool>,
    /// What the joint test needs.
    pub(crate) part: Option<JointPart>,
    /// What it takes to say what would have been found.
    pub(crate) located: Vec<(Change, Located)>,
    /// Points of a start that healed so late that too few are left to be judged, where harm is an increase and where
    /// it is a decrease.
    pub(crate) unsettled: [Option<usize>; 2],
    /// Whether an increase and a decrease would fail the whole canary.
    pub(crate) effect_is_critical: [bool; 2],
    /// What is wrong with the baseline, in words.
    pub(crate) sick_baseline: Option<String>,
    /// Series of the history with enough points.
    pub(crate) usable_history: usize,
}

impl Judged {
    /// Takes in the answers of all directions of harm.
    pub(crate) fn take(&mut self, mut answers: Vec<PanelFindings>) {
        // The direction with more evidence speaks for the metric.
        let evidence = |answer: &PanelFindings| {
            let considered = answer.considered.iter().filter(|found| found.likely >= p::LIKELY);
            let weights = considered.map(|found| found.finding.weight());
            let least = weights.fold(f64::INFINITY, f64::min);
            let z = answer.location.as_ref().map_or(0.0, |location| -location.p);
            (least, -z)
        };
        if let [first, second] = &answers[..] {
            let (a, b) = (evidence(first), evidence(second));
            if a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).is_gt() {
                answers.swap(0, 1);
            }
        }
        self.part = JointPart::new(&mut answers);
        let left_out = answers.iter().filter_map(|answer| answer.warm_up).map(|w| w.length).max();
        let Some(located) = answers.iter().find_map(|answer| answer.location.as_ref()) else {
            return;
        };
        self.metric.decision = Decision::Panel(describe(located, left_out.unwrap_or(0)));
        self.rules_out_harm = answers.iter().map(|answer| answer.rules_out_harm).min().flatten();
        for answer in answers {
            self.unsettled[answer.change as usize] = answer.unsettled;
            self.sick_baseline = self.sick_baseline.take().or(answer.sick_baseline);
            self.considered.extend(answer.considered);
            self.located.extend(answer.location.map(|located| (answer.change, located)));
        }
        self.considered.sort_by(|a, b| {
            let (x, y) = (&a.finding, &b.finding);
            let order = y.is_harm().cmp(&x.is_harm());
            let order = order.then(y.test.decides().cmp(&x.test.decides()));
            order.then(y.matters.cmp(&x.matters)).then(x.weight().total_cmp(&y.weight()))
        });
        self.classify();
    }

    /// The metric's own p-value: the smallest that would have made it fail, as a share of its level.
    pub(crate) fn p(&self) -> f64 {
        let harm = self.considered.iter().filter(|found| found.finding.matters);
        let least = harm.map(|found| found.finding.weight()).fold(f64::INFINITY, f64::min);
        (least * self.level).min(1.0)
    }

    /// Divides the levels of its tests.
    pub(crate) fn be_stricter(&mut self, times: f64) {
        self.level /= times;
        for found in &mut self.considered {
            if found.finding.test != TestKind::StartUp {
                found.finding.level /= times;
            }
        }
        self.classify();
    }

    /// Whether it was tested and counts.
    pub(crate) fn is_tested(&self) -> bool {
        !self.metric.muted && matches!(self.metric.decision, Decision::Panel(_))
    }

    /// Whether it keeps no canary from passing early: harm is ruled out, and no test leans to harm at the level that all
    /// looks have together.
    pub(crate) fn may_pass_early(&self) -> bool {
        let leans = |found: &Considered| {
            let is_location = found.finding.test == TestKind::Location;
            let spent = if is_location { 1.0 } else { self.levels.by_sum } * self.levels.share;
            let level = found.finding.level / spent;
            found.finding.test.decides()
                && found.likely >= 0.5
                && found.finding.p <= p::LEANS * level
        };
        self.metric.muted
            || self.metric.classification == Classification::Pass
                && self.rules_out_harm == Some(true)
                && !self.considered.iter().any(leans)
    }

    fn classify(&mut self) {
        if !matches!(self.metric.decision, Decision::Panel(_)) {
            return;
        }
        let name = &self.metric.name;
        let harm = self.considered.iter().find(|found| found.finding.is_harm());
        let leans = self.considered.iter().find(|found| found.leans());
        let unsettled = harm.and_then(|harm| self.unsettled[harm.finding.change as usize]);
        let (classification, reason, critical) = match (harm, leans) {
            (Some(_), _) if let Some(points) = unsettled => {
                let reason = format!(
                    "{name} is inconclusive: its first {points} points were worse and healed, and too few are left \
                     to be judged; judge over a longer time"
                );
                (Classification::Inconclusive, Some(reason), false)
            }
            (Some(Considered { finding, .. }), _) => {
                let (classification, word, critical) = match finding.change {
                    Change::Increase => (Classification::High, "High", self.effect_is_critical[0]),
                    Change::Decrease => (Classification::Low, "Low", self.effect_is_critical[1]),
                };
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
            (None, None) => (Classification::Pass, None, false),
        };
        self.metric.classification = classification;
        self.metric.reason = reason;
        self.metric.critical = critical;
    }

    /// The judgement, inconclusive ones counted as `policy` says.
    pub(crate) fn settle(mut self, policy: InconclusivePolicy) -> MetricJudgement {
        let inconclusive = self.metric.classification == Classification::Inconclusive;
        let harm = self.considered.iter().find(|found| found.finding.is_harm() || found.leans());
        let change = harm.map(|found| found.finding.change);
        // Where both directions are harm, the one that speaks.
        let speaks = self.located.iter().find(|(of, _)| change.is_none_or(|change| change == *of));
        if let (Decision::Panel(panel), Some((_, located))) = (&mut self.metric.decision, speaks) {
            *panel = describe(located, panel.left_out);
            panel.fails = inconclusive && policy == InconclusivePolicy::Fail;
            let level = p::LOCATION_SHARE * self.level * self.location_gain;
            panel.would_find = would_find(located, level);
            if inconclusive && self.unsettled == [None, None] {
                panel.more_points = more_points(located, level);
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
    /// Whether it leans to harm and does not settle it.
    fn leans(&self) -> bool {
        let Self { finding, likely } = self;
        finding.test.decides()
            && *likely >= 0.5
            && finding.p <= p::LEANS * finding.level
            && !finding.is_harm()
    }
}

/// The shift with its interval, in the metric's own sense and unit.
fn describe(located: &Located, left_out: usize) -> Panel {
    let (mean, reach) = (located.shift.mean(), located.reach);
    let axis = located.axis;
    let (a, b) = (axis.in_metric(mean - reach), axis.in_metric(mean + reach));
    Panel {
        estimate: axis.in_metric(mean),
        interval: Interval { lower: a.min(b), upper: a.max(b), level: p::SHOWN },
        allowed: axis.in_metric(located.threshold).abs(),
        would_find: 0.0,
        more_points: None,
        left_out,
        fails: false,
        healthy: located.healthy.map(|healthy| {
            let (a, b) = (axis.in_metric(healthy.lower), axis.in_metric(healthy.upper));
            Interval { lower: a.min(b), upper: a.max(b), level: 1.0 - 2.0 * healthy.level }
        }),
    }
}

/// By how much more points it takes than if the estimate were the truth, for four cases of five to be settled:
/// measured at 15, 31 and 60 points with and without an allowance, 0.78 to 0.96 without this.
const MORE_POINTS: f64 = 1.1;
/// Normal quantile of four in five.
const FOUR_IN_FIVE: f64 = 0.842;

/// The shift that would have been found in four canaries of five, in the metric's own sense and unit.
fn would_find(located: &Located, level: f64) -> f64 {
    let error = located.shift.error();
    // The interval that is shown, at the level of the test.
    let shown = normal::upper_quantile(0.5 * (1.0 - p::SHOWN));
    let significant = located.reach * normal::upper_quantile(level) / shown + FOUR_IN_FIVE * error;
    let likely = located.threshold + (normal::score(1.0 - p::LIKELY) + FOUR_IN_FIVE) * error;
    located.axis.in_metric(significant.max(likely))
}

/// How many more points a side would settle it in four cases of five, if noise stays as it is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most a hundred times"
)]
fn more_points(located: &Located, level: f64) -> Option<usize> {
    let error = located.shift.error();
    let mean = located.shift.mean();
    if error <= 0.0 || mean <= 0.0 {
        return None;
    }
    let times = (normal::upper_quantile(level) + FOUR_IN_FIVE) * error / mean;
    let times = (MORE_POINTS * times * times).clamp(1.5, 100.0);
    Some((located.points as f64 * (times - 1.0)).ceil() as usize)
}
