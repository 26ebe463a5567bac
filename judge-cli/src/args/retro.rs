//! The arguments of `judge retro`.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use judge_core::stage::{Lifetime, Lookback, WindowOptions};
use judge_retro::{AfterStop, ColumnNames, Format, HistoryOptions, RoleNames};

use super::common::{ConfigArgs, Overrides, ZoneArgs};
use super::windows::{StageRuleArg, duration, lookback};

const EXAMPLES: &str = "\
Examples:
  Would this config have stopped the bad releases, and how soon?
    judge retro --config canary.json --history 'history/*.parquet' --interval 10m
  The same with the windows of a Spinnaker canary stage:
    judge retro -c canary.json --history history/ --lifetime 1h --warm-up 5m \\
      --interval 10m --lookback 20m --step 1m --stage-rule spinnaker
  Every judgement as a table for other tools, and resume after an interruption:
    judge retro -c canary.json --history history/ -o judgements.parquet
    judge retro -c canary.json --history history/ -o judgements.parquet --resume
  One page per release with charts, and an index:
    judge retro -c canary.json --history history/ --interval 10m --report pages
  A history with other column names, compared with the week before:
    judge retro -c canary.json --history builds.csv --column release=build \\
      --role baseline=stable --role canary=new --baseline-offset 7d";

const DETAILS: &str = "\
A history is Parquet, CSV, NDJSON, Arrow IPC, or Prometheus query_range JSON: a
file, a folder, or a pattern in quotes. Tables have one of two forms:
  long  release,timestamp,metric,role,value: one row per point
  wide  release,timestamp,role,latency,...: one column per metric
A further column, instance, distinguishes the instances of a role; their mean is
judged. Folders named release=v7 or role=canary count as columns, and so do
Prometheus labels; a response without __name__ has its file's name as the metric.
Timestamps are RFC 3339 with a zone, seconds or milliseconds since 1970, or
columns of a timestamp type, in UTC unless they have a zone.
Points are put on a grid by their times; a missing point is a gap.

By default each release is judged once, over its whole recording, as judge run
judges the same series. If the lifetime is not a multiple of the interval, the
rest after the last whole interval is not judged. A release is stopped as soon
as its score is below marginal. It passes if its last score reaches pass.
Spinnaker's stage also stops at a score equal to marginal (--stage-rule
spinnaker).

Stdout shows one line per release. --format and --output write the judgement of
each release, interval and metric; json writes one line per release with all the
details of judge run --format json. Releases that cannot be judged and damaged
files are reported, and the others are judged.

--report writes a page for each release: scores over its intervals, the class of
each metric, and all details of the deciding interval. With --all-intervals it
also shows the intervals after a stop.

While FILE is written, FILE.parts contains the finished part. Ctrl-C stops
between two releases. --resume continues from there, and writes the same bytes
and pages as an uninterrupted run.

Exit codes:
  0    every release was judged, whatever the verdicts
  1    any other error, such as a full disk
  2    a release that cannot be judged, a damaged file, bad input or usage
  130  stopped by Ctrl-C";

/// Judge recorded releases again: which would have been stopped, when, and by which metric?
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, after_help = DETAILS)]
pub(crate) struct RetroArgs {
    #[command(flatten)]
    pub(crate) judged: ConfigArgs,
    /// Recorded releases: a file, a folder, or a pattern in quotes; can be repeated.
    #[arg(long, required = true, value_name = "PATH", num_args = 1..)]
    pub(crate) history: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) zone: ZoneArgs,
    #[command(flatten)]
    pub(crate) windows: WindowArgs,
    /// What happens at a score equal to the marginal threshold.
    #[arg(long, value_enum, default_value_t, value_name = "RULE")]
    pub(crate) stage_rule: StageRuleArg,
    /// Also judge the intervals after a stop.
    #[arg(long)]
    pub(crate) all_intervals: bool,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Output format of the judgements [default: lines, or by the extension of --output]
    #[arg(long, short, value_enum)]
    pub(crate) format: Option<FrameFormatArg>,
    /// Write the judgements to this file, atomically; stdout still shows one line per release.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Continue the --output of an interrupted run.
    #[arg(long, requires = "output")]
    pub(crate) resume: bool,
    /// Write one page per release into this folder, and index.html, which lists them.
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Number of threads, 1 to 1024 [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

// Each argument names its heading. A heading of a whole struct would also apply to all later arguments.
const HISTORY: &str = "History";
const WINDOWS: &str = "Windows, such as 90s, 10m, 1h 30m, 7d";

/// Group of the arguments that say how to read a history; other arguments exclude them.
pub(super) const READING: &str = "reading";

/// How to read a history.
#[derive(Debug, clap::Args)]
#[group(id = READING, multiple = true)]
pub(crate) struct ReadingArgs {
    /// Name of the column for release, timestamp, metric, role, value or instance.
    #[arg(help_heading = HISTORY, long = "column", value_name = "COLUMN=NAME", value_parser = column)]
    columns: Vec<(String, String)>,
    /// Another name of the role baseline or canary; can be repeated.
    #[arg(help_heading = HISTORY, long = "role", value_name = "ROLE=NAME", value_parser = role)]
    roles: Vec<(Role, String)>,
    /// Format of all files [default: by name and content]
    #[arg(help_heading = HISTORY, long, value_enum, value_name = "FORMAT")]
    history_format: Option<HistoryFormat>,
}

impl ReadingArgs {
    pub(crate) fn options(&self, zone: &ZoneArgs) -> HistoryOptions {
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
        let zone = zone.time_zone.clone();
        HistoryOptions { columns, roles, format: self.history_format.map(Into::into), zone }
    }
}

/// How a canary's life is cut into windows.
#[derive(Debug, clap::Args)]
pub(crate) struct WindowArgs {
    /// How long a canary is judged, without the warm-up [default: to the end of the recording]
    #[arg(help_heading = WINDOWS, long, value_name = "TIME", value_parser = duration, allow_hyphen_values = true)]
    lifetime: Option<Duration>,
    /// Length of the warm-up at the start of the recording, which is not judged.
    #[arg(
        help_heading = WINDOWS,
        long,
        value_name = "TIME",
        value_parser = duration,
        allow_hyphen_values = true,
        default_value = "0s"
    )]
    warm_up: Duration,
    /// Time from one judgement to the next [default: one judgement at the end]
    #[arg(help_heading = WINDOWS, long, value_name = "TIME", value_parser = duration, allow_hyphen_values = true)]
    interval: Option<Duration>,
    /// How far back each judgement looks; growing: to the end of the warm-up.
    #[arg(
        help_heading = WINDOWS,
        long,
        value_name = "growing|TIME",
        value_parser = lookback,
        allow_hyphen_values = true,
        default_value = "growing"
    )]
    lookback: Lookback,
    /// How much earlier than the canary the baseline was recorded.
    #[arg(
        help_heading = WINDOWS,
        long,
        value_name = "TIME",
        value_parser = duration,
        allow_hyphen_values = true,
        default_value = "0s"
    )]
    baseline_offset: Duration,
    /// Step of the grid; points of one step are averaged [default: each release's own]
    #[arg(help_heading = WINDOWS, long, value_name = "TIME", value_parser = duration, allow_hyphen_values = true)]
    step: Option<Duration>,
}

impl WindowArgs {
    pub(crate) fn options(&self) -> WindowOptions {
        let &Self { lifetime, warm_up, interval, lookback, baseline_offset, step } = self;
        let lifetime = lifetime.map_or(Lifetime::Recorded, Lifetime::Fixed);
        WindowOptions { lifetime, warm_up, interval, lookback, baseline_offset, step }
    }

    /// The options with their values, for people.
    pub(crate) fn settings(&self) -> [(&'static str, Option<String>); 6] {
        let &Self { lifetime, warm_up, interval, lookback, baseline_offset, step } = self;
        let shown = |time: Duration| humantime::format_duration(time).to_string();
        let back = match lookback {
            Lookback::Sliding(length) => shown(length),
            Lookback::Growing => "growing".to_owned(),
        };
        [
            ("--lifetime", lifetime.map(shown)),
            ("--warm-up", Some(shown(warm_up))),
            ("--interval", interval.map(shown)),
            ("--lookback", Some(back)),
            ("--baseline-offset", Some(shown(baseline_offset))),
            ("--step", step.map(shown)),
        ]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FrameFormatArg {
    /// One line per release, without judgements.
    Lines,
    /// The judgements as a table for people.
    Table,
    /// One line of JSON per release, with all details.
    Json,
    /// One row per release, interval and metric.
    Csv,
    /// The rows of csv, as Parquet.
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
        _ => {
            Err(format!("expected COLUMN=NAME, with COLUMN one of {}", ColumnNames::ALL.join(", ")))
        }
    }
}

fn role(text: &str) -> Result<(Role, String), String> {
    match text.split_once('=') {
        Some(("baseline", name)) if !name.is_empty() => Ok((Role::Baseline, name.to_owned())),
        Some(("canary", name)) if !name.is_empty() => Ok((Role::Canary, name.to_owned())),
        _ => Err("expected baseline=NAME or canary=NAME".to_owned()),
    }
}
