//! Windows and rule of a canary stage, as arguments.

use clap::ValueEnum;
use judge_core::stage::{Lookback, StageRule};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rule {
    /// It goes on, as the verdict is Marginal.
    #[default]
    Judge,
    /// It is stopped, as Spinnaker's canary stage does.
    Spinnaker,
}

impl From<Rule> for StageRule {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::Judge => Self::Judge,
            Rule::Spinnaker => Self::Spinnaker,
        }
    }
}

pub(super) fn lookback(text: &str) -> Result<Lookback, String> {
    if text == "growing" {
        return Ok(Lookback::Growing);
    }
    let length = humantime::parse_duration(text);
    length
        .map(Lookback::Sliding)
        .map_err(|error| format!("allowed are growing and a time: {error}"))
}
