//! `judge judges`.

use judge_core::judges;

use super::exit::Exit;
use crate::args::ListArgs;
use crate::output::{Console, JudgeSummary};

/// Lists the judges.
pub(crate) fn run(args: &ListArgs, console: &Console) -> anyhow::Result<Exit> {
    let summaries: Vec<JudgeSummary> = judges::built_in()
        .iter()
        .map(|judge| JudgeSummary {
            name: judge.name(),
            summary: judge.summary(),
            default: judge.name() == judges::built_in().default_judge().name(),
        })
        .collect();
    console.judges(&summaries, args.format)?;
    Ok(Exit::Done)
}
