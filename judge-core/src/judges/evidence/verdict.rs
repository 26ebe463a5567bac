//! From what a metric's panel found to its class.

use crate::config::evidence::InconclusivePolicy;
use crate::judgement::{
    Change, Classification, Decision, Finding, MetricJudgement, Panel, TestKind,
};
use crate::stats::distribution::normal;

use super::case::Case;
use super::grid::Grid;
use super::panel::{self, Answer, signed};

/// A change of one standard deviation of the noise is in plain sight: unless the interval ends below
/// it (or below the allowance), harm is not ruled out.
const PLAIN_SIGHT: f64 = 1.0;

/// By how much farther than the interval that is shown a shift must be from what is allowed to be harm:
/// a metric's level is stricter.
const TO_SHOW_HARM: f64 = 1.4;

/// An estimate is no nearer to a limit than this share of its interval: it is not known that well.
const NEAREST: f64 = 0.05;

/// A metric before what other metrics say is taken into account.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) metric: MetricJudgement,
    /// Probability with which it may fail though nothing is wrong.
    pub(super) level: f64,
    /// What the search for a systemic regression needs.
    pub(super) part: Option<Part>,
    /// Whether an increase and a decrease would fail the whole canary.
    pub(super) effect_is_critical: [bool; 2],
}

/// A metric's part in a systemic regression.
#[derive(Debug)]
pub(super) struct Part {
    /// Standard normal when nothing is wrong; harm is up.
    pub(super) z: f64,
    /// The shift as a share of what is allowed or of the smallest change that matters.
    pub(super) used: f64,
    /// 1 when harm is an increase, −1 when it is a decrease.
    pub(super) sign: f64,
    /// Noise of the shift for each time from the start on, in the metric's own sense; NaN where there is
    /// no point.
    pub(super) noise: Vec<f64>,
}

pub(super) fn noise_of_shift(
    case: &Case,
    grid: &Grid,
    answer: &Answer,
    change: Change,
) -> Vec<f64> {
    let center = case.of_above.median;
    let reach = 3.0 * case.of_above.sd;
    let mut above = case.above.iter();
    let at = |(index, canary): (usize, &f64)| {
        let known = index >= answer.start && !canary.is_nan();
        if known && !(case.paired && grid.baseline[index].is_nan()) {
            above.next().map_or(f64::NAN, |v| signed(change, (v - center).clamp(-reach, reach)))
        } else {
            f64::NAN
        }
    };
    grid.canary.iter().enumerate().map(at).collect()
}

pub(super) fn part(answers: &[(Change, Answer, Vec<f64>)]) -> Option<Part> {
    let (change, answer, noise) = answers.iter().max_by(|a, b| a.1.z().total_cmp(&b.1.z()))?;
    let mut z = answer.z();
    if answers.len() > 1 {
        // The larger of two directions is no standard normal; the p-value of the larger one is.
        z = normal::upper_quantile((2.0 * normal::upper_tail(z)).clamp(1e-300, 1.0 - 1e-12));
    }
    let shift = answer.location?.above_baseline;
    let used = if answer.allowed > 0.0 { shift / answer.allowed } else { 0.0 };
    Some(Part { z, used, sign: signed(*change, 1.0), noise: noise.clone() })
}

/// What the `answers` for all directions of harm come to, the one with most evidence first.
pub(super) fn describe(answers: &[(Change, Answer, Vec<f64>)], left_out: usize) -> Option<Panel> {
    let mut answers = answers.iter().map(|(_, answer, _)| answer);
    let first = answers.clone().next()?;
    let open = answers.find(|answer| more_points(answer).is_some());
    // Where harm is not shown, the direction speaks in which it is not ruled out.
    let harm = first.findings.iter().any(Finding::is_harm);
    let speaks = if harm { first } else { open.unwrap_or(first) };
    let panel::Shown { estimate, interval, allowed } = speaks.shown;
    // A stricter level may yet take the harm away.
    let more_points = more_points(speaks).or(open.and_then(more_points));
    Some(Panel { estimate, interval, allowed, more_points, left_out, fails: false })
}

/// How many more points a side would settle it if the estimate held; `None` when harm is ruled out.
fn more_points(answer: &Answer) -> Option<usize> {
    let location = answer.location?;
    let finding = answer.findings.iter().find(|finding| finding.test == TestKind::Location);
    if finding.is_some_and(|finding| finding.p <= finding.level && !finding.matters) {
        // It is there, and allowed.
        return None;
    }
    let limit = answer.allowed.max(PLAIN_SIGHT * answer.noise);
    let upper = location.interval.upper;
    let reach = upper - location.shift;
    if upper < limit || (reach <= 0.0 && upper <= limit) {
        return None;
    }
    if reach <= 0.0 {
        // Without noise it is the ranks that have too few points: as many again.
        return Some(answer.points.max(1));
    }
    // The interval shrinks with the root of the number of points, until it leaves the limit out, or
    // until the shift is clear of what is allowed, if it is harm.
    let ruled_out = (limit - location.shift) / reach;
    let shown = if finding.is_some() && location.shift >= answer.allowed {
        (location.shift - answer.offset) / (TO_SHOW_HARM * reach)
    } else {
        0.0
    };
    let times = ruled_out.max(shown).max(NEAREST).powi(-2);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 400 times"
    )]
    Some((answer.points as f64 * (times - 1.0)).ceil().max(1.0) as usize)
}

impl Judged {
    /// The metric's own p-value: the smallest that would have made it fail, as a share of its level.
    pub(super) fn p(&self) -> f64 {
        let harm = self.metric.findings.iter().filter(|finding| finding.matters);
        (harm.map(Finding::weight).fold(f64::INFINITY, f64::min) * self.level).min(1.0)
    }

    /// Divides the levels of its tests.
    pub(super) fn be_stricter(&mut self, times: f64) {
        for finding in &mut self.metric.findings {
            if finding.test != TestKind::StartUp {
                finding.level /= times;
            }
        }
        self.classify();
    }

    /// Whether it was tested and counts.
    pub(super) fn is_tested(&self) -> bool {
        !self.metric.muted && matches!(self.metric.decision, Decision::Panel(_))
    }

    pub(super) fn muted(&self) -> bool {
        self.metric.muted
    }

    pub(super) fn classify(&mut self) {
        let harm = self.metric.findings.iter().find(|finding| finding.is_harm());
        let (name, metric) = (&self.metric.name, &self.metric);
        let Decision::Panel(panel) = &metric.decision else { return };
        let (classification, reason, critical) = match harm {
            Some(finding) => {
                let (classification, word, critical) = match finding.change {
                    Change::Increase => (Classification::High, "High", self.effect_is_critical[0]),
                    Change::Decrease => (Classification::Low, "Low", self.effect_is_critical[1]),
                };
                let reason = if critical {
                    format!(
                        "The metric {name} was classified as {word} (Critical): {}",
                        finding.sentence
                    )
                } else {
                    format!("{name} was classified as {word}: {}", finding.sentence)
                };
                (classification, Some(reason), critical)
            }
            None => match panel.more_points {
                Some(_) => {
                    let sentence = metric.findings.iter().find(|f| f.test == TestKind::Location);
                    let sentence =
                        sentence.map_or("its level", |finding| finding.sentence.as_str());
                    let settled = match metric.points_to_settle() {
                        Some(more) => format!("about {more} more points a side would settle it"),
                        None => "more points would hardly settle it".to_owned(),
                    };
                    let reason = format!(
                        "{name} is inconclusive: {sentence} shows no harm and does not rule it out; \
                         {settled}"
                    );
                    (Classification::Inconclusive, Some(reason), false)
                }
                None => (Classification::Pass, None, false),
            },
        };
        self.metric.classification = classification;
        self.metric.reason = reason;
        self.metric.critical = critical;
    }

    /// The judgement, inconclusive ones counted as `policy` says.
    pub(super) fn settle(mut self, policy: InconclusivePolicy) -> MetricJudgement {
        if let Decision::Panel(panel) = &mut self.metric.decision {
            panel.fails = policy == InconclusivePolicy::Fail
                && self.metric.classification == Classification::Inconclusive;
        }
        self.metric
    }
}
