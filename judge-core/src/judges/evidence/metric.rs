//! One metric: from its points to its class.

use crate::clean::Cleaned;
use crate::config::evidence::MetricKind;
use crate::config::{Direction, EffectMeasure, MetricConfig, NanStrategy};
use crate::judgement::{Change, Classification, Decision, Finding, MetricJudgement};
use crate::judges::pairs::{ratio, without_data};
use crate::request::JudgeRequest;
use crate::series::{MetricPair, Series};

use super::case::{Allowance, Case};
use super::events::{self, Counted, Exposure};
use super::grid::Grid;
use super::panel::{self, Answer, Question};
use super::verdict::{self, Judged};

/// With fewer points a side no arrangement of ranks is rare enough to be harm: of five against five
/// the rarest is one of 252.
const FEWEST: usize = 5;

#[derive(Debug, Default)]
pub(super) struct Buffers {
    baseline: Cleaned,
    canary: Cleaned,
    grid: Grid,
    panel: panel::Buffers,
}

pub(super) fn judge(
    pair: &MetricPair,
    config: &MetricConfig,
    request: &JudgeRequest,
    buffers: &mut Buffers,
) -> Judged {
    let judge = &request.config.evidence;
    buffers.baseline.refill(&pair.baseline.values, config);
    buffers.canary.refill(&pair.canary.values, config);
    let (baseline, canary) = (buffers.baseline.summary(), buffers.canary.summary());
    let warm_up = config.evidence.warm_up.unwrap_or(judge.warm_up);
    let sides = ((&pair.canary, &buffers.canary), (&pair.baseline, &buffers.baseline));
    buffers.grid.refill(sides.0, sides.1, config, warm_up);
    if config.nan_strategy == NanStrategy::Replace {
        buffers.grid.fill_silence();
    }
    let exposure = exposure(pair, config, request, &buffers.grid, warm_up);
    if let Some(exposure) = exposure {
        buffers.grid.scale_canary(exposure.baseline / exposure.canary);
    }
    let level = config.evidence.confidence.unwrap_or(judge.confidence).level();
    let mut judged = Judged {
        metric: MetricJudgement {
            name: pair.name.clone(),
            id: pair.id.clone(),
            tags: pair.tags.clone(),
            groups: config.groups.clone(),
            classification: Classification::Pass,
            reason: None,
            critical: false,
            muted: config.muted,
            baseline,
            canary,
            mean_ratio: Some(ratio(canary.mean, baseline.mean)),
            decision: Decision::MissingData,
            findings: Vec::new(),
        },
        level,
        part: None,
        effect_is_critical: [false; 2],
    };
    let grid = &buffers.grid;
    let (m, n) = (grid.sorted_canary.len(), grid.sorted_baseline.len());
    if m == 0 || n == 0 {
        missing(&mut judged.metric, config);
    } else if m < FEWEST || n < FEWEST {
        judged.metric.classification = Classification::Inconclusive;
        judged.metric.critical = config.critical;
        judged.metric.decision = Decision::Untestable;
        judged.metric.reason = Some(format!(
            "{} cannot be judged from {n} baseline and {m} canary points: {FEWEST} a side are needed",
            config.name
        ));
    } else if buffers.canary.sorted == buffers.baseline.sorted && grid.canary == grid.baseline {
        judged.metric.reason = Some("The Canary and Baseline data are identical".to_owned());
        judged.metric.mean_ratio = Some(1.0);
        judged.metric.decision = Decision::Identical;
    } else {
        let Buffers { grid, panel, .. } = buffers;
        examine(&mut judged, config, request, exposure, grid, panel);
    }
    judged
}

/// As Kayenta has it.
fn missing(metric: &mut MetricJudgement, config: &MetricConfig) {
    metric.mean_ratio = Some(1.0);
    if let Some((classification, reason)) = without_data(config) {
        metric.classification = classification;
        metric.critical = config.critical;
        metric.reason = Some(reason);
    }
}

fn examine(
    judged: &mut Judged,
    config: &MetricConfig,
    request: &JudgeRequest,
    exposure: Option<Exposure>,
    grid: &mut Grid,
    buffers: &mut panel::Buffers,
) {
    let judge = &request.config.evidence;
    let tests = config.evidence.tests.as_ref().unwrap_or(&judge.tests);
    let changes: &[Change] = match config.direction {
        Direction::Increase => &[Change::Increase],
        Direction::Decrease => &[Change::Decrease],
        Direction::Either => &[Change::Increase, Change::Decrease],
    };
    let declared =
        matches!(config.evidence.kind, MetricKind::Count { .. } | MetricKind::Proportion { .. });
    let sparse = match config.evidence.kind {
        MetricKind::Auto => events::is_sparse(&grid.sorted_canary, &grid.sorted_baseline),
        _ => declared,
    };
    if !sparse {
        grid.take_logs_where_better();
    }
    let grid = &*grid;
    buffers.take(grid);
    let mut answers = Vec::with_capacity(2);
    for &change in changes {
        let question = Question {
            change,
            allowance: Allowance {
                share: allowed_share(config, change),
                often: often(config, change),
                minimum: config.evidence.minimum_change(judge),
            },
            level: judged.level / changes.len() as f64,
            tests,
            sparse,
            events: Counted { declared, exposure },
        };
        let answer = panel::ask(grid, question, buffers);
        let mean_ratio = judged.metric.mean_ratio.unwrap_or(f64::NAN);
        judged.effect_is_critical[change as usize] =
            is_critical(config, &buffers.case, change, mean_ratio);
        let noise = verdict::noise_of_shift(&buffers.case, grid, &answer, change);
        answers.push((change, answer, noise));
    }
    // The direction with more evidence speaks for the metric.
    let weight = |answer: &Answer| {
        let harm = answer.findings.iter().filter(|f| f.matters).map(Finding::weight);
        harm.fold(f64::INFINITY, f64::min)
    };
    answers.sort_by(|a, b| weight(&a.1).total_cmp(&weight(&b.1)).then(b.1.z().total_cmp(&a.1.z())));
    judged.part = verdict::part(&answers);
    let left_out =
        answers.iter().filter_map(|(_, answer, _)| answer.start_up).map(|s| s.length).max();
    let left_out = left_out.unwrap_or(0);
    let Some(panel) = verdict::describe(&answers, left_out) else {
        return;
    };
    judged.metric.decision = Decision::Panel(panel);
    for (_, answer, _) in answers {
        judged.metric.findings.extend(answer.findings);
    }
    judged
        .metric
        .findings
        .sort_by(|a, b| b.is_harm().cmp(&a.is_harm()).then(a.weight().total_cmp(&b.weight())));
    judged.classify();
}

/// What the metric's events are out of, a point of it: the mean of the metric that its config names, of
/// the times at which this one has a point.
fn exposure(
    pair: &MetricPair,
    config: &MetricConfig,
    request: &JudgeRequest,
    grid: &Grid,
    warm_up: usize,
) -> Option<Exposure> {
    let of = config.evidence.kind.exposure()?;
    let of = request.pairs.iter().find(|pair| pair.name == of)?;
    let gaps_are_points = config.nan_strategy == NanStrategy::Replace;
    let mean = |of: &Series, events: &Series| {
        let same_times = of.values.len() == events.values.len();
        let counts = |index: usize| gaps_are_points || events.values[index].is_finite();
        let points = of
            .values
            .iter()
            .enumerate()
            .skip(warm_up)
            .filter(|(index, value)| value.is_finite() && (!same_times || counts(*index)));
        let (count, sum) = points.fold((0.0, 0.0), |(n, sum), (_, value)| (n + 1.0, sum + value));
        grid.in_unit(sum / count)
    };
    let canary = mean(&of.canary, &pair.canary);
    let baseline = mean(&of.baseline, &pair.baseline);
    let proportion = matches!(config.evidence.kind, MetricKind::Proportion { .. });
    (canary > 0.0 && baseline > 0.0).then_some(Exposure { canary, baseline, proportion })
}

/// What the effect size allows, as a share of the baseline.
fn allowed_share(config: &MetricConfig, change: Change) -> f64 {
    let size = &config.effect_size;
    let share = match (size.measure, change) {
        (EffectMeasure::Cles, _) => 0.0,
        (EffectMeasure::MeanRatio, Change::Increase) => size.allowed_increase - 1.0,
        (EffectMeasure::MeanRatio, Change::Decrease) => 1.0 - size.allowed_decrease,
    };
    // f64::max leaves NaN out.
    share.max(0.0)
}

/// What the effect size asks for where it is how often the canary is above the baseline; else 0.
fn often(config: &MetricConfig, change: Change) -> f64 {
    let size = &config.effect_size;
    match (size.measure, change) {
        (EffectMeasure::MeanRatio, _) => 0.0,
        (EffectMeasure::Cles, Change::Increase) => size.allowed_increase,
        (EffectMeasure::Cles, Change::Decrease) => 1.0 - size.allowed_decrease,
    }
}

/// Whether a harmful change fails the whole canary. A critical size that is left at its neutral value
/// is reached by any harm: also by one that leaves the mean where it is.
fn is_critical(config: &MetricConfig, case: &Case, change: Change, mean_ratio: f64) -> bool {
    let size = &config.effect_size;
    let critical = match change {
        Change::Increase => size.critical_increase,
        Change::Decrease => size.critical_decrease,
    };
    let effect = match size.measure {
        EffectMeasure::MeanRatio => mean_ratio,
        EffectMeasure::Cles => 0.5 + panel::signed(change, case.share_above(..) - 0.5),
    };
    let reached = match change {
        Change::Increase => effect >= critical,
        Change::Decrease => effect <= critical,
    };
    config.critical && (effect.is_nan() || critical == size.measure.neutral() || reached)
}
