//! Judges one metric: from its points to its classification.

use crate::clean::Cleaned;
use crate::config::evidence::MetricKind;
use crate::config::{Direction, MetricConfig, NanStrategy};
use crate::judgement::{
    Change, Classification, Decision, Estimated, Finding, MetricJudgement, TestKind,
};
use crate::judges::evidence::detect::events::{Counted, Exposure};
use crate::judges::evidence::detect::healthy;
use crate::judges::evidence::detect::silence::{self, Silence};
use crate::judges::evidence::parameters as p;
use crate::judges::evidence::prepare::history::History;
use crate::judges::evidence::prepare::timeline::{self, PairTimeline, Times};
use crate::judges::evidence::say;
use crate::judges::pairs::{missing_data, ratio, untested, without_data};
use crate::looks::Boundaries;
use crate::request::JudgeRequest;
use crate::series::{MetricPair, Series};

use super::class::Judged;
use super::levels::{self, Levels};
use super::panel::{self, Considered, Question};
use super::traffic;

#[derive(Debug, Default)]
pub(crate) struct Buffers {
    baseline: Cleaned,
    canary: Cleaned,
    timeline: PairTimeline,
    history: History,
    panel: panel::PanelBuffers,
    boundaries: Boundaries,
}

/// Judges `pair`. If the config names no metric that counts traffic, the canary's points may vary
/// `noise_factor` times as much as the baseline's.
pub(crate) fn judge(
    pair: &MetricPair,
    config: &MetricConfig,
    request: &JudgeRequest,
    noise_factor: f64,
    buffers: &mut Buffers,
) -> Judged {
    let judge = &request.config.evidence;
    buffers.baseline.refill(&pair.baseline.values, config);
    buffers.canary.refill(&pair.canary.values, config);
    let (baseline, canary) = (buffers.baseline.summary(), buffers.canary.summary());
    let warm_up = config.evidence.warm_up.unwrap_or(judge.warm_up);
    let sides = ((&pair.canary, &buffers.canary), (&pair.baseline, &buffers.baseline));
    let timeline = &mut buffers.timeline;
    timeline.refill(sides.0, sides.1, config, warm_up);
    let silent = [&pair.baseline, &pair.canary].into_iter().any(Series::is_silent);
    if config.nan_strategy == NanStrategy::Replace && silent {
        timeline.fill_silence();
    }
    let exposure = traffic::exposure(pair, config, request, timeline, warm_up);
    // The exposure of past windows is not known.
    let series = if exposure.is_some() { &[][..] } else { &pair.history };
    buffers.history.refill(series, &pair.baseline, config, warm_up, timeline);
    if let Some(exposure) = &exposure {
        timeline.scale_canary(exposure.baseline / exposure.canary);
    } else {
        let counted = traffic::factor(pair, config, request, warm_up);
        timeline.let_canary_vary(counted.unwrap_or(noise_factor));
    }
    let levels =
        Levels::new(request, config.evidence.confidence.unwrap_or(judge.confidence).significance());
    let mean_ratio = Some(ratio(canary.mean, baseline.mean));
    let metric = MetricJudgement { mean_ratio, ..untested(pair, config, baseline, canary) };
    let mut judged = Judged::new(metric, levels, buffers.history.usable_windows());
    let (m, n) = (timeline.sorted_canary.len(), timeline.sorted_baseline.len());
    let goes_on = levels::goes_on(request);
    // At an early look all points of a side may be warm-up.
    let have_points = !buffers.canary.sorted.is_empty() && !buffers.baseline.sorted.is_empty();
    if config.must_have_data && silent {
        // If data is required, missing data never counts as zeros.
        missing(&mut judged.metric, config, Some(missing_data(config)));
    } else if (m == 0 || n == 0) && !(goes_on && have_points) {
        missing(&mut judged.metric, config, without_data(config));
    } else if m < p::FEWEST || n < p::FEWEST {
        judged.metric.classification = Classification::Inconclusive;
        judged.metric.critical = config.critical && !goes_on;
        judged.metric.decision = Decision::Untestable;
        judged.metric.reason = Some(format!(
            "{} cannot be judged from {n} baseline and {m} canary points: {} a side are needed{}",
            config.name,
            p::FEWEST,
            if goes_on { "; the next look decides" } else { "" }
        ));
    } else if buffers.canary.sorted == buffers.baseline.sorted
        && timeline.canary == timeline.baseline
    {
        judged.metric.reason = Some("The Canary and Baseline data are identical".to_owned());
        judged.metric.mean_ratio = Some(1.0);
        judged.metric.decision = Decision::Identical;
        judged.rules_out_harm = Some(true);
    } else {
        examine(&mut judged, config, request, (levels, exposure.as_ref()), buffers);
    }
    judged
}

fn missing(
    metric: &mut MetricJudgement,
    config: &MetricConfig,
    class: Option<(Classification, String)>,
) {
    metric.mean_ratio = Some(1.0);
    if let Some((classification, reason)) = class {
        metric.classification = classification;
        metric.critical = config.critical;
        metric.reason = Some(reason);
    }
}

fn examine(
    judged: &mut Judged,
    config: &MetricConfig,
    request: &JudgeRequest,
    (levels, exposure): (Levels, Option<&Exposure>),
    buffers: &mut Buffers,
) {
    let Buffers { timeline, history, panel: buffers, boundaries, .. } = buffers;
    let judge = &request.config.evidence;
    let tests = config.evidence.tests.as_ref().unwrap_or(&judge.tests);
    let changes: &[Change] = match config.direction {
        Direction::Increase => &[Change::Increase],
        Direction::Decrease => &[Change::Decrease],
        Direction::Either => &[Change::Increase, Change::Decrease],
    };
    let declared =
        matches!(config.evidence.kind, MetricKind::Count { .. } | MetricKind::Proportion { .. });
    let (canary, baseline) = (&timeline.sorted_canary, &timeline.sorted_baseline);
    let sparse = match config.evidence.kind {
        MetricKind::Auto => timeline::are_sparse(canary, baseline),
        _ => declared,
    };
    buffers.refill(timeline, changes[0]);
    let share = levels::share(TestKind::Location, sparse, timeline.times).unwrap_or_default();
    let location_gain = match timeline.times {
        // Both windows grow, but the canary's begins where the baseline's ends, so there are no exact
        // boundaries.
        Times::After => levels.other_gain,
        Times::Unknown | Times::Same => {
            levels.gain(request, share / changes.len() as f64, boundaries)
        }
    };
    judged.location_share = share * location_gain / changes.len() as f64;
    let mut answers = Vec::with_capacity(2);
    for &change in changes {
        let question = Question {
            change,
            config,
            judge,
            tests,
            level: judged.level / changes.len() as f64,
            location_gain,
            other_gain: levels.other_gain,
            early_pass: levels.early_pass,
            sparse,
            counted: Counted { declared, exposure },
            mean_ratio: judged.metric.mean_ratio.unwrap_or(f64::NAN),
        };
        answers.push(panel::run(timeline, history, &question, buffers));
    }
    judged.add(answers);
    if config.nan_strategy == NanStrategy::Remove
        && let Some(found) = healthy::find_silent_baseline(history)
    {
        judged.sick_baseline = Some(say::silent_baseline(found));
    }
    if tests.contains(TestKind::Silence)
        && config.nan_strategy == NanStrategy::Remove
        && let Some(found) = silence::find(timeline)
    {
        judged.considered.push(silent(found, changes[0], judged.level));
    }
}

/// The finding of a canary that stops to report, or reports one value.
fn silent(found: Silence, change: Change, level: f64) -> Considered {
    let finding = Finding {
        test: TestKind::Silence,
        change,
        statistic: found.points as f64,
        p: 1.0,
        level,
        estimated: Estimated::ShareOfPoints,
        estimate: found.share,
        interval: None,
        matters: false,
        sentence: say::silence(found),
    };
    Considered { finding, likely: 0.0 }
}
