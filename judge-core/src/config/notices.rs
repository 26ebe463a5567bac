//! Notices: settings that every judge accepts and that the author may not have meant.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::Problem;

use super::{CanaryConfig, Direction, MetricConfig, WEIGHTS_ROUNDING};

impl CanaryConfig {
    /// Groups in which every metric is muted, so that the group counts nothing, each with the index of one of
    /// its metrics.
    pub(crate) fn muted_groups(&self) -> BTreeMap<&str, usize> {
        let mut groups: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
        for (index, metric) in self.metrics.iter().enumerate() {
            for group in &metric.groups {
                groups.entry(group).or_insert((index, true)).1 &= metric.muted;
            }
        }
        groups.retain(|_, (_, muted)| *muted);
        groups.into_iter().map(|(group, (index, _))| (group, index)).collect()
    }

    pub(super) fn notice_muted_groups(&self, problems: &mut Vec<Problem>) {
        let muted = self.muted_groups();
        let counted = |metric: &MetricConfig| {
            metric.groups.iter().any(|group| !muted.contains_key(group.as_str()))
        };
        if !self.metrics.iter().any(counted) {
            // No metric counts at all; another notice says so.
            return;
        }
        for (group, index) in &muted {
            let (path, value) = match self.group_weights.get(*group) {
                // A weight of 0 loses nothing.
                Some(weight) if *weight == 0.0 => continue,
                Some(weight) => (format!("classifier.groupWeights.{group}"), weight.to_string()),
                None => (format!("metrics[{index}].groups"), format!("{group:?}")),
            };
            let consequence = "every metric of the group is muted, so the group does not count: \
                               NetflixACAJudge-v1.0 loses its share of the score, EvidenceJudge-v1 \
                               gives it to the other groups";
            problems.push(Problem::remark(path, value, consequence));
        }
    }

    /// Whether `group` decides no part of the score: its weight is 0, or it has none and the others leave nothing.
    pub(crate) fn is_weightless(&self, group: &str) -> bool {
        let total: f64 = self.group_weights.values().sum();
        match self.group_weights.get(group) {
            Some(weight) => *weight == 0.0,
            None => (total - 100.0).abs() <= WEIGHTS_ROUNDING,
        }
    }

    /// A weight of 0 is meant; a group without any may be forgotten.
    pub(super) fn notice_forgotten_groups(&self, problems: &mut Vec<Problem>) {
        let mut seen = BTreeSet::new();
        for (index, metric) in self.metrics.iter().enumerate().filter(|(_, metric)| !metric.muted) {
            for group in metric.groups.iter().filter(|group| self.is_weightless(group)) {
                if self.group_weights.contains_key(group) || !seen.insert(group) {
                    continue;
                }
                let consequence = "the weights of other groups sum to 100, so nothing is left for the group and it \
                                   changes no score; give it a weight, or mute its metrics";
                let path = format!("metrics[{index}].groups");
                problems.push(Problem::remark(path, format!("{group:?}"), consequence));
            }
        }
    }

    pub(super) fn notice_directions(&self, problems: &mut Vec<Problem>) {
        for (index, metric) in self.metrics.iter().enumerate() {
            let (verb, other, opposite) = match metric.direction {
                Direction::Decrease => ("decreases", "increase", Direction::Increase),
                Direction::Increase => ("increases", "decrease", Direction::Decrease),
                Direction::Either => continue,
            };
            if harm(&metric.name) != Some(opposite) {
                continue;
            }
            let path = format!("metrics[{index}].analysisConfigurations.canary.direction");
            let value = if other == "increase" { "\"decrease\"" } else { "\"increase\"" };
            let consequence = format!(
                "{} fails when it {verb}; `direction` is the harmful direction: if the opposite is harmful, \
                 set it to {other:?}",
                metric.name
            );
            problems.push(Problem::remark(path, value, consequence));
        }
    }
}

/// Words in the names of metrics where an increase is harmful.
const WORSE_HIGHER: &[&str] = &[
    "error",
    "fail",
    "latency",
    "latencies",
    "duration",
    "5xx",
    "4xx",
    "exception",
    "timeout",
    "crash",
    "panic",
    "restart",
    "retry",
    "retries",
    "responsetime",
    "oom",
    "reject",
    "elapsed",
];

/// Words in the names of metrics where a decrease is harmful.
const WORSE_LOWER: &[&str] = &["success", "throughput", "availability", "apdex", "uptime"];

/// Words that invert the meaning of the others or change it: an error budget, requests without errors.
const TURNING: &[&str] =
    &["free", "budget", "non", "no", "without", "remaining", "until", "between"];

/// The harmful direction that the name of a metric suggests, if it suggests one.
fn harm(name: &str) -> Option<Direction> {
    let words = words(name);
    let pairs: Vec<String> = words.windows(2).map(<[String]>::concat).collect();
    // A prefix matches plurals and participles as well: errors, failed. Pairs of words match names that split
    // one: response_time.
    let has = |known: &[&str]| {
        let mut all = words.iter().chain(&pairs);
        all.any(|word| known.iter().any(|known| word.starts_with(known)))
    };
    let turned = words.iter().any(|word| TURNING.contains(&word.as_str()));
    match (has(WORSE_HIGHER), has(WORSE_LOWER)) {
        _ if turned => None,
        (true, false) => Some(Direction::Increase),
        (false, true) => Some(Direction::Decrease),
        _ => None,
    }
}

/// The words of a name such as `http_errors`, `http-errors` or `httpErrors`, in lower case. A digit starts a
/// word.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        let starts = before.is_lowercase() && letter.is_uppercase()
            || before.is_alphabetic() && letter.is_numeric();
        if (starts || !letter.is_alphanumeric())
            && words.last().is_some_and(|word| !word.is_empty())
        {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(metrics: Vec<MetricConfig>, weights: &[(&str, f64)]) -> CanaryConfig {
        let group_weights = weights.iter().map(|(group, weight)| ((*group).to_owned(), *weight));
        CanaryConfig { metrics, group_weights: group_weights.collect(), ..CanaryConfig::default() }
    }

    fn said(config: &CanaryConfig) -> Vec<String> {
        config
            .problems()
            .iter()
            .map(|problem| format!("{:?} {problem}", problem.severity))
            .collect()
    }

    #[test]
    fn a_group_of_muted_metrics_is_noticed() {
        let muted = |group: &str| MetricConfig { muted: true, ..MetricConfig::new("m", group) };
        let counted = || MetricConfig::new("a", "A");
        let mixed = MetricConfig { groups: vec!["B".to_owned()], ..MetricConfig::new("b", "B") };
        let of = "every metric of the group is muted, so the group does not count: \
                  NetflixACAJudge-v1.0 loses its share of the score, EvidenceJudge-v1 gives it to the \
                  other groups";
        let cases = [
            (
                config(vec![counted(), muted("B")], &[("A", 50.0), ("B", 50.0)]),
                Some(format!("Notice classifier.groupWeights.B: 50; {of}")),
            ),
            (
                config(vec![counted(), muted("B")], &[("A", 50.0)]),
                Some(format!("Notice metrics[1].groups: \"B\"; {of}")),
            ),
            (config(vec![counted(), muted("B")], &[("A", 100.0), ("B", 0.0)]), None),
            (config(vec![counted(), muted("B"), mixed], &[("A", 50.0), ("B", 50.0)]), None),
            (config(vec![counted(), muted("A")], &[("A", 100.0)]), None),
            (config(vec![muted("B")], &[("B", 100.0)]), None),
        ];
        for (config, expected) in cases {
            assert_eq!(said(&config), expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_group_for_which_nothing_is_left_is_noticed() {
        let metric = |name: &str, group: &str| MetricConfig::new(name, group);
        let muted = MetricConfig { muted: true, ..metric("m", "B") };
        let of = "the weights of other groups sum to 100, so nothing is left for the group and it changes no score; \
                  give it a weight, or mute its metrics";
        let both = || vec![metric("a", "A"), metric("b", "B"), metric("c", "B")];
        let noticed = || vec![format!("Notice metrics[1].groups: \"B\"; {of}")];
        for (metrics, weights, expected) in [
            (both(), &[("A", 100.0)][..], noticed()),
            (both(), &[("A", 99.99)], noticed()),
            (both(), &[("A", 50.0)], vec![]),
            (both(), &[("A", 100.0), ("B", 0.0)], vec![]),
            (both(), &[], vec![]),
        ] {
            assert_eq!(said(&config(metrics, weights)), expected, "{weights:?}");
        }
        let said = said(&config(vec![metric("a", "A"), muted], &[("A", 100.0)]));
        assert!(said.iter().all(|said| !said.contains(of)), "{said:?}");
    }

    #[test]
    fn a_direction_that_seems_to_be_the_good_one_is_noticed() {
        use Direction::{Decrease, Either, Increase};
        let cases = [
            ("error_rate", Decrease, true),
            ("error_rate", Increase, false),
            ("error_rate", Either, false),
            ("http.server.requests.5xx", Decrease, true),
            ("HTTP 5xx", Decrease, true),
            ("HTTP5xx", Decrease, true),
            ("requestLatencyP99", Decrease, true),
            ("failedLogins", Decrease, true),
            ("response_time", Decrease, true),
            ("uncaught exceptions", Decrease, true),
            ("timeouts", Decrease, true),
            ("success_rate", Increase, true),
            ("success_rate", Decrease, false),
            ("Throughput", Increase, true),
            // These may be meant.
            ("error_budget_remaining", Decrease, false),
            ("error-free-sessions", Decrease, false),
            ("success_latency", Decrease, false),
            ("requests", Increase, false),
            ("cpu", Decrease, false),
            ("terror", Decrease, false),
            ("", Decrease, false),
        ];
        for (name, direction, noticed) in cases {
            let metric = MetricConfig { direction, ..MetricConfig::new(name, "G") };
            let said = said(&config(vec![metric], &[]));
            assert_eq!(said.len(), usize::from(noticed), "{name} {direction:?}: {said:?}");
        }
        let metric = MetricConfig { direction: Decrease, ..MetricConfig::new("errors", "G") };
        assert_eq!(
            said(&config(vec![metric], &[])),
            [
                "Notice metrics[0].analysisConfigurations.canary.direction: \"decrease\"; errors fails when \
              it decreases; `direction` is the harmful direction: if the opposite is harmful, set it to \
              \"increase\""
            ]
        );
    }
}
