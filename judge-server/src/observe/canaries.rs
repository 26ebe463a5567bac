//! Metrics of canaries.

use std::collections::HashSet;

use judge_canary::{CanaryEvent, Postponed};
use judge_core::Verdict;
use parking_lot::Mutex;
use prometheus::core::Collector;
use prometheus::{GaugeVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry};

/// Most pairs of application and config with metrics. Callers choose both names, and each pair is two series for ever.
const MOST_PAIRS: usize = 1000;

/// Score and verdict by application and config, and how canaries ended.
#[derive(Debug)]
pub(crate) struct CanaryMetrics {
    score: GaugeVec,
    verdict: IntGaugeVec,
    ended: IntCounterVec,
    postponed: IntCounterVec,
    left_out: IntCounter,
    pairs: Mutex<HashSet<(String, String)>>,
}

impl CanaryMetrics {
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let labels = ["application", "config"];
        let score = Opts::new("judge_canary_score", "Score of the last look, 0 to 100.");
        let verdict = Opts::new(
            "judge_canary_verdict",
            "Verdict of the last look: 0 Fail, 1 Marginal, 2 Pass.",
        );
        let ended = IntCounterVec::new(
            Opts::new("judge_canaries_ended_total", "Canaries that ended, by state."),
            &["state"],
        );
        let postponed = IntCounterVec::new(
            Opts::new(
                "judge_canary_looks_postponed_total",
                "Looks that are tried again later: a source did not answer, or its max-queries were in use.",
            ),
            &["reason"],
        )?;
        let left_out = IntCounter::new(
            "judge_canary_figures_left_out_total",
            "Looks without score and verdict here: there are too many applications and configs.",
        );
        // They exist from the start, at 0: a series that appears at 1 has not risen for Prometheus.
        for reason in [Postponed::Source, Postponed::Permits] {
            postponed.with_label_values(&[reason.name()]);
        }
        Ok(Self {
            score: register(registry, GaugeVec::new(score, &labels))?,
            verdict: register(registry, IntGaugeVec::new(verdict, &labels))?,
            ended: register(registry, ended)?,
            postponed: register(registry, Ok(postponed))?,
            left_out: register(registry, left_out)?,
            pairs: Mutex::default(),
        })
    }

    /// Shows the state of a canary, or counts its postponed look.
    pub(crate) fn show(&self, CanaryEvent { canary, postponed }: &CanaryEvent) {
        if let Some(reason) = postponed {
            self.postponed.with_label_values(&[reason.name()]).inc();
            return;
        }
        if canary.is_over() {
            self.ended.with_label_values(&[canary.state.name()]).inc();
        }
        let (Some(score), Some(verdict)) = (canary.score, canary.verdict) else { return };
        let pair = (canary.application.clone(), canary.config_name.clone());
        let mut pairs = self.pairs.lock();
        if pairs.len() >= MOST_PAIRS && !pairs.contains(&pair) {
            self.left_out.inc();
            return;
        }
        let labels = [pair.0.as_str(), pair.1.as_str()];
        self.score.with_label_values(&labels).set(score);
        self.verdict.with_label_values(&labels).set(match verdict {
            Verdict::Fail => 0,
            Verdict::Marginal => 1,
            Verdict::Pass => 2,
        });
        pairs.insert(pair);
    }
}

/// Registers the metric and returns it.
pub(super) fn register<M: Collector + Clone + 'static>(
    registry: &Registry,
    metric: prometheus::Result<M>,
) -> prometheus::Result<M> {
    let metric = metric?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

#[cfg(test)]
mod tests {
    use judge_canary::CanarySummary;

    use super::*;

    fn canary(application: usize, score: f64) -> CanaryEvent {
        let canary = CanarySummary {
            origin: "canary".to_owned(),
            application: format!("shop {application}"),
            config_name: "shop".to_owned(),
            verdict: Some(Verdict::Pass),
            score: Some(score),
            planned: 2,
            looks: 1,
            ..CanarySummary::default()
        };
        CanaryEvent { canary, postponed: None }
    }

    #[test]
    fn figures_of_applications_are_bounded_in_number() {
        let registry = Registry::new();
        let metrics = CanaryMetrics::new(&registry).unwrap();
        for application in 0..MOST_PAIRS + 3 {
            metrics.show(&canary(application, 100.0));
        }
        // A known one is shown as before.
        metrics.show(&canary(0, 50.0));
        let families = registry.gather();
        let series = |name: &str| {
            let family = families.iter().find(|family| family.name() == name).unwrap();
            family.get_metric().len()
        };
        assert_eq!(series("judge_canary_score"), MOST_PAIRS);
        assert_eq!(series("judge_canary_verdict"), MOST_PAIRS);
        assert_eq!(metrics.left_out.get(), 3);
        assert!((metrics.score.with_label_values(&["shop 0", "shop"]).get() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn a_postponed_look_is_counted_by_its_reason_alone() {
        let registry = Registry::new();
        let metrics = CanaryMetrics::new(&registry).unwrap();
        let event = CanaryEvent { postponed: Some(Postponed::Permits), ..canary(0, 100.0) };
        metrics.show(&event);
        let counted = |reason: &str| metrics.postponed.with_label_values(&[reason]).get();
        assert_eq!((counted("max-queries"), counted("source")), (1, 0));
        assert!(registry.gather().iter().all(|family| family.name() != "judge_canary_score"));
    }
}
