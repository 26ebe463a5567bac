//! `judge watch`.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use judge_core::Verdict;
use judge_core::stage::{Lifetime, Lookback, WindowOptions};

use super::common::{ListFormat, Overrides, QueriedConfigArgs};
use super::sources::{ScopeArgs, SourceArgs};
use super::windows::{StageRuleArg, duration, lookback};

const EXAMPLES: &str = "\
Examples:
  judge watch -c canary.json --prometheus http://prometheus:9090 \\
    --baseline-scope shop-stable --canary-scope shop-canary \\
    --lifetime 30m --interval 5m --warm-up 1m --report canary.html
  judge watch -c canary.json --sources sources.toml --canary-scope shop \\
    --baseline-scope shop --baseline-offset 1d --lifetime 1h --interval 10m";

const DETAILS: &str = "\
The canary is judged at the end of each interval, on all its points since the
warm-up, until a look fails it or its lifetime ends: the windows and the rule of
Spinnaker's canary stage, and the same verdicts as judge retro gives for the
same points. Each look waits for --settle, so that the last scrape is in.

With --every-point the canary is monitored instead: looked at after each --step,
by tests whose false alarms stay below the significance level however long and
often one looks. They find changes of location, rates and shares only; judge the
canary at its end too (judge run). An alarm stays. Points that come after their
look are left out.

A source that fails is asked again within the interval. With --on-source-error
skip, a look that still fails is left out and the next one decides; after the
last look there is none, so a canary whose end was not judged has no verdict.
Ctrl-C or SIGTERM ends with the verdict so far. The last line says why, on stderr where stdout is
JSON; it is written to --termination-log too, where that file exists.

Exit codes:
  0    Pass, or a verdict named by --exit-zero-on
  1    no verdict, since a source stays away, or any other error
  2    bad usage or bad input
  3    Marginal
  4    Fail
  130  stopped before the first look";

/// Judge a canary while it runs, from a source: the canary stage on a terminal.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, after_help = DETAILS)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) queried: QueriedConfigArgs,
    #[command(flatten)]
    pub(crate) from: SourceArgs,
    #[command(flatten)]
    pub(crate) of: ScopeArgs,
    #[command(flatten)]
    pub(crate) windows: StageArgs,
    /// Look after each step, at no more false alarms: until an alarm or the end of the lifetime.
    #[arg(long, conflicts_with_all = ["interval", "lookback", "report"])]
    pub(crate) every_point: bool,
    /// Wait this long after each interval's end before asking, so that the last scrape is in.
    #[arg(long, value_name = "TIME", value_parser = duration, allow_hyphen_values = true, default_value = "15s")]
    pub(crate) settle: Duration,
    /// Which rule ends a canary at a score that equals the marginal threshold.
    #[arg(long, value_enum, default_value_t, value_name = "RULE")]
    pub(crate) stage_rule: StageRuleArg,
    /// What a look counts as whose source failed all through its interval.
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub(crate) on_source_error: OnSourceError,
    /// Verdicts that exit with 0.
    #[arg(long, value_enum, value_name = "VERDICT", value_delimiter = ',', default_value = "pass")]
    pub(crate) exit_zero_on: Vec<VerdictArg>,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// How to show the looks and the judgement that decided.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
    /// Write the looks with their judgements as JSON here, complete or not at all.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write a page with all looks and the judgement that decided.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Write the last line here, too, if this file exists.
    #[arg(long, value_name = "FILE", default_value = "/dev/termination-log")]
    pub(crate) termination_log: PathBuf,
}

impl WatchArgs {
    /// The windows of the looks.
    pub(crate) fn windows(&self) -> WindowOptions {
        let options = self.windows.options(self.of.step, self.of.baseline_offset);
        if self.every_point {
            return WindowOptions { interval: Some(self.of.step), ..options };
        }
        options
    }

    /// Time from one look to the next.
    pub(crate) fn interval(&self) -> Duration {
        if self.every_point { self.of.step } else { self.windows.interval() }
    }
}

const STAGE: &str = "The stage, with times such as 90s, 10m, 1h 30m";

/// How the canary's life is cut into windows.
#[derive(Debug, clap::Args)]
pub(crate) struct StageArgs {
    /// How long the canary is judged, the warm-up not counted.
    #[arg(help_heading = STAGE, long, value_name = "TIME", value_parser = duration, allow_hyphen_values = true)]
    lifetime: Duration,
    /// Time from one look to the next [default: one look at the end]
    #[arg(help_heading = STAGE, long, value_name = "TIME", value_parser = duration, allow_hyphen_values = true)]
    interval: Option<Duration>,
    /// How long the canary runs before it is judged.
    #[arg(
        help_heading = STAGE,
        long,
        value_name = "TIME",
        value_parser = duration,
        allow_hyphen_values = true,
        default_value = "0s"
    )]
    warm_up: Duration,
    /// How far back each look reaches; growing is to the end of the warm-up.
    #[arg(
        help_heading = STAGE,
        long,
        value_name = "growing|TIME",
        value_parser = lookback,
        allow_hyphen_values = true,
        default_value = "growing"
    )]
    lookback: Lookback,
    /// When the canary started: RFC 3339, or seconds or milliseconds since 1970 [default: now]
    #[arg(help_heading = STAGE, long, value_name = "WHEN", value_parser = super::sources::moment, allow_hyphen_values = true)]
    pub(crate) start: Option<i64>,
}

impl StageArgs {
    /// The windows, of points a `step` apart and a baseline `baseline_offset` earlier.
    fn options(&self, step: Duration, baseline_offset: Duration) -> WindowOptions {
        let &Self { lifetime, interval, warm_up, lookback, .. } = self;
        let lifetime = Lifetime::Fixed(lifetime);
        WindowOptions { lifetime, warm_up, interval, lookback, baseline_offset, step: Some(step) }
    }

    /// From the start to the end of the last look.
    pub(crate) fn whole(&self) -> Duration {
        self.warm_up.saturating_add(self.lifetime)
    }

    /// Time from one look to the next.
    fn interval(&self) -> Duration {
        self.interval.unwrap_or(self.lifetime)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnSourceError {
    /// The end, with exit code 1.
    #[default]
    Fail,
    /// Nothing: the next look decides. For the last look, the same as fail.
    Skip,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerdictArg {
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
