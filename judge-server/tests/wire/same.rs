//! Whether an answer is the library's judgement, to the last field and bit.
//!
//! Every message is taken apart by name, so that a field that is new in the contract is not forgotten
//! here.

use std::fmt::Debug;

use judge_contract::proto;
use judge_core::config::Thresholds;
use judge_core::judgement::{
    Decision, Effect, Evidence, Finding, Interval, Judgement, MetricJudgement, Panel, SideSummary,
};
use judge_core::{Problem, Warning};

/// How a path of the library's is called in the answer.
pub(crate) type Renamed = fn(&str) -> String;

pub(crate) fn assert_same(
    answered: proto::Judgement,
    library: &Judgement,
    renamed: Renamed,
    what: &str,
) {
    let word = answered.verdict().as_str_name();
    let proto::Judgement {
        judge,
        version,
        verdict: _,
        score,
        reason,
        thresholds,
        groups,
        metrics,
        warnings,
        look,
    } = answered;
    assert_eq!(look.is_some(), library.look.is_some(), "{what}");
    if let (Some(answered), Some(library)) = (look, library.look) {
        let proto::LookLevel { number, planned, level, spent, early_pass } = answered;
        assert_eq!(
            (number, planned, early_pass),
            (library.number, library.planned, library.early_pass)
        );
        assert_bits(level, library.level, what);
        assert_bits(spent, library.spent, what);
    }
    assert_eq!(judge, library.judge, "{what}");
    assert_eq!(version, env!("CARGO_PKG_VERSION"), "{what}");
    assert_word(word, "VERDICT", library.verdict, what);
    assert_bits(score, library.score, what);
    assert_eq!(reason, library.reason, "{what}");
    let proto::Thresholds { pass, marginal } = thresholds.unwrap();
    let expected: Thresholds = library.thresholds;
    assert_bits(pass.unwrap(), expected.pass(), what);
    assert_bits(marginal.unwrap(), expected.marginal(), what);
    assert_eq!(groups.len(), library.groups.len(), "{what}");
    for (answered, library) in groups.into_iter().zip(&library.groups) {
        let proto::GroupScore { name, score, weight, cost } = answered;
        assert_eq!(name, library.name, "{what}");
        assert_bits(score, library.score, what);
        assert_bits(weight, library.weight, what);
        assert_bits(cost, library.cost, what);
    }
    assert_eq!(metrics.len(), library.metrics.len(), "{what}");
    for (answered, library) in metrics.into_iter().zip(&library.metrics) {
        assert_metric(answered, library, &format!("{what}, {}", library.name));
    }
    assert_eq!(warnings.len(), library.warnings.len(), "{what}: {warnings:?}");
    for (answered, library) in warnings.into_iter().zip(&library.warnings) {
        assert_warning(answered, library, renamed, what);
    }
}

fn assert_metric(answered: proto::MetricJudgement, library: &MetricJudgement, what: &str) {
    assert_word(
        answered.classification().as_str_name(),
        "CLASSIFICATION",
        library.classification,
        what,
    );
    assert_word(answered.decision().as_str_name(), "DECISION", library.decision, what);
    let proto::MetricJudgement {
        name,
        id,
        tags,
        groups,
        classification: _,
        reason,
        explanation,
        critical,
        muted,
        baseline,
        canary,
        mean_ratio,
        decision: _,
        evidence,
        findings,
        panel,
        would_change,
    } = answered;
    assert_eq!((&name, &id), (&library.name, &library.id), "{what}");
    let expected = library.tags.clone().unwrap_or_default().into_iter();
    let expected: Vec<_> = expected.map(|(tag, value)| (tag, value.unwrap_or_default())).collect();
    assert_eq!(tags.into_iter().collect::<Vec<_>>(), expected, "{what}");
    assert_eq!(groups, library.groups, "{what}");
    assert_eq!(reason, library.reason, "{what}");
    assert_eq!(explanation, library.explanation(), "{what}");
    assert_eq!(would_change, library.what_would_change(), "{what}");
    assert_eq!((critical, muted), (library.critical, library.muted), "{what}");
    assert_side(baseline.unwrap(), &library.baseline, &format!("{what}, baseline"));
    assert_side(canary.unwrap(), &library.canary, &format!("{what}, canary"));
    assert_eq!(mean_ratio.is_some(), library.mean_ratio.is_some(), "{what}");
    assert_bits(mean_ratio.unwrap_or_default(), library.mean_ratio.unwrap_or_default(), what);
    let (expected_evidence, expected_panel) = match library.decision {
        Decision::Tested(evidence) | Decision::Constants(evidence) => (Some(evidence), None),
        Decision::Panel(panel) => (None, Some(panel)),
        _ => (None, None),
    };
    assert_eq!(evidence.is_some(), expected_evidence.is_some(), "{what}");
    if let (Some(answered), Some(library)) = (evidence, expected_evidence) {
        assert_evidence(answered, &library, what);
    }
    assert_eq!(panel.is_some(), expected_panel.is_some(), "{what}");
    if let (Some(answered), Some(library)) = (panel, expected_panel) {
        assert_panel(answered, &library, what);
    }
    assert_eq!(findings.len(), library.findings.len(), "{what}");
    for (answered, library) in findings.into_iter().zip(&library.findings) {
        assert_finding(answered, library, what);
    }
}

fn assert_side(answered: proto::SideSummary, library: &SideSummary, what: &str) {
    let proto::SideSummary { counts, mean, median, min, max, std, p95 } = answered;
    let proto::Counts { submitted, gaps, outliers, judged } = counts.unwrap();
    let answered = [submitted, gaps, outliers, judged].map(|count| count as usize);
    let expected = library.counts;
    let expected = [expected.submitted, expected.gaps, expected.outliers, expected.judged];
    assert_eq!(answered, expected, "{what}");
    assert_bits(mean, library.mean, what);
    assert_bits(median, library.median, what);
    assert_bits(min, library.min, what);
    assert_bits(max, library.max, what);
    assert_bits(std, library.std, what);
    assert_bits(p95, library.p95, what);
}

fn assert_evidence(answered: proto::Evidence, library: &Evidence, what: &str) {
    assert_word(answered.direction().as_str_name(), "DIRECTION", library.direction, what);
    let proto::Evidence { estimate, interval, tolerance, effect, direction: _ } = answered;
    assert_bits(estimate, library.estimate, what);
    assert_interval(interval.unwrap(), &library.interval, what);
    assert_bits(tolerance, library.tolerance, what);
    let effect = effect.unwrap();
    assert_word(effect.measure().as_str_name(), "EFFECTMEASURE", library.effect.measure, what);
    let proto::Effect {
        measure: _,
        value,
        allowed_increase,
        allowed_decrease,
        critical_increase,
        critical_decrease,
    } = effect;
    let expected: Effect = library.effect;
    assert_bits(value, expected.value, what);
    assert_bits(allowed_increase, expected.allowed_increase, what);
    assert_bits(allowed_decrease, expected.allowed_decrease, what);
    assert_bits(critical_increase, expected.critical_increase, what);
    assert_bits(critical_decrease, expected.critical_decrease, what);
}

fn assert_panel(answered: proto::Panel, library: &Panel, what: &str) {
    let proto::Panel {
        estimate,
        interval,
        allowed,
        more_points,
        left_out,
        fails,
        would_find,
        healthy,
    } = answered;
    assert_eq!(healthy.is_some(), library.healthy.is_some(), "{what}");
    for (answered, library) in healthy.into_iter().zip(&library.healthy) {
        assert_interval(answered, library, what);
    }
    assert_bits(estimate, library.estimate, what);
    assert_interval(interval.unwrap(), &library.interval, what);
    assert_bits(allowed, library.allowed, what);
    assert_eq!(more_points.map(|more| more as usize), library.more_points, "{what}");
    assert_eq!(left_out as usize, library.left_out, "{what}");
    assert_eq!(fails, library.fails, "{what}");
    assert_bits(would_find, library.would_find, what);
}

fn assert_finding(answered: proto::Finding, library: &Finding, what: &str) {
    assert_word(answered.test().as_str_name(), "TESTKIND", library.test, what);
    assert_word(answered.change().as_str_name(), "CHANGE", library.change, what);
    assert_word(answered.estimated().as_str_name(), "ESTIMATED", library.estimated, what);
    let proto::Finding {
        test: _,
        change: _,
        statistic,
        p,
        level,
        estimated: _,
        estimate,
        interval,
        matters,
        sentence,
        would_change,
    } = answered;
    assert_bits(statistic, library.statistic, what);
    assert_bits(p, library.p, what);
    assert_bits(level, library.level, what);
    assert_bits(estimate, library.estimate, what);
    assert_eq!(interval.is_some(), library.interval.is_some(), "{what}");
    if let (Some(answered), Some(library)) = (interval, &library.interval) {
        assert_interval(answered, library, what);
    }
    assert_eq!(matters, library.matters, "{what}");
    assert_eq!(sentence, library.sentence, "{what}");
    assert_eq!(would_change, library.what_would_change(), "{what}");
}

fn assert_interval(answered: proto::Interval, library: &Interval, what: &str) {
    let proto::Interval { lower, upper, level } = answered;
    assert_bits(lower, library.lower, what);
    assert_bits(upper, library.upper, what);
    assert_bits(level, library.level, what);
}

fn assert_warning(answered: proto::Warning, library: &Warning, renamed: Renamed, what: &str) {
    assert_word(answered.kind().as_str_name(), "WARNINGKIND", library, what);
    let proto::Warning { kind: _, message, metric, problem } = answered;
    let Warning::Suspect(suspect) = library else {
        assert_eq!(message, library.to_string(), "{what}");
        // The message begins with the metric, where there is one.
        assert!(message.starts_with(&metric), "{what}: {metric}: {message}");
        let none = matches!(library, Warning::Systemic { .. } | Warning::SameData);
        assert_eq!(metric.is_empty(), none, "{what}: {message}");
        assert!(problem.is_none(), "{what}");
        return;
    };
    let suspect = Problem { path: renamed(&suspect.path), ..suspect.clone() };
    assert_eq!(message, suspect.to_string(), "{what}");
    assert_eq!(metric, "", "{what}");
    let problem = problem.unwrap();
    assert_word(problem.severity().as_str_name(), "SEVERITY", suspect.severity, what);
    let proto::Problem { severity: _, path, value, allowed, consequence } = problem;
    assert_eq!(
        (path, value, allowed, consequence),
        (suspect.path, suspect.value, suspect.allowed, suspect.consequence),
        "{what}"
    );
}

/// A word of the contract is the library's, with what it is a word of before it.
fn assert_word(answered: &str, of: &str, library: impl Debug, what: &str) {
    let library = format!("{library:?}");
    let variant = library.split(|letter: char| !letter.is_alphanumeric()).next().unwrap();
    let expected = format!("{of}{}", variant.to_uppercase());
    assert_eq!(answered.replace('_', ""), expected, "{what}");
}

fn assert_bits(answered: f64, library: f64, what: &str) {
    // Protobuf leaves out a 0 of either sign.
    assert!(
        (answered + 0.0).to_bits() == (library + 0.0).to_bits()
            || answered.is_nan() && library.is_nan(),
        "{what}: {answered} is not {library}"
    );
}
