//! The windows and the rule of a canary stage, as arguments.

use std::time::Duration;

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
    humantime::parse_duration(text)
        .map(Lookback::Sliding)
        .map_err(|_| format!("expected growing, or a time such as 20m, got {text:?}"))
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| format!("expected a time such as 30s, 5m or 1h 30m, got {text:?}"))
}
