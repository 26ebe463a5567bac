//! Windows and rule of a canary stage, as arguments.

use clap::ValueEnum;
use judge_core::stage::{Lookback, StageRule};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum StageRuleArg {
    /// The canary continues, since the verdict is Marginal.
    #[default]
    Judge,
    /// The canary is stopped, as in Spinnaker's canary stage.
    Spinnaker,
}

impl From<StageRuleArg> for StageRule {
    fn from(rule: StageRuleArg) -> Self {
        match rule {
            StageRuleArg::Judge => Self::Judge,
            StageRuleArg::Spinnaker => Self::Spinnaker,
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
        .map_err(|error| format!("expected growing or a time, such as 20m: {error}"))
}
