//! The sentence that says what decided a metric.

use crate::config::{Direction, EffectMeasure};

use super::{
    Change, Classification, Counts, Decision, Effect, Evidence, Finding, Interval, MetricJudgement,
    Panel, TestKind,
};

impl Finding {
    /// What would have changed what it says, in one line for people.
    pub fn what_would_change(&self) -> String {
        let (p, level) = (self.p, self.level);
        match (p <= level, self.matters) {
            (true, true) => format!("no harm with a p above {level:.1e}, or too small to matter"),
            (true, false) => "harm if it were large enough to matter".to_owned(),
            (false, true) => format!("harm with a p of {level:.1e} or less"),
            (false, false) => {
                format!("harm with a p of {level:.1e} or less, and large enough to matter")
            }
        }
    }
}

impl MetricJudgement {
    /// What decided the class, in one line for people.
    pub fn explanation(&self) -> String {
        match &self.decision {
            Decision::MissingData => {
                let side = |counts: &Counts| format!("{} of {}", counts.judged, counts.submitted);
                let (baseline, canary) = (side(&self.baseline.counts), side(&self.canary.counts));
                format!("no data on a side: points left are {baseline} baseline, {canary} canary")
            }
            Decision::Identical => "both sides hold the same values".to_owned(),
            Decision::OneValue => "every point of both sides is the same value".to_owned(),
            Decision::Tested(evidence) => self.change(evidence),
            Decision::Constants(evidence) => {
                format!("both sides are constant; {}", self.change(evidence))
            }
            Decision::Untestable => "too few different points to test".to_owned(),
            Decision::Panel(panel) => self.panel(panel),
        }
    }

    /// What would have changed the class, in one line for people; empty where no panel judged.
    pub fn what_would_change(&self) -> String {
        let Decision::Panel(panel) = &self.decision else { return String::new() };
        let harm: Vec<&Finding> = self.findings.iter().filter(|f| f.is_harm()).collect();
        match (harm.as_slice(), self.findings.first()) {
            ([], None) => "nothing was tested".to_owned(),
            ([], Some(closest)) if panel.more_points.is_none() => {
                let size =
                    if closest.matters { "" } else { " and a change large enough to matter" };
                format!(
                    "nearest to failing is {}: it needs p ≤ {:.1e}, and has {:.1e}{size}",
                    closest.test.name(),
                    closest.level,
                    closest.p
                )
            }
            ([], Some(_)) => {
                let more = panel.more_points.unwrap_or_default();
                format!("about {more} more points a side, if the shift stays what it is")
            }
            ([only], _) if only.test == TestKind::Location => {
                let near = match only.change {
                    Change::Increase => panel.interval.lower,
                    Change::Decrease => panel.interval.upper,
                };
                format!("to pass it takes an allowance of {} or more in its unit", signed(near))
            }
            (harm, _) => {
                let names: Vec<&str> = harm.iter().map(|finding| finding.test.name()).collect();
                let each = if names.len() > 1 { "; each fails it alone" } else { "" };
                format!("to pass it takes the end of what shows in {}{each}", names.join(", "))
            }
        }
    }

    fn panel(&self, panel: &Panel) -> String {
        if let Some(harm) = self.findings.iter().find(|finding| finding.is_harm()) {
            return harm.sentence.clone();
        }
        let Interval { lower, upper, .. } = panel.interval;
        let shift =
            format!("shift {} ({} to {})", signed(panel.estimate), signed(lower), signed(upper));
        match panel.more_points {
            Some(more) => format!("{shift} is inconclusive; about {more} more points settle it"),
            None => format!("{shift}; no harm beyond ±{}", short(panel.allowed)),
        }
    }

    fn change(&self, evidence: &Evidence) -> String {
        let Evidence { estimate, interval, tolerance, .. } = evidence;
        let shift = format!(
            "shift {} ({} to {})",
            signed(*estimate),
            signed(interval.lower),
            signed(interval.upper)
        );
        let up = interval.lower > *tolerance;
        let down = interval.upper < -tolerance;
        let band = short(*tolerance);
        match self.classification {
            Classification::High | Classification::Low => {
                format!("{shift} is beyond ±{band}; {}", reached(evidence, up))
            }
            _ if !up && !down => format!("{shift} is not clear of ±{band}"),
            _ => format!("{shift} is clear, but {}", spared(evidence, up)),
        }
    }
}

/// How the effect reached its allowance.
fn reached(evidence: &Evidence, up: bool) -> String {
    let effect = &evidence.effect;
    let (name, value, allowed) = (name(effect), short(effect.value), allowance(effect, up));
    if effect.value.is_nan() {
        format!("{name} is undefined, so no allowance holds")
    } else if up {
        format!("{name} {value} reaches the {allowed} allowed")
    } else {
        format!("{name} {value} is down to the {allowed} allowed")
    }
}

/// Why a clear change is no failure.
fn spared(evidence: &Evidence, up: bool) -> String {
    let (effect, direction) = (&evidence.effect, evidence.direction);
    match (up, direction) {
        (true, Direction::Decrease) => "only a decrease is a failure".to_owned(),
        (false, Direction::Increase) => "only an increase is a failure".to_owned(),
        _ => {
            let (name, value, allowed) = (name(effect), short(effect.value), allowance(effect, up));
            let side = if up { "below" } else { "above" };
            format!("{name} {value} is {side} the {allowed} allowed")
        }
    }
}

fn allowance(effect: &Effect, up: bool) -> String {
    short(if up { effect.allowed_increase } else { effect.allowed_decrease })
}

fn name(effect: &Effect) -> &'static str {
    match effect.measure {
        EffectMeasure::MeanRatio => "mean ratio",
        EffectMeasure::Cles => "CLES",
    }
}

/// `value` with four significant digits, without trailing zeros.
pub(crate) fn short(value: f64) -> String {
    const DIGITS: i32 = 4;
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let scientific = format!("{value:.3e}");
    let exponent =
        scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    let exponent = exponent.unwrap_or_default();
    let text = if (-4..15).contains(&exponent) {
        let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
        format!("{value:.decimals$}")
    } else {
        scientific
    };
    let (mantissa, rest) = text.split_at(text.find('e').unwrap_or(text.len()));
    if mantissa.contains('.') {
        format!("{}{rest}", mantissa.trim_end_matches('0').trim_end_matches('.'))
    } else {
        text
    }
}

fn signed(value: f64) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", short(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (1.100_04, "1.1"),
            (123_456.0, "123456"),
            (0.000_123_456, "0.0001235"),
            (1.5e-9, "1.5e-9"),
            (2.5e20, "2.5e20"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
        assert_eq!(signed(-2.5), "-2.5");
        assert_eq!(signed(2.5), "+2.5");
    }
}
