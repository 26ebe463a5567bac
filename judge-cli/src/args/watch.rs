//! `judge watch`.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use judge_core::stage::{Lifetime, Lookback, WindowOptions};

use super::common::{ListFormat, Overrides, QueriedConfigArgs};
use super::end::EndArgs;
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
same points. Each look waits for --settle, so that the source has the last scrape.

With --every-point the canary is monitored instead, with a look after each --step.
The false alarms of these tests stay below the significance level, however long
and often one looks. They only detect changes of location, rates and shares, so
judge the canary at its end too (judge run). An alarm is final. Points that arrive
after their look are left out.

If the source fails, the query is repeated within the interval. With
--on-source-error skip, a look that still fails is left out, and the next one
decides. If the last look fails, the canary has no verdict. Ctrl-C or SIGTERM ends
with the verdict so far. The last line explains the verdict; it goes to stderr if
stdout is JSON, and also to the file of --termination-log, if that exists.

Exit codes:
  0    Pass, or a verdict named by --exit-zero-on
  1    no verdict, since a source failed, or any other error
  2    no verdict, since no query found a point, or bad usage or bad input
  3    Marginal
  4    Fail
  130  stopped before any metric could be judged";

/// Judge a canary while it runs, from a source: the canary stage on a terminal.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, after_help = DETAILS)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) queried: QueriedConfigArgs,
    #[command(flatten)]
    pub(crate) from: SourceArgs,
    #[command(flatten)]
    pub(crate) scopes: ScopeArgs,
    #[command(flatten)]
    pub(crate) windows: StageArgs,
    /// Look after each step, with no more false alarms, until an alarm or the end of the lifetime.
    #[arg(long, conflicts_with_all = ["interval", "lookback", "report"])]
    pub(crate) every_point: bool,
    /// How long to wait after each interval's end, so that the source has the last scrape.
    #[arg(long, value_name = "TIME", value_parser = duration, allow_hyphen_values = true, default_value = "15s")]
    pub(crate) settle: Duration,
    /// What happens at a score equal to the marginal threshold.
    #[arg(long, value_enum, default_value_t, value_name = "RULE")]
    pub(crate) stage_rule: StageRuleArg,
    /// What happens if the source fails during the whole interval of a look.
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub(crate) on_source_error: OnSourceError,
    #[command(flatten)]
    pub(crate) end: EndArgs,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Output format of the looks and the deciding judgement.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
    /// Write the looks with their judgements to this file as JSON, atomically.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write a page with all looks and the deciding judgement.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

impl WatchArgs {
    /// The windows of the looks.
    pub(crate) fn windows(&self) -> WindowOptions {
        let options = self.windows.options(self.scopes.step, self.scopes.baseline_offset);
        if self.every_point {
            return WindowOptions { interval: Some(self.scopes.step), ..options };
        }
        options
    }

    /// Time from one look to the next.
    pub(crate) fn interval(&self) -> Duration {
        if self.every_point { self.scopes.step } else { self.windows.interval() }
    }
}

const STAGE: &str = "The stage, with times such as 90s, 10m, 1h 30m";

/// How the canary's life is cut into windows.
#[derive(Debug, clap::Args)]
pub(crate) struct StageArgs {
    /// How long the canary is judged, without the warm-up.
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
    /// How far back each look reaches; growing: to the end of the warm-up.
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
    /// The windows for points `step` apart, and for a baseline that is `baseline_offset` earlier.
    fn options(&self, step: Duration, baseline_offset: Duration) -> WindowOptions {
        let &Self { lifetime, interval, warm_up, lookback, .. } = self;
        let lifetime = Lifetime::Fixed(lifetime);
        WindowOptions { lifetime, warm_up, interval, lookback, baseline_offset, step: Some(step) }
    }

    /// Time from the start to the end of the last look.
    pub(crate) fn total_time(&self) -> Duration {
        self.warm_up.saturating_add(self.lifetime)
    }

    /// Time from one look to the next.
    fn interval(&self) -> Duration {
        self.interval.unwrap_or(self.lifetime)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnSourceError {
    /// The watch ends, with exit code 1.
    #[default]
    Fail,
    /// The next look decides. A failure of the last look is the same as with fail.
    Skip,
}
