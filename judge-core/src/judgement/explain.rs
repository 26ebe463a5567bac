//! Explanations: one sentence that says what decided a metric.

use std::fmt::Write;

use crate::config::{Direction, EffectMeasure};
use crate::format::{push_short, push_signed, short};

use super::{
    Change, Classification, Counts, Decision, Effect, Evidence, Finding, Interval, MetricJudgement,
    Panel, TestKind,
};

impl Finding {
    /// What would have changed this finding, in one line for people. Empty for a finding that is neither
    /// significant nor large enough to matter: only another canary would change it.
    pub fn what_would_change(&self) -> String {
        match (self.p <= self.level, self.matters) {
            // Tests that are only shown decide nothing.
            _ if !self.test.decides() => String::new(),
            (true, true) => {
                format!("no harm with a p above {}, or too small to matter", short(self.level))
            }
            (true, false) => "harm if it were large enough to matter".to_owned(),
            (false, true) => format!("harm with a p of {} or less", short(self.level)),
            // A judgement has over a hundred findings, and most are of this kind.
            (false, false) => String::new(),
        }
    }
}

impl MetricJudgement {
    /// What decided the class, in one line for people.
    pub fn explanation(&self) -> String {
        let judged_as_zeros =
            |counts: &Counts| counts.judged > 0 && counts.gaps == counts.submitted;
        let silent =
            match (judged_as_zeros(&self.baseline.counts), judged_as_zeros(&self.canary.counts)) {
                _ if self.decision == Decision::MissingData => return self.decided(),
                (false, false) => return self.decided(),
                (true, false) => "the baseline has",
                (false, true) => "the canary has",
                (true, true) => "both sides have",
            };
        format!("{silent} no data, judged as 0: {}", self.decided())
    }

    fn decided(&self) -> String {
        match &self.decision {
            Decision::MissingData => {
                // Gaps that were replaced by 0 count as judged.
                let left = |counts: &Counts| {
                    if counts.gaps == counts.submitted { 0 } else { counts.judged }
                };
                let side = |counts: &Counts| format!("{} of {}", left(counts), counts.submitted);
                let (baseline, canary) = (&self.baseline.counts, &self.canary.counts);
                let infinite = left(baseline) > 0 && left(canary) > 0;
                let all = if infinite { ", all of a side infinite or warming up" } else { "" };
                let (baseline, canary) = (side(baseline), side(canary));
                format!(
                    "no data on a side: points left are {baseline} baseline, {canary} canary{all}"
                )
            }
            Decision::Identical => "both sides hold the same values".to_owned(),
            Decision::OneValue => "every point of both sides is the same value".to_owned(),
            Decision::Tested(evidence) => self.change(evidence),
            Decision::Constants(evidence) => {
                format!("both sides are constant; {}", self.change(evidence))
            }
            Decision::Untestable => match &self.reason {
                Some(reason) if self.classification == Classification::Inconclusive => {
                    format!("{reason}; a longer window or a shorter step has more")
                }
                _ => "too few different points to test".to_owned(),
            },
            Decision::Panel(panel) => self.panel(panel),
        }
    }

    /// What would have changed the class, in one line for people; empty for the parity judge.
    pub fn what_would_change(&self) -> String {
        let Decision::Panel(panel) = &self.decision else { return String::new() };
        let harm: Vec<&Finding> = self.findings.iter().filter(|f| f.is_harm()).collect();
        let closest = self.findings.iter().find(|finding| finding.test.decides());
        let inconclusive = self.classification == Classification::Inconclusive;
        match (harm.as_slice(), closest, inconclusive) {
            ([], None, _) => "nothing was tested".to_owned(),
            ([], Some(closest), false) => nearest(closest),
            ([], Some(_), true) => match self.points_to_settle() {
                Some(more) => {
                    format!("about {more} more points a side, if the shift stays what it is")
                }
                None => "another allowance: the shift is too close to this one for more points to \
                         settle it"
                    .to_owned(),
            },
            ([only], ..) if only.test == TestKind::Location => self
                .enough_allowance(only.change, panel.estimate)
                .unwrap_or_else(|| end_of_harm(&harm)),
            (harm, ..) => end_of_harm(harm),
        }
    }

    /// Additional points a side that would settle an inconclusive metric; `None` above ten times the points
    /// there are, because nobody waits that long.
    pub(crate) fn points_to_settle(&self) -> Option<usize> {
        const TIMES: usize = 10;
        let Decision::Panel(panel) = &self.decision else { return None };
        let points = self.baseline.counts.judged.min(self.canary.counts.judged);
        panel.more_points.filter(|more| *more <= TIMES * points)
    }

    /// The allowance with which the estimated shift would not fail: the shift is as likely above as below it, so it may be
    /// inconclusive.
    fn enough_allowance(&self, change: Change, estimate: f64) -> Option<String> {
        /// Ratios are rounded to 1/1000, towards a larger allowance.
        const STEPS: f64 = 1000.0;
        let level = self.baseline.median;
        let setting = match change {
            Change::Increase => "allowedIncrease",
            Change::Decrease => "allowedDecrease",
        };
        let ratio = 1.0 + estimate / level;
        let ratio = match change {
            Change::Increase => (ratio * STEPS).ceil() / STEPS,
            Change::Decrease => (ratio * STEPS).floor() / STEPS,
        };
        let allows = match change {
            Change::Increase => ratio > 1.0,
            Change::Decrease => 0.0 < ratio && ratio < 1.0,
        };
        (level > 0.0 && allows && ratio.is_finite())
            .then(|| format!("its mean would not fail with {setting} {}", short(ratio)))
    }

    fn panel(&self, panel: &Panel) -> String {
        if let Some(harm) = self.findings.iter().find(|finding| finding.is_harm()) {
            return harm.sentence.clone();
        }
        if self.classification == Classification::Inconclusive {
            let reason = self.reason.as_deref().unwrap_or_default();
            let text = reason.split_once(" is inconclusive: ").map_or(reason, |(_, why)| why);
            return format!("inconclusive: {text}");
        }
        let mut text = shift(panel.estimate, &panel.interval);
        if let Some(healthy) = panel.healthy {
            text.push_str("; healthy windows make ");
            self.push_shift(&mut text, healthy.lower);
            text.push_str(" to ");
            self.push_shift(&mut text, healthy.upper);
            text.push_str(" normal");
        }
        text.push_str("; would have found ");
        self.push_shift(&mut text, panel.would_find);
        text
    }

    /// Appends a shift in percent of the baseline's median, or in the metric's unit if the median is 0.
    fn push_shift(&self, text: &mut String, shift: f64) {
        let median = self.baseline.median.abs();
        if median > 0.0 {
            let _ = write!(text, "{:+.1} %", 100.0 * shift / median);
        } else {
            push_signed(text, shift);
        }
    }

    fn change(&self, evidence: &Evidence) -> String {
        let Evidence { estimate, interval, tolerance, .. } = evidence;
        let up = interval.lower > *tolerance;
        let down = interval.upper < -tolerance;
        let mut text = shift(*estimate, interval);
        match self.classification {
            Classification::High | Classification::Low => {
                text.push_str(" is beyond ±");
                push_short(&mut text, *tolerance);
                text.push_str("; ");
                push_reached(&mut text, evidence, up);
            }
            _ if !up && !down => {
                text.push_str(" is not clear of ±");
                push_short(&mut text, *tolerance);
            }
            _ => {
                text.push_str(" is clear, but ");
                push_spared(&mut text, evidence, up);
            }
        }
        text
    }
}

/// What the test that is nearest to failing lacks.
fn nearest(closest: &Finding) -> String {
    let mut text = String::with_capacity(LENGTH);
    text.push_str("nearest to failing is ");
    text.push_str(closest.test.name());
    if closest.p <= closest.level {
        text.push_str(": its p of ");
        push_short(&mut text, closest.p);
        text.push_str(" is small enough");
    } else {
        text.push_str(": it needs p ≤ ");
        push_short(&mut text, closest.level);
        text.push_str(", and has ");
        push_short(&mut text, closest.p);
    }
    if !closest.matters {
        text.push_str(", but the change is not large enough to matter");
    }
    text
}

fn end_of_harm(harm: &[&Finding]) -> String {
    let names: Vec<&str> = harm.iter().map(|finding| finding.test.name()).collect();
    let each = if names.len() > 1 { "; each of them fails it alone" } else { "" };
    format!("it passes once the harm in {} is gone{each}", names.join(", "))
}

/// Capacity that nearly every explanation fits in.
const LENGTH: usize = 128;

fn shift(estimate: f64, interval: &Interval) -> String {
    let mut text = String::with_capacity(LENGTH);
    text.push_str("shift ");
    push_signed(&mut text, estimate);
    text.push_str(" (");
    push_signed(&mut text, interval.lower);
    text.push_str(" to ");
    push_signed(&mut text, interval.upper);
    text.push(')');
    text
}

/// Appends how the effect reached its allowance.
fn push_reached(text: &mut String, evidence: &Evidence, up: bool) {
    let effect = &evidence.effect;
    if effect.value.is_nan() {
        text.push_str(name(effect));
        text.push_str(" is undefined, so no allowance holds");
    } else {
        push_held(text, effect, if up { "reaches" } else { "is down to" }, up);
    }
}

/// Appends why a significant change is no failure.
fn push_spared(text: &mut String, evidence: &Evidence, up: bool) {
    match (up, evidence.direction) {
        (true, Direction::Decrease) => text.push_str("only a decrease is a failure"),
        (false, Direction::Increase) => text.push_str("only an increase is a failure"),
        _ => push_held(text, &evidence.effect, if up { "is below" } else { "is above" }, up),
    }
}

/// Appends the effect and its allowance, with `verb` between them.
fn push_held(text: &mut String, effect: &Effect, verb: &str, up: bool) {
    let allowed = if up { effect.allowed_increase } else { effect.allowed_decrease };
    text.push_str(name(effect));
    text.push(' ');
    push_short(text, effect.value);
    text.push(' ');
    text.push_str(verb);
    text.push_str(" the ");
    push_short(text, allowed);
    text.push_str(" allowed");
}

fn name(effect: &Effect) -> &'static str {
    match effect.measure {
        EffectMeasure::MeanRatio => "mean ratio",
        EffectMeasure::Cles => "CLES",
    }
}
