//! What `EvidenceJudge-v1` can be told besides.

use judge_core::config::evidence::{
    AcrossMetrics, Confidence, EvidenceConfig, InconclusivePolicy, Joint, JointOutcome,
    MetricEvidence, MetricKind, MinimumChange, Tests,
};
use judge_core::judgement::TestKind;

use crate::proto;

use super::config::Reading;

pub(super) fn read(config: &proto::EvidenceConfig, reading: &mut Reading<'_>) -> EvidenceConfig {
    let default = MinimumChange::DEFAULT;
    EvidenceConfig {
        confidence: confidence(config.confidence, reading).unwrap_or_default(),
        minimum_change: MinimumChange {
            relative: size("minimumChange", config.minimum_change, reading)
                .unwrap_or(default.relative),
            noise: size("minimumNoise", config.minimum_noise, reading).unwrap_or(default.noise),
            absolute: size("minimumAbsolute", config.minimum_absolute, reading)
                .unwrap_or(default.absolute),
        },
        tests: tests(&config.tests, reading).unwrap_or_default(),
        inconclusive: inconclusive(config.inconclusive, reading),
        joint: config
            .joint
            .map(|joint| read_joint(joint, &mut reading.within("joint")))
            .unwrap_or_default(),
        across_metrics: across_metrics(config.across_metrics, reading),
        warm_up: points(config.warm_up_points),
    }
}

pub(super) fn read_metric(
    metric: proto::MetricEvidence,
    reading: &mut Reading<'_>,
) -> MetricEvidence {
    MetricEvidence {
        confidence: confidence(metric.confidence, reading),
        minimum_relative: size("minimumChange", metric.minimum_change, reading),
        minimum_noise: size("minimumNoise", metric.minimum_noise, reading),
        minimum_absolute: size("minimumAbsolute", metric.minimum_absolute, reading),
        tests: tests(&metric.tests, reading),
        kind: kind(metric.kind, metric.of, reading),
        warm_up: metric.warm_up_points.map(points),
    }
}

fn points(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn confidence(confidence: Option<f64>, reading: &mut Reading<'_>) -> Option<Confidence> {
    match Confidence::new(confidence?) {
        Ok(confidence) => Some(confidence),
        Err(problem) => {
            reading.push(problem);
            None
        }
    }
}

fn size(field: &str, size: Option<f64>, reading: &mut Reading<'_>) -> Option<f64> {
    let size = size?;
    if size >= 0.0 && size.is_finite() {
        return Some(size);
    }
    reading.error(field, size, "a number, 0 or above");
    None
}

/// The tests, or `None` for those of the whole.
fn tests(numbers: &[i32], reading: &mut Reading<'_>) -> Option<Tests> {
    use proto::TestKind as Word;
    let mut tests = Vec::with_capacity(numbers.len());
    for (index, number) in numbers.iter().enumerate() {
        tests.push(match Word::try_from(*number) {
            Ok(Word::Location) => TestKind::Location,
            Ok(Word::EndState) => TestKind::EndState,
            Ok(Word::Spread) => TestKind::Spread,
            Ok(Word::Tail) => TestKind::Tail,
            Ok(Word::Excursions) => TestKind::Excursions,
            Ok(Word::Events) => TestKind::Events,
            Ok(Word::StartUp) => TestKind::StartUp,
            Ok(Word::Bursts) => TestKind::Bursts,
            Ok(Word::MannWhitney) => TestKind::MannWhitney,
            Ok(Word::Silence) => TestKind::Silence,
            Ok(Word::Unspecified) | Err(_) => {
                let allowed = "TEST_KIND_LOCATION, TEST_KIND_END_STATE, TEST_KIND_SPREAD, \
                               TEST_KIND_TAIL, TEST_KIND_EXCURSIONS, TEST_KIND_EVENTS, \
                               TEST_KIND_START_UP";
                reading.error(&format!("tests[{index}]"), number, allowed);
                continue;
            }
        });
    }
    (!numbers.is_empty()).then(|| Tests::only(tests))
}

fn inconclusive(number: i32, reading: &mut Reading<'_>) -> InconclusivePolicy {
    use proto::InconclusivePolicy as Word;
    match Word::try_from(number) {
        Ok(Word::PassThreshold | Word::Unspecified) => InconclusivePolicy::PassThreshold,
        Ok(Word::Pass) => InconclusivePolicy::Pass,
        Ok(Word::Marginal) => InconclusivePolicy::Marginal,
        Ok(Word::Fail) => InconclusivePolicy::Fail,
        Err(_) => {
            let allowed = "INCONCLUSIVE_POLICY_PASS, INCONCLUSIVE_POLICY_MARGINAL, \
                           INCONCLUSIVE_POLICY_FAIL";
            reading.error("inconclusive", number, allowed);
            InconclusivePolicy::default()
        }
    }
}

fn read_joint(joint: proto::Joint, reading: &mut Reading<'_>) -> Joint {
    use proto::JointOutcome as Word;
    let default = Joint::default();
    let size = joint.size.unwrap_or(default.size);
    if !(size > 0.0 && size <= 1.0) {
        reading.error("size", size, "above 0, at most 1");
    }
    let outcome = match Word::try_from(joint.outcome) {
        Ok(Word::Fail | Word::Unspecified) => JointOutcome::Fail,
        Ok(Word::Marginal) => JointOutcome::Marginal,
        Ok(Word::Warn) => JointOutcome::Warn,
        Err(_) => {
            let allowed = "JOINT_OUTCOME_FAIL, JOINT_OUTCOME_MARGINAL, JOINT_OUTCOME_WARN";
            reading.error("outcome", joint.outcome, allowed);
            default.outcome
        }
    };
    Joint { enabled: joint.enabled.unwrap_or(default.enabled), size, outcome }
}

fn across_metrics(number: i32, reading: &mut Reading<'_>) -> AcrossMetrics {
    use proto::AcrossMetrics as Word;
    match Word::try_from(number) {
        Ok(Word::Balanced | Word::Unspecified) => AcrossMetrics::Balanced,
        Ok(Word::Each) => AcrossMetrics::Each,
        Ok(Word::Holm) => AcrossMetrics::Holm,
        Ok(Word::BenjaminiHochberg) => AcrossMetrics::BenjaminiHochberg,
        Err(_) => {
            let allowed = "ACROSS_METRICS_BALANCED, ACROSS_METRICS_EACH, ACROSS_METRICS_HOLM, \
                           ACROSS_METRICS_BENJAMINI_HOCHBERG";
            reading.error("acrossMetrics", number, allowed);
            AcrossMetrics::default()
        }
    }
}

fn kind(number: i32, of: Option<String>, reading: &mut Reading<'_>) -> MetricKind {
    use proto::MetricKind as Word;
    match (Word::try_from(number), of) {
        (Ok(Word::Auto | Word::Unspecified), _) => MetricKind::Auto,
        (Ok(Word::Gauge), _) => MetricKind::Gauge,
        (Ok(Word::Count), exposure) => MetricKind::Count { exposure },
        (Ok(Word::Proportion), Some(of)) => MetricKind::Proportion { of },
        (Ok(Word::Proportion), None) => {
            reading.error("of", "missing", "the name of the metric that holds all events");
            MetricKind::Auto
        }
        (Err(_), _) => {
            let allowed = "METRIC_KIND_AUTO, METRIC_KIND_GAUGE, METRIC_KIND_COUNT, \
                           METRIC_KIND_PROPORTION";
            reading.error("kind", number, allowed);
            MetricKind::Auto
        }
    }
}
