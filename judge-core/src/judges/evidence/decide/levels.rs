//! The significance levels of a metric at one look.

use crate::config::evidence::AcrossMetrics;
use crate::judgement::{Decision, MetricJudgement, Standing, TestKind};
use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::timeline::Times;
use crate::looks::{Boundaries, LookLevel, Looks};
use crate::request::JudgeRequest;

/// What a metric's tests may spend at a look, in shares of `alpha`.
///
/// A look may spend `alpha` · `share`. The location test may spend that times its gain ([`Levels::gain`]), because it has exact
/// boundaries. All other tests may spend `alpha` · `share` · `other_gain`: only a sum bounds their error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Levels {
    /// Significance level of the metric over all looks.
    pub(crate) alpha: f64,
    /// Share of `alpha` that this look may spend.
    pub(crate) share: f64,
    /// Factor on `share` for the tests without exact boundaries.
    pub(crate) other_gain: f64,
    /// Probability of a wrong early pass at this look; `None` if the canary cannot pass early.
    pub(crate) early_pass: Option<f64>,
}

impl Levels {
    /// The levels of a metric whose significance level over all looks is `alpha`.
    pub(crate) fn new(request: &JudgeRequest, alpha: f64) -> Self {
        let evidence = &request.config.evidence;
        let Some(looks) = request.looks else {
            return Self { alpha, share: 1.0, other_gain: 1.0, early_pass: None };
        };
        let is_last = looks.number() == looks.planned();
        // The last look has no early pass.
        let budget = evidence.early_pass.filter(|_| !is_last);
        let share = looks.share(evidence.spending, alpha);
        Self {
            alpha,
            share,
            other_gain: looks.share_by_sum(evidence.spending, alpha) / share,
            early_pass: budget.map(|budget| budget.get() * looks.share_of_early_pass()),
        }
    }

    /// The significance level of the metric at this look.
    pub(crate) fn level(&self) -> f64 {
        self.alpha * self.share
    }

    /// Factor by which the location test on growing windows may exceed its level. `part` is its share of the
    /// metric's level.
    pub(crate) fn gain(
        &self,
        request: &JudgeRequest,
        part: f64,
        boundaries: &mut Boundaries,
    ) -> f64 {
        let Some(looks) = request.looks else { return 1.0 };
        let spending = request.config.evidence.spending;
        let budget = self.alpha * part / most_divided(request);
        boundaries.gain(looks, spending, self.alpha, budget).unwrap_or(self.other_gain)
    }
}

/// Share of a metric's significance level that a test gets; `None` if the test does not run. `is_sparse` if rates of
/// events are compared.
pub(crate) fn share(test: TestKind, is_sparse: bool, times: Times) -> Option<f64> {
    let is_after = times == Times::After;
    Some(match (test, is_sparse) {
        (TestKind::Events, true) => p::EVENTS_SHARE,
        (TestKind::Location, true) => p::SPARSE_LOCATION_SHARE,
        (TestKind::Location, false) if is_after => p::LOCATION_SHARE_AFTER,
        (TestKind::Location, false) => p::LOCATION_SHARE,
        (TestKind::EndState, false) if is_after => p::END_STATE_SHARE_AFTER,
        (TestKind::EndState, false) => p::END_STATE_SHARE,
        (TestKind::Bursts, false) => p::BURSTS_SHARE,
        (TestKind::Spread, false) => p::SPREAD_SHARE,
        (TestKind::Tail, _) => p::TAIL_SHARE,
        (TestKind::Excursions, false) => p::EXCURSIONS_SHARE,
        // The other tests compare most values, and most of a sparse metric's are 0.
        _ => return None,
    })
}

/// Largest number by which other metrics may divide a metric's level. The factor is solved for that smallest
/// level, where it is smallest.
fn most_divided(request: &JudgeRequest) -> f64 {
    let metrics = request.pairs.len().max(1) as f64;
    match request.config.evidence.across_metrics {
        AcrossMetrics::Each => 1.0,
        AcrossMetrics::Balanced => metrics.sqrt(),
        AcrossMetrics::Holm | AcrossMetrics::BenjaminiHochberg => metrics,
    }
}

/// Whether another look follows this one.
pub(crate) fn goes_on(request: &JudgeRequest) -> bool {
    request.looks.is_some_and(Looks::goes_on)
}

/// Whether a look before the last has so few points that most metrics cannot be judged yet: then the next look decides.
pub(crate) fn is_too_early(request: &JudgeRequest, metrics: &[MetricJudgement]) -> bool {
    let counted = || metrics.iter().filter(|metric| !metric.muted);
    let longer =
        |metric: &MetricJudgement| metric.baseline.counts.judged.max(metric.canary.counts.judged);
    let is_missing = |metric: &MetricJudgement| metric.decision == Decision::MissingData;
    let has_points = counted().any(|metric| {
        metric.decision == Decision::Untestable
            || is_missing(metric) && (1..p::FEWEST).contains(&longer(metric))
    });
    // A side that has enough points shows that the other should have some.
    let is_absent = |metric: &MetricJudgement| is_missing(metric) && longer(metric) >= p::FEWEST;
    let absent = counted().filter(|metric| is_absent(metric)).count();
    let missing = |metric: &MetricJudgement| metric.standing() == Standing::Missing;
    let all = counted().count();
    goes_on(request)
        && has_points
        && 2 * absent < all
        && 2 * counted().filter(|metric| missing(metric)).count() >= all
        && !counted().any(MetricJudgement::fails_alone)
}

/// The number and the significance level of this look, if it is one of several. `rules_out_harm` says whether
/// all metrics rule out harm.
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
