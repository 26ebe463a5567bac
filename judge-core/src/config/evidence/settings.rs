//! Settings of `EvidenceJudge-v1` as they were written, and the one place that checks their ranges.

use crate::problem::{MISSING, Problem};
use crate::stats::ConfidenceLevel;
use crate::test_kind::TestKind;

use super::{
    AcrossMetrics, EvidenceConfig, Fraction, InconclusivePolicy, Joint, JointOutcome,
    MetricEvidence, MetricKind, MinimumChange, NonNegative, SettingWord, Spending, Tests,
};

/// [`EvidenceConfig`] as it was written: `None` for what was not.
///
/// # Example
/// ```
/// use judge_core::config::evidence::EvidenceSettings;
///
/// let mut problems = Vec::new();
/// let settings = EvidenceSettings { confidence: Some(98.0), ..EvidenceSettings::default() };
/// settings.check(&mut problems);
/// assert_eq!(problems[0].path, "confidence");
/// ```
#[derive(Debug, Clone, Default)]
pub struct EvidenceSettings {
    /// Probability that a healthy metric passes.
    pub confidence: Option<f64>,
    /// Smallest relative change that matters.
    pub minimum_change: Option<f64>,
    /// The same in standard deviations of the noise.
    pub minimum_noise: Option<f64>,
    /// The same in the metric's unit.
    pub minimum_absolute: Option<f64>,
    /// Tests that run.
    pub tests: Option<Vec<TestKind>>,
    /// How an inconclusive metric counts.
    pub inconclusive: Option<InconclusivePolicy>,
    /// The joint test.
    pub joint: JointSettings,
    /// How the number of metrics makes the test of each stricter.
    pub across_metrics: Option<AcrossMetrics>,
    /// Points at the start that are not judged.
    pub warm_up: Option<usize>,
    /// How the looks of a canary share the significance level.
    pub spending: Option<Spending>,
    /// Probability that a canary with harm passes early.
    pub early_pass: Option<f64>,
    /// The metric that counts the traffic of each side.
    pub traffic: Option<String>,
}

/// [`Joint`] as it was written.
///
/// [`EvidenceSettings`] has an example.
#[derive(Debug, Clone, Copy, Default)]
pub struct JointSettings {
    /// Whether the test runs.
    pub enabled: Option<bool>,
    /// Share of its allowance that the median metric must use up.
    pub size: Option<f64>,
    /// What a finding does to the verdict.
    pub outcome: Option<JointOutcome>,
}

/// [`MetricEvidence`] as it was written.
///
/// # Example
/// ```
/// use judge_core::config::evidence::{KindWord, MetricEvidenceSettings};
///
/// let mut problems = Vec::new();
/// let kind = Some(KindWord::Proportion);
/// MetricEvidenceSettings { kind, ..MetricEvidenceSettings::default() }.check(&mut problems);
/// assert_eq!(problems[0].path, "of");
/// ```
#[derive(Debug, Clone, Default)]
pub struct MetricEvidenceSettings {
    /// Probability that the metric passes if it is healthy.
    pub confidence: Option<f64>,
    /// Smallest relative change that matters.
    pub minimum_change: Option<f64>,
    /// The same in standard deviations of the noise.
    pub minimum_noise: Option<f64>,
    /// The same in the metric's unit.
    pub minimum_absolute: Option<f64>,
    /// Tests that run.
    pub tests: Option<Vec<TestKind>>,
    /// What the metric measures.
    pub kind: Option<KindWord>,
    /// The metric that the events are relative to.
    pub of: Option<String>,
    /// Points at the start that are not judged.
    pub warm_up: Option<usize>,
    /// The metric that counts the traffic from which this one is measured.
    pub traffic: Option<String>,
}

/// The word for a [`MetricKind`].
///
/// [`MetricEvidenceSettings`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KindWord {
    /// [`MetricKind::Auto`].
    Auto,
    /// [`MetricKind::Gauge`].
    Gauge,
    /// [`MetricKind::Count`].
    Count,
    /// [`MetricKind::Proportion`].
    Proportion,
}

impl SettingWord for KindWord {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("gauge", Self::Gauge),
        ("count", Self::Count),
        ("proportion", Self::Proportion),
    ];
}

impl EvidenceSettings {
    /// The settings, with defaults for what was not written. What is out of range is added to `problems`, with
    /// paths such as `joint.size`, and has its default.
    pub fn check(self, problems: &mut Vec<Problem>) -> EvidenceConfig {
        let default = EvidenceConfig::default();
        let minimum = MinimumChange::DEFAULT;
        let mut size = |key, given| number(key, given, problems);
        let minimum_change = MinimumChange {
            relative: size("minimumChange", self.minimum_change).unwrap_or(minimum.relative),
            noise: size("minimumNoise", self.minimum_noise).unwrap_or(minimum.noise),
            absolute: size("minimumAbsolute", self.minimum_absolute).unwrap_or(minimum.absolute),
        };
        EvidenceConfig {
            confidence: confidence(self.confidence, problems).unwrap_or(default.confidence),
            minimum_change,
            tests: tests(self.tests, problems).unwrap_or_default(),
            inconclusive: self.inconclusive.unwrap_or_default(),
            joint: self.joint.check(problems),
            across_metrics: self.across_metrics.unwrap_or_default(),
            warm_up: self.warm_up.unwrap_or(default.warm_up),
            spending: self.spending.unwrap_or_default(),
            early_pass: early_pass(self.early_pass, problems),
            traffic: self.traffic,
        }
    }
}

/// No canary passes early at 0. From a half on it would be a coin flip whether one with harm does.
fn early_pass(given: Option<f64>, problems: &mut Vec<Problem>) -> Option<Fraction> {
    let given = given.filter(|given| *given != 0.0)?;
    let fraction = Fraction::new(given).ok().filter(|fraction| fraction.get() < 0.5);
    if fraction.is_none() {
        problems.push(Problem::error("earlyPass", given, "a probability from 0 to below 0.5"));
    }
    fraction
}

impl JointSettings {
    fn check(self, problems: &mut Vec<Problem>) -> Joint {
        let default = Joint::default();
        let size = self.size.and_then(|size| in_range("joint.size", Fraction::new(size), problems));
        Joint {
            enabled: self.enabled.unwrap_or(default.enabled),
            size: size.unwrap_or(default.size),
            outcome: self.outcome.unwrap_or(default.outcome),
        }
    }
}

impl MetricEvidenceSettings {
    /// The settings of the metric. What is out of range is added to `problems` and counts as not written.
    pub fn check(self, problems: &mut Vec<Problem>) -> MetricEvidence {
        MetricEvidence {
            confidence: confidence(self.confidence, problems),
            minimum_relative: number("minimumChange", self.minimum_change, problems),
            minimum_noise: number("minimumNoise", self.minimum_noise, problems),
            minimum_absolute: number("minimumAbsolute", self.minimum_absolute, problems),
            tests: tests(self.tests, problems),
            kind: kind(self.kind, self.of, problems),
            warm_up: self.warm_up,
            traffic: self.traffic,
        }
    }
}

fn in_range<T>(key: &str, checked: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    checked.map_err(|problem| problems.push(problem.within(key))).ok()
}

fn number(key: &str, given: Option<f64>, problems: &mut Vec<Problem>) -> Option<NonNegative> {
    in_range(key, NonNegative::new(given?), problems)
}

/// Below one half, a healthy metric would fail more often than it passes.
fn confidence(given: Option<f64>, problems: &mut Vec<Problem>) -> Option<ConfidenceLevel> {
    let given = given?;
    let level = ConfidenceLevel::new(given).ok().filter(|level| level.value() >= 0.5);
    if level.is_none() {
        problems.push(Problem::error("confidence", given, "a probability from 0.5 to below 1"));
    }
    level
}

fn tests(given: Option<Vec<TestKind>>, problems: &mut Vec<Problem>) -> Option<Tests> {
    let given = given?;
    if given.is_empty() {
        problems.push(Problem::error("tests", "an empty list", "at least one test"));
    }
    Some(Tests::only(given))
}

fn kind(word: Option<KindWord>, of: Option<String>, problems: &mut Vec<Problem>) -> MetricKind {
    match (word, of) {
        (Some(KindWord::Count), exposure) => MetricKind::Count { exposure },
        (Some(KindWord::Proportion), Some(of)) => MetricKind::Proportion { of },
        (Some(KindWord::Proportion), None) => {
            problems.push(Problem::error(
                "of",
                MISSING,
                "the name of the metric that has all events",
            ));
            MetricKind::Auto
        }
        (word, of) => {
            if let Some(of) = of {
                let allowed = "no value, or the kind count or proportion";
                problems.push(Problem::notice("of", format!("{of:?}"), allowed));
            }
            if word == Some(KindWord::Gauge) { MetricKind::Gauge } else { MetricKind::Auto }
        }
    }
}

#[cfg(test)]
mod tests_of_ranges {
    use super::*;
    use crate::problem::Severity;

    #[test]
    fn the_metric_of_all_events_needs_a_kind_that_reads_it() {
        let severities = |kind| {
            let mut problems = Vec::new();
            let of = Some("requests".to_owned());
            MetricEvidenceSettings { kind, of, ..MetricEvidenceSettings::default() }
                .check(&mut problems);
            problems.into_iter().map(|problem| problem.severity).collect::<Vec<_>>()
        };
        for kind in [None, Some(KindWord::Auto), Some(KindWord::Gauge)] {
            assert_eq!(severities(kind), [Severity::Notice], "{kind:?}");
        }
        for kind in [KindWord::Count, KindWord::Proportion] {
            assert_eq!(severities(Some(kind)), [], "{kind:?}");
        }
    }

    #[test]
    fn values_out_of_range_are_reported_with_their_path() {
        let mut problems = Vec::new();
        let joint = JointSettings { size: Some(0.0), ..JointSettings::default() };
        let judge = EvidenceSettings {
            confidence: Some(0.4),
            minimum_change: Some(-1.0),
            minimum_noise: Some(f64::INFINITY),
            minimum_absolute: Some(f64::NAN),
            tests: Some(Vec::new()),
            joint,
            early_pass: Some(0.5),
            ..EvidenceSettings::default()
        };
        judge.check(&mut problems);
        let kind = Some(KindWord::Proportion);
        let metric = MetricEvidenceSettings { kind, ..MetricEvidenceSettings::default() };
        metric.check(&mut problems);
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        let expected = [
            "minimumChange",
            "minimumNoise",
            "minimumAbsolute",
            "confidence",
            "tests",
            "joint.size",
            "earlyPass",
            "of",
        ];
        assert_eq!(paths, expected);
    }

    #[test]
    fn missing_settings_have_their_default() {
        let mut problems = Vec::new();
        let judge = EvidenceSettings::default().check(&mut problems);
        assert_eq!(judge, EvidenceConfig::default());
        let metric = MetricEvidenceSettings::default().check(&mut problems);
        assert_eq!(metric, MetricEvidence::default());
        assert_eq!(problems, []);
    }
}
