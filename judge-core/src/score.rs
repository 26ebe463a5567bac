//! Scoring: from the classes of the metrics to group scores, the score and the verdict.

use std::collections::HashMap;

use crate::config::{CanaryConfig, Thresholds};
use crate::judgement::{GroupScore, Judgement, MetricJudgement, Standing, Verdict};
use crate::warning::Warning;

/// The score of a canary before the thresholds are applied.
#[derive(Debug)]
pub(crate) struct Scored {
    score: f64,
    reason: Option<String>,
    groups: Vec<GroupScore>,
    best: Verdict,
}

impl Scored {
    /// Sets the score to 0 for a reason other than the class of a metric.
    pub(crate) fn fail(&mut self, reason: String) {
        if self.reason.is_none() {
            self.score = 0.0;
            self.reason = Some(reason);
        }
    }

    /// Takes back that too many metrics have no data: it is too early to tell. The score becomes `score`.
    pub(crate) fn is_too_early(&mut self, score: f64) {
        self.score = score;
        self.reason = None;
    }

    /// Limits the score to `limit`.
    pub(crate) fn at_most(&mut self, limit: f64) {
        self.score = self.score.min(limit);
    }

    /// Limits the verdict to Marginal.
    pub(crate) fn at_most_marginal(&mut self) {
        self.best = Verdict::Marginal;
    }

    pub(crate) fn into_judgement(
        self,
        judge: &str,
        thresholds: Thresholds,
        metrics: Vec<MetricJudgement>,
        warnings: Vec<Warning>,
    ) -> Judgement {
        Judgement {
            judge: judge.to_owned(),
            verdict: match (Verdict::from_score(self.score, thresholds), self.best) {
                (Verdict::Pass, best) => best,
                (verdict, _) => verdict,
            },
            score: self.score,
            reason: self.reason,
            thresholds,
            groups: self.groups,
            metrics,
            warnings,
            look: None,
        }
    }
}

/// What happens to the share of a group in which every metric is muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MutedGroups {
    /// The share is lost, as in Kayenta: the best possible score is below 100.
    LoseTheirShare,
    /// The other groups get the share, in proportion to their own.
    ShareAmongOthers,
}

/// Scores the metrics that are not muted, as Kayenta does except for `muted_groups`.
pub(crate) fn score(
    metrics: &[MetricJudgement],
    config: &CanaryConfig,
    muted_groups: MutedGroups,
) -> Scored {
    let weights = &config.group_weights;
    let counted: Vec<&MetricJudgement> = metrics.iter().filter(|metric| !metric.muted).collect();
    let tallies = tally(&counted);
    let unweighted = tallies.iter().filter(|group| !weights.contains_key(group.name)).count();
    let left = (100.0 - weights.values().fold(0.0, |sum, weight| sum + weight)) / unweighted as f64;
    let growth = match muted_groups {
        MutedGroups::LoseTheirShare => 1.0,
        MutedGroups::ShareAmongOthers => growth(config, unweighted > 0),
    };
    // Weights may sum to a little more than 100. Kayenta's score then exceeds 100, too.
    let highest = match muted_groups {
        MutedGroups::LoseTheirShare => f64::INFINITY,
        MutedGroups::ShareAmongOthers => 100.0,
    };
    let mut sum = 0.0;
    let mut groups = Vec::with_capacity(tallies.len());
    for group in tallies {
        let weight = weights.get(group.name).copied().unwrap_or(left) * growth;
        let (score, effective) = group.scores();
        sum += effective * (weight / 100.0);
        groups.push(GroupScore {
            name: group.name.to_owned(),
            score,
            weight,
            cost: (100.0 - effective) * (weight / 100.0),
        });
    }
    let rounded = round_to_cents(sum);
    // Kayenta's score may also be NaN, which stays.
    let score = if rounded > highest { highest } else { rounded };
    match fatal(&counted) {
        Some(reason) => Scored { score: 0.0, reason: Some(reason), groups, best: Verdict::Pass },
        None => Scored { score, reason: None, groups, best: Verdict::Pass },
    }
}

/// Factor by which the weights of the other groups grow when they get the share of the muted groups.
/// `unweighted` says whether a group without a weight counts; such groups share what is left to 100.
fn growth(config: &CanaryConfig, unweighted: bool) -> f64 {
    let weights = &config.group_weights;
    let muted = config.muted_groups();
    let given: f64 = weights.values().sum();
    let of_muted: f64 = muted.keys().filter_map(|group| weights.get(*group)).sum();
    let rest = (100.0 - given).max(0.0);
    let rest_is_lost = !unweighted && muted.keys().any(|group| !weights.contains_key(*group));
    let all = if unweighted || rest_is_lost { given + rest } else { given };
    let kept = all - of_muted - if rest_is_lost { rest } else { 0.0 };
    if kept > 0.0 { all / kept } else { 1.0 }
}

/// Why the score is 0 whatever the groups say, in Kayenta's words.
fn fatal(metrics: &[&MetricJudgement]) -> Option<String> {
    if let Some(metric) = metrics.iter().find(|metric| metric.fails_alone()) {
        return Some(format!("Canary Failed: {}", metric.reason.as_deref().unwrap_or_default()));
    }
    let missing = metrics.iter().filter(|metric| metric.standing() == Standing::Missing);
    (!metrics.is_empty() && 2 * missing.count() >= metrics.len())
        .then(|| "Canary Failed: 50% or more metrics returned NODATA".to_owned())
}

/// Numbers of passing and failing metrics of one group.
struct Tally<'a> {
    name: &'a str,
    passed: usize,
    failed: usize,
}

impl Tally<'_> {
    /// The score that is shown, and the score that counts. A group without a counting metric shows 0 and
    /// costs nothing.
    fn scores(&self) -> (f64, f64) {
        match self.passed + self.failed {
            0 => (0.0, 100.0),
            all => {
                let score = self.passed as f64 / all as f64 * 100.0;
                (score, score)
            }
        }
    }
}

/// Passing and failing metrics by group, in order of first appearance.
fn tally<'a>(metrics: &[&'a MetricJudgement]) -> Vec<Tally<'a>> {
    let mut tallies: Vec<Tally<'a>> = Vec::new();
    let mut index_of: HashMap<&str, usize> = HashMap::new();
    for metric in metrics {
        for group in &metric.groups {
            let index = *index_of.entry(group).or_insert_with(|| {
                tallies.push(Tally { name: group, passed: 0, failed: 0 });
                tallies.len() - 1
            });
            match metric.standing() {
                Standing::Passed => tallies[index].passed += 1,
                Standing::Failed => tallies[index].failed += 1,
                Standing::Missing | Standing::Uncounted => {}
            }
        }
    }
    tallies
}

/// Rounds `score` to two decimals. Halves of its shortest decimal form are rounded away from zero, as Scala's
/// `BigDecimal` does: 1.005 gives 1.01 although the double is smaller. NaN and infinities stay as they are.
fn round_to_cents(score: f64) -> f64 {
    let text = format!("{score}");
    let Some((_, decimals)) = text.split_once('.') else {
        return score;
    };
    if decimals.len() <= 2 {
        return score;
    }
    let end = text.len() - decimals.len() + 2;
    let Ok(cut) = text[..end].parse::<f64>() else {
        return score;
    };
    if decimals.as_bytes()[2] < b'5' {
        return cut;
    }
    let away = 0.01_f64.copysign(score);
    // Printing and parsing gives the double that is nearest to the decimal result.
    format!("{:.2}", cut + away).parse().unwrap_or(score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MetricConfig;
    use crate::judges::{Judge, NetflixAcaJudge};
    use crate::request::JudgeRequest;
    use crate::series::MetricPair;

    /// The score of passing metrics in the groups A, B and C, where `muted` lists the muted groups.
    fn scored(muted: &[&str], weights: &[(&str, f64)], muted_groups: MutedGroups) -> Scored {
        let metric = |group: &str| MetricConfig {
            muted: muted.contains(&group),
            ..MetricConfig::new(group, group)
        };
        let weights = weights.iter().map(|(group, weight)| ((*group).to_owned(), *weight));
        let config = CanaryConfig {
            metrics: ["A", "B", "C"].map(metric).into(),
            group_weights: weights.collect(),
            ..CanaryConfig::default()
        };
        let pairs = ["A", "B", "C"].map(|name| MetricPair::new(name, vec![1.0], vec![1.0]));
        let request = JudgeRequest { config, pairs: pairs.into(), ..JudgeRequest::default() };
        let metrics = NetflixAcaJudge.judge(&request).unwrap().metrics;
        score(&metrics, &request.config, muted_groups)
    }

    /// Muted groups, weights, score when the share is lost, weights when it is shared.
    type ScoreCase<'a> = (&'a [&'a str], &'a [(&'a str, f64)], f64, &'a [f64]);

    #[test]
    fn the_share_of_a_muted_group_is_lost_or_goes_to_the_others() {
        let all = [("A", 50.0), ("B", 30.0), ("C", 20.0)];
        let cases: [ScoreCase; 8] = [
            (&[], &all, 100.0, &[50.0, 30.0, 20.0]),
            (&["C"], &all, 80.0, &[62.5, 37.5]),
            (&["B", "C"], &all, 50.0, &[100.0]),
            (&["C"], &[("A", 50.0), ("C", 50.0)], 50.0, &[100.0, 0.0]),
            (&["B"], &[("A", 50.0), ("B", 25.0)], 75.0, &[200.0 / 3.0, 100.0 / 3.0]),
            // Groups without a weight share what is left. A muted group takes no part.
            (&["C"], &[("A", 50.0)], 100.0, &[50.0, 50.0]),
            (&["B", "C"], &[("A", 50.0)], 50.0, &[100.0]),
            (&["A", "B", "C"], &all, 0.0, &[]),
        ];
        for (muted, weights, lost, expected) in cases {
            let kayenta = scored(muted, weights, MutedGroups::LoseTheirShare);
            assert_eq!(kayenta.score, lost, "{muted:?} {weights:?}");
            let shared = scored(muted, weights, MutedGroups::ShareAmongOthers);
            assert_eq!(shared.score, if expected.is_empty() { 0.0 } else { 100.0 });
            let weights: Vec<f64> = shared.groups.iter().map(|group| group.weight).collect();
            assert_eq!(weights.len(), expected.len());
            for (weight, expected) in weights.iter().zip(expected) {
                assert!((weight - expected).abs() < 1e-9, "{muted:?} {weights:?}");
            }
        }
    }

    #[test]
    fn weights_of_a_little_more_than_100_exceed_it_in_kayenta_alone() {
        let weights = [("A", 33.34), ("B", 33.34), ("C", 33.33)];
        assert_eq!(scored(&[], &weights, MutedGroups::LoseTheirShare).score, 100.01);
        assert_eq!(scored(&[], &weights, MutedGroups::ShareAmongOthers).score, 100.0);
    }

    #[test]
    fn rounds_half_up_on_the_decimal_form() {
        let cases = [
            (1.005, 1.01),
            (66.666_666_666_666_67, 66.67),
            (33.333_333_333_333_336, 33.33),
            (-1.005, -1.01),
            (99.995, 100.0),
            (99.994_999_999, 99.99),
            (0.0, 0.0),
            (150.0, 150.0),
            (0.125, 0.13),
            (1e300, 1e300),
        ];
        for (score, rounded) in cases {
            assert_eq!(round_to_cents(score), rounded, "{score}");
        }
        assert!(round_to_cents(f64::NAN).is_nan());
        assert_eq!(round_to_cents(f64::INFINITY), f64::INFINITY);
    }
}
