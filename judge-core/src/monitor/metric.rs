//! One metric of a monitor.

use crate::config::evidence::{EvidenceConfig, MetricKind};
use crate::config::{Direction, MetricConfig, NanStrategy};
use crate::judgement::{Change, Classification, Decision, MetricJudgement};

use super::differences::{DifferenceTest, Evidences};
use super::estimate::{Estimates, Pair};
use super::events::{EventCount, EventTest};
use super::report::{FirstAlarm, MonitoredMetric};

/// Test of a metric, by what it measures.
#[derive(Debug, Clone)]
enum Test {
    Values(Box<DifferenceTest>),
    Events(EventTest),
}

/// The points of one time on both sides; NaN for a gap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Both {
    pub(super) canary: f64,
    pub(super) baseline: f64,
}

impl Both {
    pub(super) const GAPS: Self = Self { canary: f64::NAN, baseline: f64::NAN };

    fn is_whole(self) -> bool {
        self.canary.is_finite() && self.baseline.is_finite()
    }
}

/// State of one metric, of constant size.
#[derive(Debug, Clone)]
pub(super) struct MetricState {
    pub(super) config: MetricConfig,
    /// Index of the metric that has its exposures.
    exposure: Option<usize>,
    test: Test,
    estimates: Estimates,
    /// Evidence that an alarm needs.
    needed: f64,
    warm_up: usize,
    last_at: Option<i64>,
    pairs: u64,
    gaps: u64,
    evidences: Evidences,
    alarm: Option<FirstAlarm>,
}

impl MetricState {
    pub(super) fn new(
        config: &MetricConfig,
        judge: &EvidenceConfig,
        exposure: Option<usize>,
        divided_by: f64,
    ) -> Self {
        let confidence = config.evidence.confidence.unwrap_or(judge.confidence);
        let test = match &config.evidence.kind {
            MetricKind::Proportion { .. } => Test::Events(EventTest::new(true)),
            MetricKind::Count { exposure: Some(_) } => Test::Events(EventTest::new(false)),
            _ => Test::Values(Box::new(DifferenceTest::new())),
        };
        Self {
            config: config.clone(),
            exposure,
            test,
            estimates: Estimates::default(),
            needed: divided_by / confidence.significance(),
            warm_up: config.evidence.warm_up.unwrap_or(judge.warm_up),
            last_at: None,
            pairs: 0,
            gaps: 0,
            evidences: Evidences::NONE,
            alarm: None,
        }
    }

    /// Adds the points of step `at`, which is after all steps before. `row` has the points of all metrics.
    pub(super) fn add(&mut self, at: i64, own: usize, row: &[Both], judge: &EvidenceConfig) {
        let mut both = row[own];
        if both == Both::GAPS || both.canary.is_nan() && both.baseline.is_nan() {
            return;
        }
        if self.config.nan_strategy == NanStrategy::Replace {
            let or_zero = |value: f64| if value.is_nan() { 0.0 } else { value };
            both = Both { canary: or_zero(both.canary), baseline: or_zero(both.baseline) };
        }
        let exposures = self.exposure.map(|index| row[index]);
        if !both.is_whole() || !exposures.is_none_or(Both::is_whole) {
            self.gaps += 1;
            return;
        }
        if self.warm_up > 0 {
            self.warm_up -= 1;
            return;
        }
        let steps = self.last_at.map_or(1, |last| at.abs_diff(last));
        self.last_at = Some(at);
        self.pairs += 1;
        self.evidences = match (&mut self.test, exposures) {
            (Test::Values(test), _) => test.add(both.canary, both.baseline, steps),
            (Test::Events(test), of) => {
                let of = of.unwrap_or(Both { canary: 1.0, baseline: 1.0 });
                test.add(
                    EventCount { events: both.canary, exposure: of.canary },
                    EventCount { events: both.baseline, exposure: of.baseline },
                )
            }
        };
        let exposures = exposures.map(|of| (of.canary, of.baseline));
        self.estimates.add(Pair { canary: both.canary, baseline: both.baseline, exposures });
        if self.alarm.is_none() {
            self.alarm = self.find_harm(at, judge);
        }
    }

    /// Bytes of memory, without its config.
    pub(super) fn bytes(&self) -> usize {
        let boxed = match self.test {
            Test::Values(_) => size_of::<DifferenceTest>(),
            Test::Events(_) => 0,
        };
        size_of::<Self>() + boxed
    }

    fn find_harm(&self, at: i64, judge: &EvidenceConfig) -> Option<FirstAlarm> {
        let (evidence, change) = self.strongest();
        let minimum = self.config.evidence.minimum_change(judge);
        (evidence >= self.needed && self.estimates.matters(change, &self.config, minimum))
            .then_some(FirstAlarm { at, change })
    }

    /// The evidence of harm, and its more likely direction. If both directions are harmful, the mean of both is
    /// the evidence.
    fn strongest(&self) -> (f64, Change) {
        let Evidences { increase, decrease } = self.evidences;
        match self.config.direction {
            Direction::Increase => (increase, Change::Increase),
            Direction::Decrease => (decrease, Change::Decrease),
            Direction::Either if increase >= decrease => {
                (0.5 * (increase + decrease), Change::Increase)
            }
            Direction::Either => (0.5 * (increase + decrease), Change::Decrease),
        }
    }

    fn classification(&self, is_over: bool) -> Classification {
        match self.alarm.map(|alarm| alarm.change) {
            Some(Change::Increase) => Classification::High,
            Some(Change::Decrease) => Classification::Low,
            None if self.pairs > 0 || !is_over => Classification::Pass,
            None if self.config.must_have_data && !self.config.critical => {
                Classification::NoDataFail
            }
            None => Classification::NoData,
        }
    }

    /// The metric for the score. Before the end, a metric without points passes, because points may still come.
    pub(super) fn counted(&self, is_over: bool) -> MetricJudgement {
        let classification = self.classification(is_over);
        let decision = match classification {
            Classification::NoData | Classification::NoDataFail => Decision::MissingData,
            _ => Decision::Untestable,
        };
        let mut counted = MetricJudgement::new(&self.config.name, classification, decision);
        counted.groups.clone_from(&self.config.groups);
        (counted.critical, counted.muted) = (self.config.critical, self.config.muted);
        if classification != Classification::Pass {
            counted.reason = Some(self.report(is_over).explanation());
        }
        counted
    }

    pub(super) fn report(&self, is_over: bool) -> MonitoredMetric {
        MonitoredMetric {
            name: self.config.name.clone(),
            classification: self.classification(is_over),
            pairs: self.pairs,
            gaps: self.gaps,
            evidence: self.strongest().0,
            needed: self.needed,
            alarm: self.alarm,
            shift: self.estimates.shift(),
            mean_ratio: if self.pairs > 0 { self.estimates.ratio() } else { f64::NAN },
        }
    }
}
