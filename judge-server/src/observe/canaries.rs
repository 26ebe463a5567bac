//! Metrics of canaries.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use judge_canary::CanarySummary;
use judge_core::Verdict;
use prometheus::{GaugeVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry};

use super::register::register;

/// Most pairs of application and config with metrics. Callers choose both names, and each pair is two series for ever.
const MOST_PAIRS: usize = 1000;

/// Score and verdict by application and config, and how canaries ended.
#[derive(Debug)]
pub(crate) struct CanaryMetrics {
    score: GaugeVec,
    verdict: IntGaugeVec,
    ended: IntCounterVec,
    left_out: IntCounter,
    pairs: Mutex<HashSet<(String, String)>>,
}

impl CanaryMetrics {
    /// # Errors
    /// If two have the same name, which a test excludes.
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
        let left_out = IntCounter::new(
            "judge_canary_figures_left_out_total",
            "Looks without score and verdict here: there are too many applications and configs.",
        );
        Ok(Self {
            score: register(registry, GaugeVec::new(score, &labels))?,
            verdict: register(registry, IntGaugeVec::new(verdict, &labels))?,
            ended: register(registry, ended)?,
            left_out: register(registry, left_out)?,
            pairs: Mutex::default(),
        })
    }

    /// Shows the state of a canary.
    pub(crate) fn show(&self, canary: &CanarySummary) {
        if canary.is_over() {
            self.ended.with_label_values(&[canary.state.name()]).inc();
        }
        let (Some(score), Some(verdict)) = (canary.score, canary.verdict) else { return };
        let pair = (canary.application.clone(), canary.config_name.clone());
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
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
