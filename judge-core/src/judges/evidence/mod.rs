//! `EvidenceJudge-v1`: finds changes that a comparison of means misses, and raises few false alarms.
//!
//! A metric passes through four layers; each imports only the layers before it:
//!
//! | layer | what it does |
//! | --- | --- |
//! | `prepare` | aligns the points of both sides and estimates their noise |
//! | `detect` | tests them |
//! | `say` | writes the sentences of the findings |
//! | `decide` | compares the findings with significance levels and allowances |
//!
//! Harm is a change that is significant and probably exceeds the allowance. `parameters` has every number.
//! `docs/evidence-judge.md` has the method and what it gets wrong, `docs/evidence-judge-measured.md` its rates.

mod decide;
mod detect;
mod parameters;
mod prepare;
mod say;
#[cfg(test)]
mod tests;

use crate::config::evidence::{AcrossMetrics, InconclusivePolicy, JointOutcome};
use crate::error::JudgeError;
use crate::judgement::{Classification, Decision, Judgement, MetricJudgement, TestKind, Verdict};
use crate::looks::LookLevel;
use crate::problem::{Problem, Severity};
use crate::request::JudgeRequest;
use crate::score::{self, MutedGroups, Scored};
use crate::series::MetricPair;
use crate::stats;
use crate::warning::Warning;

pub(super) use parameters::FEWEST;

use super::configs::Configs;
use super::pairs;
use super::{Judge, Scratch};
use decide::class::Judged;
use decide::traffic::{self, Explained};
use decide::{joint, levels, metric};

/// The notice about a history that is too short. Its numbers are those of [`parameters`].
const NOT_ENOUGH_HISTORY: &str = "the history is not used: at least 3 healthy series with 5 points each are needed, of a \
                                  metric that is not counted out of another";

const NAME_OF_METRIC: &str = "the name of a metric of the request";

/// `EvidenceJudge-v1`, the default judge.
///
/// A metric fails if a test finds harm that is significant and probably exceeds what the config allows. The judge
/// refuses requests with suspect configs.
///
/// # Example
/// ```
/// use judge_core::{
///     CanaryConfig, EvidenceJudge, Judge, JudgeRequest, MetricConfig, MetricPair, TestKind, Verdict,
/// };
///
/// let metrics = vec![MetricConfig::new("latency", "Latency")];
/// let config = CanaryConfig { metrics, ..CanaryConfig::default() };
/// let series = |mean: i32| (0..30).map(|at| f64::from(mean + at * 7 % 10)).collect::<Vec<_>>();
/// let pairs = vec![MetricPair::new("latency", series(100), series(150))];
/// let judgement = EvidenceJudge.judge(&JudgeRequest { config, pairs, ..JudgeRequest::default() })?;
/// assert_eq!(judgement.verdict, Verdict::Fail);
/// let harm = judgement.metrics[0].findings.iter().find(|finding| finding.is_harm());
/// assert_eq!(harm.map(|finding| finding.test), Some(TestKind::Location));
/// # Ok::<(), judge_core::JudgeError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct EvidenceJudge;

impl Judge for EvidenceJudge {
    fn name(&self) -> &'static str {
        "EvidenceJudge-v1"
    }

    fn summary(&self) -> &'static str {
        "means, late changes, spread, tail, runs, bursts and rare events, with one error budget a metric"
    }

    fn reads_looks(&self) -> bool {
        true
    }

    fn judge_with(
        &self,
        request: &JudgeRequest,
        scratch: &mut Scratch,
    ) -> Result<Judgement, JudgeError> {
        let (refused, noticed): (Vec<_>, Vec<_>) = request
            .problems()
            .into_iter()
            .partition(|problem| problem.severity != Severity::Notice);
        JudgeError::check(refused.into_iter().map(Problem::into_error).collect())?;
        JudgeError::check(wrong_names(request))?;
        let mut warnings: Vec<Warning> = noticed.into_iter().map(Warning::Suspect).collect();
        let configs = Configs::new(request);
        let (mut judged, explained) = judge_metrics(request, &configs, scratch)?;
        adjust(request, &mut judged);
        warnings.extend(traffic::advise(request, &configs, &judged, &explained));
        let counted = judged.iter().filter(|judged| !judged.metric.muted);
        let parts: Vec<_> = counted.filter_map(|judged| judged.part.as_ref()).collect();
        let systemic = joint::find(request, &parts);
        let look = levels::describe(request, may_pass_early(&judged));
        let mut metrics = Vec::with_capacity(judged.len());
        for (index, (mut judged, pair)) in judged.into_iter().zip(&request.pairs).enumerate() {
            warn_of_history(index, pair, &mut judged, &mut warnings);
            let metric = judged.settle(request.config.evidence.inconclusive);
            pairs::warn_of(&metric, pair, &mut warnings);
            warn_about(&metric, request, &mut warnings);
            metrics.push(metric);
        }
        pairs::warn_of_request(request, &metrics, &mut warnings);
        let mut scored = score_metrics(request, &metrics);
        if let Some(finding) = systemic {
            match request.config.evidence.joint.outcome {
                JointOutcome::Fail => scored.fail(format!("Canary Failed: {finding}")),
                JointOutcome::Marginal => scored.at_most_marginal(),
                JointOutcome::Warn => {}
            }
            warnings.push(Warning::Systemic { finding });
        }
        let mut judgement =
            scored.into_judgement(self.name(), request.thresholds, metrics, warnings);
        judgement.look = look.map(|look| LookLevel {
            early_pass: look.early_pass && judgement.verdict == Verdict::Pass,
            ..look
        });
        Ok(judgement)
    }
}

/// Judges each metric, and once more those whose noise less traffic explains. Returns these, too.
fn judge_metrics(
    request: &JudgeRequest,
    configs: &Configs<'_>,
    scratch: &mut Scratch,
) -> Result<(Vec<Judged>, Vec<Explained>), JudgeError> {
    let mut judge = |index: usize, noise_factor: f64| {
        scratch.check_stop()?;
        let pair = &request.pairs[index];
        let config = configs.for_pair(index, pair)?;
        Ok::<_, JudgeError>(metric::judge(pair, config, request, noise_factor, scratch.buffers()))
    };
    let mut judged = Vec::with_capacity(request.pairs.len());
    for index in 0..request.pairs.len() {
        judged.push(judge(index, 1.0)?);
    }
    let explained = traffic::explain(request, configs, &judged);
    for (index, factor) in &explained {
        judged[*index] = judge(*index, *factor)?;
    }
    Ok((judged, explained))
}

/// Scores the metrics, and limits the score of a canary that cannot be judged yet or is in doubt.
fn score_metrics(request: &JudgeRequest, metrics: &[MetricJudgement]) -> Scored {
    let mut scored = score::score(metrics, &request.config, MutedGroups::ShareAmongOthers);
    if levels::is_too_early(request, metrics) {
        scored.is_too_early(request.thresholds.lowest_pass());
    }
    let is_unsure = metrics.iter().any(|metric| {
        !metric.muted
            && metric.classification == Classification::Inconclusive
            // At an early look the next one decides.
            && (matches!(metric.decision, Decision::Panel(_))
                || metric.decision == Decision::Untestable && !levels::goes_on(request))
    });
    match request.config.evidence.inconclusive {
        InconclusivePolicy::PassThreshold | InconclusivePolicy::Fail if is_unsure => {
            scored.at_most(request.thresholds.lowest_pass());
        }
        InconclusivePolicy::Marginal if is_unsure => scored.at_most_marginal(),
        _ => {}
    }
    scored
}

/// Finds wrong names in the config: a metric names another one that the request lacks, or itself as its
/// exposure.
fn wrong_names(request: &JudgeRequest) -> Vec<Problem> {
    let missing = |name: &str| !request.pairs.iter().any(|pair| pair.name == name);
    let problem = |path: String, name: &str, expected: &str| {
        Problem::error(path, format!("{name:?}"), expected)
    };
    let mut problems = Vec::new();
    for (index, metric) in request.config.metrics.iter().enumerate() {
        let path = format!("canaryConfig.metrics[{index}].analysisConfigurations.canary");
        if let Some(exposure) = metric.evidence.kind.exposure()
            && (missing(exposure) || exposure == metric.name)
        {
            let expected = "the name of another metric of the request";
            problems.push(problem(format!("{path}.of"), exposure, expected));
        }
        if let Some(name) = metric.evidence.traffic.as_deref().filter(|name| missing(name)) {
            problems.push(problem(format!("{path}.traffic"), name, NAME_OF_METRIC));
        }
    }
    if let Some(name) = request.config.evidence.traffic.as_deref().filter(|name| missing(name)) {
        let path = "canaryConfig.judge.judgeConfigurations.traffic".to_owned();
        problems.push(problem(path, name, NAME_OF_METRIC));
    }
    problems
}

/// Whether every metric that is not muted rules out harm.
fn may_pass_early(judged: &[Judged]) -> bool {
    judged.iter().any(|judged| !judged.metric.muted) && judged.iter().all(Judged::may_pass_early)
}

/// Lowers the significance level of each metric for the number of metrics, as the config says.
fn adjust(request: &JudgeRequest, judged: &mut [Judged]) {
    let mut counted: Vec<&mut Judged> =
        judged.iter_mut().filter(|judged| judged.is_tested()).collect();
    let p: Vec<f64> = counted.iter().map(|judged| judged.p()).collect();
    let adjusted = match request.config.evidence.across_metrics {
        AcrossMetrics::Each => return,
        AcrossMetrics::Balanced => {
            let times = (counted.len() as f64).sqrt();
            for judged in counted {
                judged.be_stricter(times);
            }
            return;
        }
        AcrossMetrics::Holm => stats::holm(&p),
        AcrossMetrics::BenjaminiHochberg => stats::benjamini_hochberg(&p),
    };
    for ((judged, unadjusted), p) in counted.iter_mut().zip(&p).zip(adjusted.unwrap_or_default()) {
        if *unadjusted > 0.0 && p > *unadjusted {
            judged.be_stricter(p / unadjusted);
        }
    }
}

/// Warns if a baseline is unusual for its own history, and if a history is not used.
fn warn_of_history(
    index: usize,
    pair: &MetricPair,
    judged: &mut Judged,
    warnings: &mut Vec<Warning>,
) {
    if judged.metric.muted || pair.history.is_empty() {
        return;
    }
    if judged.usable_history < parameters::HISTORY_FEWEST {
        let (usable, all) = (judged.usable_history, pair.history.len());
        let found = format!("{usable} of {all} series of {:?} can be used", pair.name);
        let path = format!("metricSetPairList[{index}].history");
        let problem = Problem::remark(path, found, NOT_ENOUGH_HISTORY);
        warnings.push(Warning::Suspect(problem));
    }
    if let Some(finding) = judged.sick_baseline.take() {
        warnings.push(Warning::SickBaseline { metric: pair.name.clone(), finding });
    }
}

fn warn_about(metric: &MetricJudgement, request: &JudgeRequest, warnings: &mut Vec<Warning>) {
    let name = || metric.name.clone();
    if let Decision::Panel(panel) = &metric.decision
        && panel.left_out > 0
    {
        warnings.push(Warning::HealedStart { metric: name(), points: panel.left_out });
    }
    let silence = metric.findings.iter().find(|finding| finding.test == TestKind::Silence);
    if let Some(silence) = silence.filter(|_| !metric.muted) {
        warnings.push(Warning::SilentCanary { metric: name(), finding: silence.sentence.clone() });
    }
    let next_decides = levels::goes_on(request) && metric.decision == Decision::Untestable;
    if metric.classification == Classification::Inconclusive && !metric.muted && !next_decides {
        let more_points = metric.points_to_settle();
        warnings.push(Warning::Inconclusive { metric: name(), more_points });
    }
}
