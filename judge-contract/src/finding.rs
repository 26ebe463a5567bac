//! Findings of a panel of tests.

use judge_core::judgement::{Change, Estimated, Finding, Panel, TestKind};

use crate::proto;

impl From<Finding> for proto::Finding {
    fn from(finding: Finding) -> Self {
        let would_change = finding.what_would_change();
        Self {
            test: proto::TestKind::from(finding.test).into(),
            change: proto::Change::from(finding.change).into(),
            statistic: finding.statistic,
            p: finding.p,
            level: finding.level,
            estimated: proto::Estimated::from(finding.estimated).into(),
            estimate: finding.estimate,
            interval: finding.interval.map(Into::into),
            matters: finding.matters,
            sentence: finding.sentence,
            would_change,
        }
    }
}

impl From<Panel> for proto::Panel {
    fn from(panel: Panel) -> Self {
        // The limit on points keeps every count far below.
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            estimate: panel.estimate,
            interval: Some(panel.interval.into()),
            allowed: panel.allowed,
            more_points: panel.more_points.map(count),
            left_out: count(panel.left_out),
            fails: panel.fails,
            would_find: panel.would_find,
            healthy: panel.healthy.map(Into::into),
        }
    }
}

impl From<TestKind> for proto::TestKind {
    fn from(test: TestKind) -> Self {
        match test {
            TestKind::Location => Self::Location,
            TestKind::EndState => Self::EndState,
            TestKind::Spread => Self::Spread,
            TestKind::Tail => Self::Tail,
            TestKind::Excursions => Self::Excursions,
            TestKind::Events => Self::Events,
            TestKind::StartUp => Self::StartUp,
            TestKind::Bursts => Self::Bursts,
            TestKind::MannWhitney => Self::MannWhitney,
            TestKind::Silence => Self::Silence,
            _ => Self::Unspecified,
        }
    }
}

impl From<Change> for proto::Change {
    fn from(change: Change) -> Self {
        match change {
            Change::Increase => Self::Increase,
            Change::Decrease => Self::Decrease,
        }
    }
}

impl From<Estimated> for proto::Estimated {
    fn from(estimated: Estimated) -> Self {
        match estimated {
            Estimated::Shift => Self::Shift,
            Estimated::SpreadRatio => Self::SpreadRatio,
            Estimated::ExcessRatio => Self::ExcessRatio,
            Estimated::ShareFollowed => Self::ShareFollowed,
            Estimated::RateRatio => Self::RateRatio,
            Estimated::ShareOfPoints => Self::ShareOfPoints,
            _ => Self::Unspecified,
        }
    }
}
