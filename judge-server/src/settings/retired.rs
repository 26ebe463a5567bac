//! Settings that there were: taken for one release more, and without effect.

use clap::Args;
use tracing::warn;

/// What admits calls, judgements and streams now.
const SUCCESSOR: &str = "max-buffered";

/// The settings.
#[derive(Debug, Clone, Default, Args)]
#[allow(clippy::struct_field_names, reason = "the flags have these names")]
pub(super) struct Retired {
    #[arg(long, env = "JUDGE_MAX_CALLS", hide = true)]
    max_calls: Option<usize>,

    #[arg(long, env = "JUDGE_MAX_STREAMS", hide = true)]
    max_streams: Option<usize>,

    #[arg(long, env = "JUDGE_MAX_OPEN_CALLS", hide = true)]
    max_open_calls: Option<usize>,
}

impl Retired {
    /// Warns of each that was given.
    pub(super) fn warn(&self) {
        for (setting, given) in [
            ("max-calls", self.max_calls),
            ("max-streams", self.max_streams),
            ("max-open-calls", self.max_open_calls),
        ] {
            if given.is_some() {
                warn!(
                    setting,
                    successor = SUCCESSOR,
                    "is no setting any more and does nothing; the next release refuses it"
                );
            }
        }
    }
}
