//! The significance levels of a metric at one look.

use crate::config::evidence::AcrossMetrics;
use crate::looks::{Boundaries, LookLevel};
use crate::request::JudgeRequest;

/// What a metric's tests may spend at a look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Levels {
    /// Significance level of the metric over all looks.
    pub(crate) alpha: f64,
    /// The part of it that this look has.
    pub(crate) share: f64,
    /// The same of the probability of an early pass.
    pub(crate) early_pass: Option<f64>,
}

impl Levels {
    /// Those of a metric with the significance level `alpha`.
    pub(crate) fn new(request: &JudgeRequest, alpha: f64) -> Self {
        let evidence = &request.config.evidence;
        let Some(looks) = request.looks else {
            return Self { alpha, share: 1.0, early_pass: None };
        };
        let is_last = looks.number() == looks.planned();
        // The last look needs none.
        let budget = evidence.early_pass.filter(|_| !is_last);
        Self {
            alpha,
            share: looks.share(evidence.spending, alpha),
            early_pass: budget.map(|budget| budget.get() * looks.share_of_early_pass()),
        }
    }

    /// The significance level of the metric at this look.
    pub(crate) fn level(&self) -> f64 {
        self.alpha * self.share
    }

    /// By how much the test of location on growing windows may exceed its part of that level, `part` of the metric's.
    pub(crate) fn gain(
        &self,
        request: &JudgeRequest,
        part: f64,
        boundaries: &mut Boundaries,
    ) -> f64 {
        if request.looks.is_none() {
            return 1.0;
        }
        let spending = request.config.evidence.spending;
        let budget = self.alpha * part / most_divided(request);
        boundaries.gain(request.looks, spending, self.alpha, budget)
    }
}

/// By how much other metrics may divide a metric's level at most. A smaller budget has the smaller gain.
fn most_divided(request: &JudgeRequest) -> f64 {
    let metrics = request.pairs.len().max(1) as f64;
    match request.config.evidence.across_metrics {
        AcrossMetrics::Each => 1.0,
        AcrossMetrics::Balanced => metrics.sqrt(),
        AcrossMetrics::Holm | AcrossMetrics::BenjaminiHochberg => metrics,
    }
}

/// What `request` is judged at, if it is one of several looks. `rules_out_harm` says whether all metrics do.
pub(crate) fn describe(request: &JudgeRequest, rules_out_harm: bool) -> Option<LookLevel> {
    let looks = request.looks?;
    let evidence = &request.config.evidence;
    let alpha = evidence.confidence.significance();
    let levels = Levels::new(request, alpha);
    Some(LookLevel {
        number: looks.number(),
        planned: looks.planned(),
        level: levels.level(),
        spent: alpha * looks.share_so_far(evidence.spending, alpha),
        early_pass: rules_out_harm && levels.early_pass.is_some(),
    })
}
