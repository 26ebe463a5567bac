//! What warnings and errors say, in one place.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use judge_core::stats::{ConfidenceLevel, Proportion, Rate, Sample};
use judge_core::{JudgeError, NoDataOutcome, Problem, Side, Warning};

#[test]
fn warnings() {
    let metric = || "errors".to_owned();
    let silent = |outcome| Warning::SilentSide {
        metric: metric(),
        tags: "{action=pay}".to_owned(),
        side: Side::Canary,
        outcome,
    };
    let split = |tags: &[&str], baseline_only, canary_only| Warning::SplitByTags {
        metric: metric(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        baseline_only,
        canary_only,
    };
    let finding = || "it reports half as often".to_owned();
    let warnings = [
        Warning::Suspect(Problem::suspect("weights", 50, "weights that sum to 100", "it is lost")),
        Warning::InfiniteValues { metric: metric(), side: Side::Baseline, count: 3 },
        Warning::UntestedPasses { metric: metric() },
        Warning::FailureCountsNowhere { metric: metric() },
        Warning::HealedStart { metric: metric(), points: 4 },
        Warning::Inconclusive { metric: metric(), more_points: Some(40) },
        Warning::Inconclusive { metric: metric(), more_points: None },
        Warning::SilentCanary { metric: metric(), finding: finding() },
        Warning::SickBaseline { metric: metric(), finding: finding() },
        Warning::Systemic { finding: finding() },
        Warning::NotSubmitted { metric: metric() },
        silent(NoDataOutcome::JudgedAsZeros),
        silent(NoDataOutcome::Passes),
        silent(NoDataOutcome::Uncounted),
        Warning::SameData,
        split(&["controller"], 1, 1),
        split(&["pod", "zone"], 2, 3),
        split(&["a", "b", "c", "d", "e", "f"], 2, 2),
        split(&[], 1, 1),
    ];
    let said: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn errors() {
    let problems = vec![
        Problem::error("metrics[3].name", "5", "a string"),
        Problem::error("metrics", "missing", "a list"),
        Problem::suspect("pass", 101, "a score from 0 to 100", "it decides nothing"),
    ];
    let said = [
        JudgeError::check(problems).unwrap_err().to_string(),
        JudgeError::Stopped.to_string(),
        judge_core::judges::built_in().by_name("Judge-v9").err().unwrap().to_string(),
        ConfidenceLevel::new(98.0).unwrap_err().to_string(),
        Sample::new(Vec::new()).unwrap_err().to_string(),
        Sample::new(vec![1.0, f64::NAN]).unwrap_err().to_string(),
        Proportion::new(3, 0).unwrap_err().to_string(),
        Proportion::new(3, 2).unwrap_err().to_string(),
        Rate::new(3, 0.0).unwrap_err().to_string(),
        Rate::new(u64::MAX, 1.0).unwrap_err().to_string(),
    ];
    insta::assert_snapshot!(said.join("\n"));
}
