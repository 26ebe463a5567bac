//! The state of a canary after a look. A pure function: the same look gives the same state.

use judge_core::Judgement;
use judge_core::stage::{Stage, StageRule, because_line};

use crate::plan::{Plan, SourceFailure};
use crate::record::{CanaryLook, CanaryState, CanarySummary, FailureKind, LookFailure, LookResult};

/// The state of a canary after `look`, from its state `before`.
pub(crate) fn after(plan: &Plan, before: &CanarySummary, look: &CanaryLook) -> CanarySummary {
    let number = look.window.number;
    let mut after = CanarySummary { looks: number, ..before.clone() };
    let next_millis = plan.due_millis(number + 1);
    let ends = match &look.result {
        LookResult::Judged(judged) => {
            let judgement = &judged.judgement;
            // Earlier looks did not stop it, or this one would not have been made.
            let stage = Stage::from_judgements(StageRule::from(plan.spec().rule), [judgement]);
            let ended_early = stage.is_some_and(|stage| stage.ended_at().is_some());
            let ends = ended_early || next_millis.is_none();
            after.verdict = match stage {
                Some(stage) if ends => Some(stage.verdict),
                _ => Some(judgement.verdict),
            };
            after.score = Some(judgement.score);
            after.reason = reason(judgement, number, before.planned);
            if next_millis.is_some() && stage.is_some_and(|stage| stage.passed_at.is_some()) {
                after.reason.push_str("; harm of the size that matters is ruled out");
            }
            ends.then_some(CanaryState::Finished)
        }
        LookResult::Failed(failure) => {
            let goes_on = plan.spec().source_failure == SourceFailure::Skip
                && failure.kind == FailureKind::Source
                && next_millis.is_some();
            after.reason = why_failed(failure, number, before.planned);
            if !goes_on {
                // Earlier verdicts do not count: nobody judged the end.
                (after.verdict, after.score) = (None, None);
                if let Some(verdict) = before.verdict {
                    after.reason =
                        format!("{}; before: {verdict:?}, {}", after.reason, before.reason);
                }
            }
            (!goes_on).then_some(CanaryState::Failed)
        }
    };
    if let Some(state) = ends {
        after.state = state;
        after.ended_millis = Some(look.ended_millis);
    } else if let Some(next_millis) = next_millis {
        // The looks of a canary of the past are all due long ago. They take turns with those that are due now.
        after.next_millis = next_millis.max(look.ended_millis);
    }
    after
}

/// Score and the metric that cost most, in a line.
fn reason(judgement: &Judgement, number: usize, planned: usize) -> String {
    let score = judge_core::format::value(judgement.score);
    format!("score {score} at look {number} of {planned}{}", because_line(judgement, usize::MAX))
}

/// Why a judgement is as it is: its score and the metric that cost most, in a line.
pub fn reason_of(judgement: &Judgement) -> String {
    format!(
        "score {}{}",
        judge_core::format::value(judgement.score),
        because_line(judgement, usize::MAX)
    )
}

fn why_failed(failure: &LookFailure, number: usize, planned: usize) -> String {
    format!("look {number} of {planned} failed: {}", failure.line())
}

#[cfg(test)]
mod tests {
    use judge_core::{Thresholds, Verdict};

    use super::*;
    use crate::plan::{PlanSpec, ScopePair, StageEnd, StageTimes};
    use crate::record::JudgedSeries;

    const MINUTE: u64 = 60_000;

    fn plan(rule: StageEnd, source_failure: SourceFailure) -> Plan {
        let times = StageTimes {
            start_millis: Some(0),
            interval_millis: Some(MINUTE),
            ..StageTimes::lasting(2 * MINUTE)
        };
        let spec =
            PlanSpec { rule, source_failure, ..PlanSpec::stage(ScopePair::default(), times) };
        Plan::new(spec, 0).unwrap()
    }

    fn begun(plan: &Plan) -> CanarySummary {
        CanarySummary {
            id: "c".to_owned(),
            origin: "canary".to_owned(),
            planned: plan.looks(),
            ..CanarySummary::default()
        }
    }

    fn look(plan: &Plan, number: usize, result: LookResult) -> CanaryLook {
        let window = plan.window(number).unwrap();
        CanaryLook { window, began_millis: 1, ended_millis: 2, result }
    }

    fn scored(score: f64) -> LookResult {
        let judgement = Judgement::new("test", score, Thresholds::new(95.0, 75.0).unwrap());
        let metric_set = String::new();
        LookResult::Judged(Box::new(JudgedSeries { judgement, warnings: Vec::new(), metric_set }))
    }

    fn failed(kind: FailureKind) -> LookResult {
        let reasons = vec!["gone\nquery up".to_owned(), "gone too".to_owned()];
        LookResult::Failed(LookFailure { kind, reasons })
    }

    #[test]
    fn looks_end_a_canary_as_the_stage_rule_says() {
        use CanaryState::{Failed, Finished, Running};
        let source = || failed(FailureKind::Source);
        let (judge, spinnaker) = (StageEnd::Judge, StageEnd::Spinnaker);
        let (fail, skip) = (SourceFailure::Fail, SourceFailure::Skip);
        let (passes, marginal, fails) = (Verdict::Pass, Verdict::Marginal, Verdict::Fail);
        for (name, rule, on, looks, state, verdict) in [
            ("goes on", judge, fail, vec![scored(100.0)], Running, Some(passes)),
            ("passes", judge, fail, vec![scored(75.0), scored(95.0)], Finished, Some(passes)),
            (
                "ends marginal",
                judge,
                fail,
                vec![scored(100.0), scored(80.0)],
                Finished,
                Some(marginal),
            ),
            ("is stopped", judge, fail, vec![scored(74.0)], Finished, Some(fails)),
            (
                "is stopped as in Spinnaker",
                spinnaker,
                fail,
                vec![scored(75.0)],
                Finished,
                Some(fails),
            ),
            ("loses its source", judge, fail, vec![scored(100.0), source()], Failed, None),
            ("skips a look", judge, skip, vec![source()], Running, None),
            ("skips the last", judge, skip, vec![scored(100.0), source()], Failed, None),
            ("skips all", judge, skip, vec![source(), source()], Failed, None),
            ("cannot be asked", judge, skip, vec![failed(FailureKind::Query)], Failed, None),
        ] {
            let plan = plan(rule, on);
            let mut canary = begun(&plan);
            let count = looks.len();
            for (number, result) in looks.into_iter().enumerate() {
                assert_eq!(canary.state, Running, "{name}");
                canary = after(&plan, &canary, &look(&plan, number + 1, result));
            }
            assert_eq!(
                (canary.state, canary.verdict, canary.looks),
                (state, verdict, count),
                "{name}"
            );
            assert_eq!(canary.ended_millis.is_some(), state != Running, "{name}");
        }
    }

    #[test]
    fn a_look_of_the_past_is_made_after_those_that_were_due_before_it() {
        let plan = plan(StageEnd::Judge, SourceFailure::Fail);
        for (ended_millis, next_millis) in [(75_001, 135_000), (900_000, 900_000)] {
            let look = CanaryLook { ended_millis, ..look(&plan, 1, scored(100.0)) };
            assert_eq!(after(&plan, &begun(&plan), &look).next_millis, next_millis);
        }
    }

    #[test]
    fn the_reason_is_a_line() {
        let plan = plan(StageEnd::Judge, SourceFailure::Skip);
        let first = after(&plan, &begun(&plan), &look(&plan, 1, scored(80.0)));
        assert_eq!(first.reason, "score 80 at look 1 of 2");
        assert_eq!(first.next_millis, 135_000);
        let last = after(&plan, &first, &look(&plan, 2, failed(FailureKind::Source)));
        assert_eq!(
            last.reason,
            "look 2 of 2 failed: gone; and 1 more; before: Marginal, score 80 at look 1 of 2"
        );
    }
}
