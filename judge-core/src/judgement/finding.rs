//! Findings: what one test found in one metric.

use serde::{Deserialize, Serialize, Serializer};

use crate::interval::Interval;
use crate::number;
use crate::test_kind::TestKind;

/// The quantity that a finding estimates.
///
/// # Example
/// ```
/// use judge_core::judgement::{Estimated, Finding};
///
/// let is_ratio = |finding: &Finding| {
///     matches!(finding.estimated, Estimated::SpreadRatio | Estimated::RateRatio)
/// };
/// # let _ = is_ratio;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Estimated {
    /// Canary − baseline, in the metric's unit.
    Shift,
    /// Spread of the canary divided by the spread of the baseline.
    SpreadRatio,
    /// Excess of the smallest point that stands out, divided by the largest excess of the baseline.
    ExcessRatio,
    /// Share of bad points that are followed by another bad point.
    ShareFollowed,
    /// Rate of events of the canary divided by the rate of the baseline.
    RateRatio,
    /// Share of the canary's points.
    ShareOfPoints,
}

/// Direction of the change that a finding is about.
///
/// # Example
/// ```
/// use judge_core::judgement::{Change, Finding};
///
/// let arrow = |finding: &Finding| match finding.change {
///     Change::Increase => '↑',
///     Change::Decrease => '↓',
/// };
/// # let _ = arrow;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// The canary is higher, or has more upward deviations.
    Increase,
    /// The canary is lower, or has more downward deviations.
    Decrease,
}

/// The result of one test of one metric.
///
/// # Example
/// ```
/// use judge_core::judgement::MetricJudgement;
///
/// /// The findings that fail a metric, for a log.
/// fn harm(metric: &MetricJudgement) -> Vec<String> {
///     let harm = metric.findings.iter().filter(|finding| finding.test.decides() && finding.is_harm());
///     harm.map(|finding| format!("{}: {}", finding.test.name(), finding.sentence)).collect()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Finding {
    /// The test.
    pub test: TestKind,
    /// Direction of the change that the test looked for.
    pub change: Change,
    /// Test statistic: z or t for location, end state and spread; a number of points for the tail, of pairs
    /// for excursions, of events for events.
    #[serde(with = "number")]
    pub statistic: f64,
    /// p-value: the probability of a statistic at least this large if there is no harm beyond the allowance.
    pub p: f64,
    /// Significance level: harm needs a p-value of at most this. It is the test's share of the metric's
    /// significance level.
    pub level: f64,
    /// Quantity that the estimate is about.
    pub estimated: Estimated,
    /// The estimate.
    #[serde(with = "number")]
    pub estimate: f64,
    /// Confidence interval of the estimate, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Whether the change is large enough to matter.
    pub matters: bool,
    /// The finding in one sentence for people.
    pub sentence: String,
}

impl Finding {
    /// Whether the finding is harm: significant, and large enough to matter.
    pub fn is_harm(&self) -> bool {
        self.matters && self.p <= self.level
    }

    /// Strength of the evidence: the p-value divided by its significance level. Smaller is stronger.
    pub fn weight(&self) -> f64 {
        self.p / self.level
    }
}

/// A finding with what would have changed it, which is derived, so it is written and not stored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainedFinding<'a> {
    test: TestKind,
    change: Change,
    #[serde(with = "number")]
    statistic: f64,
    p: f64,
    level: f64,
    estimated: Estimated,
    #[serde(with = "number")]
    estimate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<Interval>,
    matters: bool,
    sentence: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    would_change: String,
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let explained = ExplainedFinding {
            test: self.test,
            change: self.change,
            statistic: self.statistic,
            p: self.p,
            level: self.level,
            estimated: self.estimated,
            estimate: self.estimate,
            interval: self.interval,
            matters: self.matters,
            sentence: &self.sentence,
            would_change: self.what_would_change(),
        };
        explained.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Estimated, Finding};
    use crate::test_kind::TestKind;

    fn spread() -> Finding {
        Finding {
            test: TestKind::Spread,
            change: Change::Increase,
            statistic: 2.5,
            p: 0.004,
            level: 0.0025,
            estimated: Estimated::SpreadRatio,
            estimate: 1.75,
            interval: None,
            matters: true,
            sentence: "points vary 1.75 times as much".to_owned(),
        }
    }

    #[test]
    fn a_finding_says_what_would_change_it_and_reads_back_the_same() {
        let finding = spread();
        let json = serde_json::to_value(&finding).unwrap();
        assert_eq!(json["wouldChange"], "harm with a p of 0.0025 or less");
        assert_eq!(json["test"], "spread");
        assert_eq!(serde_json::from_value::<Finding>(json).unwrap(), finding);
    }

    #[test]
    fn only_what_is_significant_or_large_says_what_would_change_it() {
        let cases = [
            (0.002, true, "no harm with a p above 0.0025, or too small to matter"),
            (0.002, false, "harm if it were large enough to matter"),
            (0.004, true, "harm with a p of 0.0025 or less"),
            (0.004, false, ""),
        ];
        for (p, matters, expected) in cases {
            let finding = Finding { p, matters, ..spread() };
            assert_eq!(finding.what_would_change(), expected);
            let json = serde_json::to_value(&finding).unwrap();
            assert_eq!(json.get("wouldChange").is_some(), !expected.is_empty());
        }
    }
}
