//! Settings of `EvidenceJudge-v1`. The core checks their ranges and has their words.

use judge_core::TestKind;
use judge_core::config::evidence::{
    EvidenceConfig, EvidenceSettings, JointSettings, MetricEvidence, MetricEvidenceSettings,
    SettingWord,
};

use crate::proto;
use crate::reading::Reading;

pub(crate) fn read(config: &proto::EvidenceConfig, reading: &mut Reading<'_>) -> EvidenceConfig {
    let joint = config.joint.as_ref();
    let settings = EvidenceSettings {
        confidence: config.confidence,
        minimum_change: config.minimum_change,
        minimum_noise: config.minimum_noise,
        minimum_absolute: config.minimum_absolute,
        tests: tests(&config.tests, reading),
        inconclusive: word(
            "inconclusive",
            config.inconclusive,
            proto::InconclusivePolicy::as_str_name,
            reading,
        ),
        joint: joint
            .map(|joint| read_joint(joint, &mut reading.within("joint")))
            .unwrap_or_default(),
        across_metrics: word(
            "acrossMetrics",
            config.across_metrics,
            proto::AcrossMetrics::as_str_name,
            reading,
        ),
        warm_up: Some(points(config.warm_up_points)),
        spending: word("spending", config.spending, proto::Spending::as_str_name, reading),
        early_pass: config.early_pass,
        traffic: config.traffic.clone(),
    };
    reading.checked(|problems| settings.check(problems))
}

pub(crate) fn read_metric(
    metric: proto::MetricEvidence,
    reading: &mut Reading<'_>,
) -> MetricEvidence {
    let settings = MetricEvidenceSettings {
        confidence: metric.confidence,
        minimum_change: metric.minimum_change,
        minimum_noise: metric.minimum_noise,
        minimum_absolute: metric.minimum_absolute,
        tests: tests(&metric.tests, reading),
        kind: word("kind", metric.kind, proto::MetricKind::as_str_name, reading),
        of: metric.of,
        warm_up: metric.warm_up_points.map(points),
        traffic: metric.traffic,
    };
    reading.checked(|problems| settings.check(problems))
}

fn points(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The tests; `None` if the list is empty.
fn tests(numbers: &[i32], reading: &mut Reading<'_>) -> Option<Vec<TestKind>> {
    let mut tests = Vec::with_capacity(numbers.len());
    for (index, number) in numbers.iter().enumerate() {
        match meaning(*number, proto::TestKind::as_str_name) {
            Some(test) => tests.push(test),
            None => reading.error(
                &format!("tests[{index}]"),
                number,
                &expected::<TestKind, _>(proto::TestKind::as_str_name),
            ),
        }
    }
    (!tests.is_empty()).then_some(tests)
}

fn read_joint(joint: &proto::Joint, reading: &mut Reading<'_>) -> JointSettings {
    JointSettings {
        enabled: joint.enabled,
        size: joint.size,
        outcome: word("outcome", joint.outcome, proto::JointOutcome::as_str_name, reading),
    }
}

/// The word of a field that holds the number of an enum; `None` if the field was not written.
fn word<T: SettingWord, E: TryFrom<i32>>(
    field: &str,
    number: i32,
    name: fn(&E) -> &'static str,
    reading: &mut Reading<'_>,
) -> Option<T> {
    if number == 0 {
        return None;
    }
    let word = meaning(number, name);
    if word.is_none() {
        reading.error(field, number, &expected::<T, E>(name));
    }
    word
}

/// The word that the contract has under `number`.
fn meaning<T: SettingWord, E: TryFrom<i32>>(
    number: i32,
    name: fn(&E) -> &'static str,
) -> Option<T> {
    let name = name(&E::try_from(number).ok()?);
    let words = T::WORDS.iter();
    words.filter(|(word, _)| is_called(name, word)).map(|(_, meaning)| *meaning).next()
}

/// The names of all words in the contract.
fn expected<T: SettingWord, E: TryFrom<i32>>(name: fn(&E) -> &'static str) -> String {
    let names: Vec<&str> = (1..)
        .map_while(|number| E::try_from(number).ok())
        .map(|known| name(&known))
        .filter(|name| T::WORDS.iter().any(|(word, _)| is_called(name, word)))
        .collect();
    format!("one of {}", names.join(", "))
}

/// Whether `name`, such as `JOINT_OUTCOME_FAIL`, is the contract's name for `word`.
fn is_called(name: &str, word: &str) -> bool {
    let mut suffix = String::with_capacity(name.len());
    for letter in word.chars() {
        if letter.is_ascii_uppercase() {
            suffix.push('_');
        }
        suffix.push(letter.to_ascii_uppercase());
    }
    name.strip_suffix(&suffix).is_some_and(|prefix| prefix.ends_with('_'))
}

#[cfg(test)]
mod tests {
    use judge_core::config::evidence::{
        AcrossMetrics, InconclusivePolicy, JointOutcome, KindWord, Spending,
    };

    use super::*;

    fn assert_all<T: SettingWord + PartialEq, E: TryFrom<i32>>(name: fn(&E) -> &'static str) {
        let known =
            (1..=i32::from(u8::MAX)).take_while(|number| E::try_from(*number).is_ok()).count();
        assert_eq!(known, T::WORDS.len());
        let found = (1..).map_while(|number| meaning::<T, E>(number, name));
        assert_eq!(found.count(), T::WORDS.len());
    }

    #[test]
    fn the_contract_and_the_core_have_the_same_words() {
        assert_all::<TestKind, _>(proto::TestKind::as_str_name);
        assert_all::<InconclusivePolicy, _>(proto::InconclusivePolicy::as_str_name);
        assert_all::<JointOutcome, _>(proto::JointOutcome::as_str_name);
        assert_all::<AcrossMetrics, _>(proto::AcrossMetrics::as_str_name);
        assert_all::<Spending, _>(proto::Spending::as_str_name);
        assert_all::<KindWord, _>(proto::MetricKind::as_str_name);
    }
}
