//! Settings that there were: taken for one release more, and without effect.

use clap::Args;
use tracing::warn;

/// The settings.
#[derive(Debug, Clone, Default, Args)]
#[allow(clippy::struct_field_names, reason = "the flags have these names")]
pub(crate) struct Retired {
    #[arg(long, env = "JUDGE_MAX_CALLS", hide = true)]
    max_calls: Option<usize>,

    #[arg(long, env = "JUDGE_MAX_STREAMS", hide = true)]
    max_streams: Option<usize>,

    #[arg(long, env = "JUDGE_MAX_OPEN_CALLS", hide = true)]
    max_open_calls: Option<usize>,
}

impl Retired {
    /// Warns of each that was given.
    pub(crate) fn warn(&self) {
        let all = [
            ("max-calls", self.max_calls),
            ("max-streams", self.max_streams),
            ("max-open-calls", self.max_open_calls),
        ];
        for (setting, _) in all.into_iter().filter(|(_, given)| given.is_some()) {
            warn!(
                setting,
                successor = "max-buffered",
                "is no setting any more and does nothing; the next release refuses it"
            );
        }
    }
}
