//! Judgements.

use judge_core::config::{Direction, EffectMeasure, Thresholds};
use judge_core::judgement::{
    Classification, Counts, Decision, Effect, Evidence, GroupScore, Interval, Judgement,
    MetricJudgement, SideSummary, Verdict,
};
use judge_core::{Judge, LookLevel, Warning, judges};

use crate::proto;

/// The version of the judges, such as `0.1.0`: all crates of the judge have the same.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

impl From<Judgement> for proto::Judgement {
    fn from(judgement: Judgement) -> Self {
        Self {
            judge: judgement.judge,
            version: VERSION.to_owned(),
            verdict: proto::Verdict::from(judgement.verdict).into(),
            score: judgement.score,
            reason: judgement.reason,
            thresholds: Some(judgement.thresholds.into()),
            groups: judgement.groups.into_iter().map(Into::into).collect(),
            metrics: judgement.metrics.into_iter().map(Into::into).collect(),
            warnings: judgement.warnings.into_iter().map(Into::into).collect(),
            look: judgement.look.map(Into::into),
        }
    }
}

impl From<LookLevel> for proto::LookLevel {
    fn from(look: LookLevel) -> Self {
        let LookLevel { number, planned, level, spent, early_pass, .. } = look;
        Self { number, planned, level, spent, early_pass }
    }
}

impl From<Verdict> for proto::Verdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Marginal => Self::Marginal,
            Verdict::Fail => Self::Fail,
        }
    }
}

impl From<Thresholds> for proto::Thresholds {
    fn from(thresholds: Thresholds) -> Self {
        Self { pass: Some(thresholds.pass()), marginal: Some(thresholds.marginal()) }
    }
}

impl From<GroupScore> for proto::GroupScore {
    fn from(GroupScore { name, score, weight, cost, .. }: GroupScore) -> Self {
        Self { name, score, weight, cost }
    }
}

impl From<MetricJudgement> for proto::MetricJudgement {
    fn from(metric: MetricJudgement) -> Self {
        let explanation = metric.explanation();
        let would_change = metric.what_would_change();
        let panel = match metric.decision {
            Decision::Panel(panel) => Some(panel.into()),
            _ => None,
        };
        let (decision, evidence) = decision(metric.decision);
        let tags = metric.tags.unwrap_or_default().into_iter();
        Self {
            name: metric.name,
            id: metric.id,
            tags: tags.map(|(tag, value)| (tag, value.unwrap_or_default())).collect(),
            groups: metric.groups,
            classification: proto::Classification::from(metric.classification).into(),
            reason: metric.reason,
            explanation,
            critical: metric.critical,
            muted: metric.muted,
            baseline: Some(metric.baseline.into()),
            canary: Some(metric.canary.into()),
            mean_ratio: metric.mean_ratio,
            decision: decision.into(),
            evidence: evidence.map(Into::into),
            findings: metric.findings.into_iter().map(Into::into).collect(),
            panel,
            would_change,
        }
    }
}

impl From<Classification> for proto::Classification {
    fn from(classification: Classification) -> Self {
        match classification {
            Classification::Pass => Self::Pass,
            Classification::High => Self::High,
            Classification::Low => Self::Low,
            Classification::NoData => Self::NoData,
            Classification::NoDataFail => Self::NoDataFail,
            Classification::Error => Self::Error,
            Classification::Inconclusive => Self::Inconclusive,
            _ => Self::Unspecified,
        }
    }
}

fn decision(decision: Decision) -> (proto::Decision, Option<Evidence>) {
    match decision {
        Decision::MissingData => (proto::Decision::MissingData, None),
        Decision::Identical => (proto::Decision::Identical, None),
        Decision::OneValue => (proto::Decision::OneValue, None),
        Decision::Tested(evidence) => (proto::Decision::Tested, Some(evidence)),
        Decision::Constants(evidence) => (proto::Decision::Constants, Some(evidence)),
        Decision::Untestable => (proto::Decision::Untestable, None),
        Decision::Panel(_) => (proto::Decision::Panel, None),
        _ => (proto::Decision::Unspecified, None),
    }
}

impl From<SideSummary> for proto::SideSummary {
    fn from(side: SideSummary) -> Self {
        let SideSummary { counts, mean, median, p95, min, max, std } = side;
        Self { counts: Some(counts.into()), mean, median, p95, min, max, std }
    }
}

impl From<Counts> for proto::Counts {
    fn from(Counts { submitted, gaps, outliers, judged }: Counts) -> Self {
        // The limit on points keeps every count far below.
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            submitted: count(submitted),
            gaps: count(gaps),
            outliers: count(outliers),
            judged: count(judged),
        }
    }
}

impl From<Evidence> for proto::Evidence {
    fn from(Evidence { estimate, interval, tolerance, effect, direction, .. }: Evidence) -> Self {
        let direction = match direction {
            Direction::Increase => proto::Direction::Increase,
            Direction::Decrease => proto::Direction::Decrease,
            Direction::Either => proto::Direction::Either,
        };
        Self {
            estimate,
            interval: Some(interval.into()),
            tolerance,
            effect: Some(effect.into()),
            direction: direction.into(),
        }
    }
}

impl From<Interval> for proto::Interval {
    fn from(Interval { lower, upper, level }: Interval) -> Self {
        Self { lower, upper, level }
    }
}

impl From<Effect> for proto::Effect {
    fn from(effect: Effect) -> Self {
        let measure = match effect.measure {
            EffectMeasure::MeanRatio => proto::EffectMeasure::MeanRatio,
            EffectMeasure::Cles => proto::EffectMeasure::Cles,
        };
        Self {
            measure: measure.into(),
            value: effect.value,
            allowed_increase: effect.allowed_increase,
            allowed_decrease: effect.allowed_decrease,
            critical_increase: effect.critical_increase,
            critical_decrease: effect.critical_decrease,
        }
    }
}

impl From<Warning> for proto::Warning {
    fn from(warning: Warning) -> Self {
        use proto::WarningKind as Kind;
        let message = warning.to_string();
        let (kind, metric, problem) = match warning {
            Warning::Suspect(problem) => (Kind::Suspect, String::new(), Some(problem.into())),
            Warning::InfiniteValues { metric, .. } => (Kind::InfiniteValues, metric, None),
            Warning::UntestedPasses { metric } => (Kind::UntestedPasses, metric, None),
            Warning::FailureCountsNowhere { metric } => (Kind::FailureCountsNowhere, metric, None),
            Warning::NotSubmitted { metric } => (Kind::NotSubmitted, metric, None),
            Warning::HealedStart { metric, .. } => (Kind::HealedStart, metric, None),
            Warning::Inconclusive { metric, .. } => (Kind::Inconclusive, metric, None),
            Warning::Systemic { .. } => (Kind::Systemic, String::new(), None),
            Warning::SilentSide { metric, .. } => (Kind::SilentSide, metric, None),
            Warning::SameData => (Kind::SameData, String::new(), None),
            Warning::SilentCanary { metric, .. } => (Kind::SilentCanary, metric, None),
            Warning::SickBaseline { metric, .. } => (Kind::SickBaseline, metric, None),
            Warning::SplitByTags { metric, .. } => (Kind::SplitByTags, metric, None),
            _ => (Kind::Unspecified, String::new(), None),
        };
        Self { kind: kind.into(), message, metric, problem }
    }
}

/// The judges that are built in, as the answer to `ListJudges`.
pub fn list_judges() -> proto::ListJudgesResponse {
    let info = |judge: &dyn Judge| proto::JudgeInfo {
        name: judge.name().to_owned(),
        summary: judge.summary().to_owned(),
        default: judge.name() == judges::built_in().default_judge().name(),
    };
    proto::ListJudgesResponse {
        judges: judges::built_in().iter().map(info).collect(),
        version: VERSION.to_owned(),
    }
}
