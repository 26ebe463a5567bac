//! What one test found in one metric.

use serde::{Deserialize, Serialize, Serializer};

use crate::interval::Interval;
use crate::number;
use crate::test_kind::TestKind;

/// What an estimate is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Estimated {
    /// Canary − baseline, in the metric's unit.
    Shift,
    /// The canary's spread divided by the baseline's.
    SpreadRatio,
    /// Excess of the smallest of the points that stand out, divided by the baseline's largest.
    ExcessRatio,
    /// The share of bad points that another bad point follows.
    ShareFollowed,
    /// The canary's rate of events divided by the baseline's.
    RateRatio,
    /// A share of the canary's points.
    ShareOfPoints,
}

/// Whether a finding speaks of an increase or of a decrease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// The canary is higher, or has more of it upwards.
    Increase,
    /// The canary is lower, or has more of it downwards.
    Decrease,
}

/// One test of one metric.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The test.
    pub test: TestKind,
    /// The change it looked for.
    pub change: Change,
    /// Its statistic: z or t for location, end state and spread, points for the tail, pairs for
    /// excursions, events for events.
    #[serde(with = "number")]
    pub statistic: f64,
    /// How likely as much is where nothing is wrong beyond the allowance.
    pub p: f64,
    /// Harm needs a p of at most this: the test's share of the metric's level.
    pub level: f64,
    /// What the estimate is of.
    pub estimated: Estimated,
    /// The estimate.
    #[serde(with = "number")]
    pub estimate: f64,
    /// Its confidence interval, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Whether the change is large enough to matter.
    pub matters: bool,
    /// What a person would say.
    pub sentence: String,
}

impl Finding {
    /// Significant and large enough to matter.
    pub fn is_harm(&self) -> bool {
        self.matters && self.p <= self.level
    }

    /// How much evidence it is: p in units of its level, smaller is more.
    pub fn weight(&self) -> f64 {
        self.p / self.level
    }
}

/// A finding with what would change it, which is derived and therefore not stored.
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
