//! The arguments of `judge retro`.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use judge_retro::{
    AfterStop, ColumnNames, Format, HistoryOptions, Lifetime, Lookback, RoleNames, StageRule,
    WindowOptions,
};

use super::common::{Overrides, source};
use crate::input::Source;

const EXAMPLES: &str = "\
Examples:
  Would this config have stopped the bad releases, and how soon?
    judge retro --config canary.json --history 'history/*.parquet' --interval 10m
  The same with the windows of a Spinnaker canary stage:
    judge retro -c canary.json --history history/ --lifetime 1h --warm-up 5m \\
      --interval 10m --lookback 20m --step 1m --stage-rule spinnaker
  Every judgement as a table for other tools, and go on where it was stopped:
    judge retro -c canary.json --history history/ -o judgements.parquet
    judge retro -c canary.json --history history/ -o judgements.parquet --resume
  A page a release with charts, and an index of them:
    judge retro -c canary.json --history history/ --interval 10m --report pages
  A history with names of its own, compared with the week before:
    judge retro -c canary.json --history builds.csv --column release=build \\
      --role baseline=stable --role canary=new --baseline-offset 7d";

const DETAILS: &str = "\
A history is Parquet, CSV, NDJSON, Arrow IPC, or Prometheus query_range JSON: a
file, a folder, or a pattern in quotes. Its tables are
  long  release,timestamp,metric,role,value: a row a point
  wide  release,timestamp,role,latency,...: a column a metric
with one more column, instance, where a role has several; their mean is judged.
A folder called release=v7 or role=canary is a column too, and so is a label of
Prometheus. Timestamps are RFC 3339 with a zone, seconds or milliseconds since
1970, or columns of a timestamp type, UTC unless they say otherwise. Points are
put on a grid by their times; a missing one is a gap at its own time.

The default is one judgement a release, over all that was recorded: what judge
run says of the same series. A lifetime that is no multiple of the interval is
judged to its last whole interval. A release is stopped as soon as a score is
below marginal, and passes if its last one meets pass; Spinnaker's stage also
stops at a score that equals marginal (--stage-rule spinnaker).

On stdout is a line a release. --format and --output ask for the judgements of
each release, interval and metric; json is a line a release with everything
judge run --format json has. A release that cannot be judged, or a damaged file
beside whole ones, is reported, and the rest is judged.

--report has a page for each release: scores over its intervals, the class of
each metric, and everything about the interval that decided. With
--all-intervals it also shows what would have come after a stop.

While FILE is made, FILE.parts holds what is done. Ctrl-C stops between two
releases; --resume goes on from the last hundred, to the same bytes, and with
the same --report to the same pages.

Exit codes:
  0    every release was judged, whatever the verdicts
  1    anything not named here, such as a full disk
  2    a release that could not be judged, a damaged file, bad input or usage
  130  stopped by Ctrl-C";

/// Judge recorded releases again: which would have been stopped, when, and by which metric.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, after_help = DETAILS)]
pub(crate) struct RetroArgs {
    /// The canary config (Kayenta's JSON); - is stdin.
    #[arg(long, short, value_name = "FILE", value_parser = source())]
    pub(crate) config: Source,
    /// Recorded releases: a file, a folder, or a pattern in quotes; may be given more than once.
    #[arg(long, required = true, value_name = "PATH", num_args = 1..)]
    pub(crate) history: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) windows: WindowArgs,
    /// Which rule ends a canary at a score that equals the marginal threshold.
    #[arg(long, value_enum, default_value_t, value_name = "RULE")]
    pub(crate) stage_rule: Rule,
    /// Judge the intervals after a stop as well.
    #[arg(long)]
    pub(crate) all_intervals: bool,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// How to show the judgements [default: lines, or what the ending of --output says]
    #[arg(long, short, value_enum)]
    pub(crate) format: Option<FrameFormatArg>,
    /// Write the judgements here, complete or not at all; a line a release still goes to stdout.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Go on with the --output of a run that was stopped.
    #[arg(long, requires = "output")]
    pub(crate) resume: bool,
    /// Write a page a release into this folder, and index.html, which lists them.
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Threads that judge, 1 to 1024 [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

// Each argument names its heading: one for a whole struct would be that of all that follow it too.
const HISTORY: &str = "History";
const WINDOWS: &str = "Windows, such as 90s, 10m, 1h 30m, 7d";

/// The arguments that say how a history is read, for those that exclude them.
pub(super) const READING: &str = "reading";

/// How a history is read.
#[derive(Debug, clap::Args)]
#[group(id = READING, multiple = true)]
pub(crate) struct ReadingArgs {
    /// What a column is called: release, timestamp, metric, role, value or instance.
    #[arg(help_heading = HISTORY, long = "column", value_name = "COLUMN=NAME", value_parser = column)]
    columns: Vec<(String, String)>,
    /// What a role is called: baseline or canary; may be given more than once.
    #[arg(help_heading = HISTORY, long = "role", value_name = "ROLE=NAME", value_parser = role)]
    roles: Vec<(Role, String)>,
    /// The format of every file [default: told by its name and content]
    #[arg(help_heading = HISTORY, long, value_enum, value_name = "FORMAT")]
    history_format: Option<HistoryFormat>,
}

impl ReadingArgs {
    pub(crate) fn options(&self) -> HistoryOptions {
        let mut columns = ColumnNames::default();
        for (column, name) in &self.columns {
            if let Some(known) = columns.get_mut(column) {
                known.clone_from(name);
            }
        }
        let named = |wanted| {
            let of_role = self.roles.iter().filter(move |(role, _)| *role == wanted);
            of_role.map(|(_, name)| name.clone()).collect::<Vec<_>>()
        };
        let or = |names: Vec<String>, default| if names.is_empty() { default } else { names };
        let default = RoleNames::default();
        let roles = RoleNames {
            baseline: or(named(Role::Baseline), default.baseline),
            canary: or(named(Role::Canary), default.canary),
        };
        HistoryOptions { columns, roles, format: self.history_format.map(Into::into) }
    }
}

/// How a canary's life is cut into windows.
#[derive(Debug, clap::Args)]
pub(crate) struct WindowArgs {
    /// How long a canary is judged, the warm-up not counted [default: as long as it was recorded]
    #[arg(help_heading = WINDOWS, long, value_name = "TIME", value_parser = humantime::parse_duration)]
    lifetime: Option<Duration>,
    /// How much of the recording's start is not judged.
    #[arg(help_heading = WINDOWS, long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "0s")]
    warm_up: Duration,
    /// Time from one judgement to the next [default: one judgement at the end]
    #[arg(help_heading = WINDOWS, long, value_name = "TIME", value_parser = humantime::parse_duration)]
    interval: Option<Duration>,
    /// How far back each judgement looks; growing is to the end of the warm-up.
    #[arg(help_heading = WINDOWS, long, value_name = "growing|TIME", value_parser = lookback, default_value = "growing")]
    lookback: Lookback,
    /// How much earlier the baseline was recorded than the canary it is compared with.
    #[arg(help_heading = WINDOWS, long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "0s")]
    baseline_offset: Duration,
    /// The step points are put on; the mean of those that share one [default: each release's own]
    #[arg(help_heading = WINDOWS, long, value_name = "TIME", value_parser = humantime::parse_duration)]
    step: Option<Duration>,
}

impl WindowArgs {
    pub(crate) fn options(&self) -> WindowOptions {
        let &Self { lifetime, warm_up, interval, lookback, baseline_offset, step } = self;
        let lifetime = lifetime.map_or(Lifetime::Recorded, Lifetime::Fixed);
        WindowOptions { lifetime, warm_up, interval, lookback, baseline_offset, step }
    }
}

impl RetroArgs {
    pub(crate) fn after_stop(&self) -> AfterStop {
        if self.all_intervals { AfterStop::GoOn } else { AfterStop::End }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Baseline,
    Canary,
}

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FrameFormatArg {
    /// One line a release, and no judgements.
    Lines,
    /// The judgements for people.
    Table,
    /// A line a release with everything there is.
    Json,
    /// A row for each release, interval and metric.
    Csv,
    /// The same rows.
    Parquet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HistoryFormat {
    Parquet,
    Csv,
    Ndjson,
    Ipc,
    Prometheus,
}

impl From<HistoryFormat> for Format {
    fn from(format: HistoryFormat) -> Self {
        match format {
            HistoryFormat::Parquet => Self::Parquet,
            HistoryFormat::Csv => Self::Csv,
            HistoryFormat::Ndjson => Self::Ndjson,
            HistoryFormat::Ipc => Self::Ipc,
            HistoryFormat::Prometheus => Self::Prometheus,
        }
    }
}

fn column(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, name)) if ColumnNames::ALL.contains(&column) && !name.is_empty() => {
            Ok((column.to_owned(), name.to_owned()))
        }
        _ => Err(format!(
            "allowed is COLUMN=NAME, with COLUMN one of {}",
            ColumnNames::ALL.join(", ")
        )),
    }
}

fn role(text: &str) -> Result<(Role, String), String> {
    match text.split_once('=') {
        Some(("baseline", name)) if !name.is_empty() => Ok((Role::Baseline, name.to_owned())),
        Some(("canary", name)) if !name.is_empty() => Ok((Role::Canary, name.to_owned())),
        _ => Err("allowed are baseline=NAME and canary=NAME".to_owned()),
    }
}

fn lookback(text: &str) -> Result<Lookback, String> {
    if text == "growing" {
        return Ok(Lookback::Growing);
    }
    let length = humantime::parse_duration(text);
    length
        .map(Lookback::Sliding)
        .map_err(|error| format!("allowed are growing and a time: {error}"))
}
