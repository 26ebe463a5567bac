//! How a verdict ends a command.

use std::path::PathBuf;

use clap::ValueEnum;
use judge_core::Verdict;

/// Options for a step of a pipeline or a Job of Kubernetes.
#[derive(Debug, clap::Args)]
pub(crate) struct EndArgs {
    /// Verdicts that exit with 0.
    #[arg(long, value_enum, value_name = "VERDICT", value_delimiter = ',', default_value = "pass")]
    exit_zero_on: Vec<VerdictArg>,
    /// Also write the verdict and its reason to this file in a line, if the file exists.
    #[arg(long, value_name = "FILE", default_value = "/dev/termination-log")]
    pub(crate) termination_log: PathBuf,
}

impl EndArgs {
    /// Whether this verdict exits with 0.
    pub(crate) fn is_good(&self, verdict: Verdict) -> bool {
        self.exit_zero_on.contains(&verdict.into())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum VerdictArg {
    Pass,
    Marginal,
    Fail,
}

impl From<Verdict> for VerdictArg {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Marginal => Self::Marginal,
            Verdict::Fail => Self::Fail,
        }
    }
}
