//! The command line.

mod calibrate;
mod common;
mod config_try;
mod end;
mod fetch;
#[cfg(not(feature = "retro"))]
mod left_out;
#[cfg(feature = "retro")]
mod retro;
mod sources;
mod watch;
mod windows;

use std::path::PathBuf;

use clap::{ArgGroup, Parser, Subcommand, ValueEnum};
use judge_core::Looks;

use crate::input::InputSource;

pub(crate) use calibrate::CalibrateArgs;
use common::source;
pub(crate) use common::{ConfigArgs, ListFormat, Overrides, ZoneArgs};
pub(crate) use config_try::TryArgs;
pub(crate) use end::EndArgs;
pub(crate) use fetch::FetchArgs;
#[cfg(not(feature = "retro"))]
pub(crate) use left_out::{LEFT_OUT, LeftOutArgs};
#[cfg(feature = "retro")]
pub(crate) use retro::{FrameFormatArg, RetroArgs};
use sources::SOURCES;
pub(crate) use sources::{CompatArg, ScopeArgs, SourceArgs, TimeArgs};
pub(crate) use watch::{OnSourceError, WatchArgs};

const EXAMPLES: &str = "\
Examples:
  Judge a canary from a Prometheus:
    judge run --config canary.json --prometheus http://prometheus:9090 \\
      --baseline-scope shop-stable --canary-scope shop-canary --last 30m
  Watch a canary while it runs:
    judge watch --config canary.json --prometheus http://prometheus:9090 \\
      --baseline-scope shop-stable --canary-scope shop-canary \\
      --lifetime 30m --interval 5m
  Judge a canary from two CSV files:
    judge run --config canary.json --baseline old.csv --canary new.csv
  Judge what Prometheus recorded, one file per metric:
    judge run --config canary.json --baseline old/ --canary new/
  Show the judgement as a page with charts:
    judge run --config canary.json --baseline old/ --canary new/ --report out.html
  Find every mistake in a canary config:
    judge config check canary.json
  Judge many canaries, one Kayenta request per line:
    zcat requests.ndjson.gz | judge batch > results.ndjson
  Measure what a config can detect:
    judge calibrate --config canary.json --history old.csv old-too.csv
  Fetch the series of past releases from a Prometheus:
    judge fetch releases.csv -c canary.json --prometheus http://prometheus:9090 \
      -o history.parquet
  See which past releases a config would have stopped, and when:
    judge retro --config canary.json --history 'history/*.parquet' --interval 10m";

const EXIT_CODES: &str = "\
Exit codes:
  0  Pass, or done
  1  any other error, such as a full disk
  2  bad usage or bad input
  3  Marginal
  4  Fail";

/// Judge a canary release against its baseline by their metrics, and explain the verdict.
#[derive(Debug, Parser)]
#[command(name = "judge", version, before_help = EXAMPLES, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help = "When to use colour; auto: on a terminal, unless NO_COLOR is set"
    )]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge one canary.
    Run(Box<RunArgs>),
    Watch(Box<WatchArgs>),
    /// Judge many canaries: one Kayenta request per line in, one result per line out.
    Batch(BatchArgs),
    /// Measure what a config can and cannot detect, on history of healthy instances.
    Calibrate(CalibrateArgs),
    Fetch(Box<FetchArgs>),
    #[cfg(feature = "retro")]
    Retro(RetroArgs),
    #[cfg(not(feature = "retro"))]
    Retro(LeftOutArgs),
    /// Write a judgement as a self-contained HTML page.
    Report(ReportArgs),
    /// Compare two samples: location, spread, superiority, p.
    Test(TestArgs),
    /// Check canary configs.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// List the judges.
    Judges(ListArgs),
    /// Print a completion script for a shell.
    #[command(before_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  judge completions bash > ~/.local/share/bash-completion/completions/judge
  judge completions fish > ~/.config/fish/completions/judge.fish";

const RUN_EXAMPLES: &str = "\
Examples:
  judge run -c canary.json --prometheus http://prometheus:9090 \\
    --baseline-scope shop-stable --canary-scope shop-canary --last 30m
  judge run --config canary.json --baseline old.csv --canary new.csv
  judge run -c canary.json -b old/ -n new/ --pass 90 --marginal 70
  judge run -c canary.json -b old.csv -n new.csv --history mon.csv tue.csv wed.csv
  judge run -c canary.json --pairs metricSetPairList.json
  judge run request.json --format json -o judgement.json
  judge run request.json --report judgement.html
  judge run request.json --judge EvidenceJudge-v1 --explain latency-p95
  zcat request.json.gz | judge run - --format kayenta";

const RUN_DETAILS: &str = "\
The content of a file shows the format of its series:
  wide CSV    timestamp,latency,errors: one column per metric; an empty cell,
              NaN or N/A is a gap
  long CSV    timestamp,metric,value: one row per point
  Prometheus  a query_range response; __name__ names the metric; it needs no
              name if the config has only one metric
  directory   one .csv or .json file per metric, named after the metric:
              latency.json
Semicolons, tabs or | may separate fields too; numbers may then have a decimal
comma. If a metric has several series, their labels pair them. Timestamps are RFC
3339, or seconds or milliseconds since 1970; with --time-zone also others, such as
2026-01-31 12:00 and 31.01.2026 12:00. Points are put on a grid with the smallest
step in the file; a missing point is a gap. A metric of the config without series
has no data, with a warning. Series without a metric in the config are ignored,
with a warning.

With --prometheus, --graphite, --influxdb, --source or --sources, the queries of
the config find the series. In a query, ${scope} is the side's scope and
${location} the location; --param sets other names. A metric names its source
with query.source; otherwise it uses the only source of its type. A time without a
point is a gap. Labels that distinguish the sides, such as a version, do not count
when series are paired; docs/sources.md explains it.

--history reads the same formats. Each path is a healthy window of the past, or
another healthy instance, as long as the canary's window. With three or more,
EvidenceJudge-v1 learns how much healthy instances differ.

The thresholds are those of --pass and --marginal, else of the request, else of
the config's classifier.scoreThresholds, else 95 and 75.

Exit codes:
  0  Pass, or a verdict named by --exit-zero-on
  1  any other error, such as a source that does not answer
  2  bad usage or bad input
  3  Marginal
  4  Fail";

#[derive(Debug, clap::Args)]
#[command(before_help = RUN_EXAMPLES, after_help = RUN_DETAILS)]
#[command(group(ArgGroup::new("input").required(true).args(["request", "config"])))]
#[command(group(
    ArgGroup::new("series")
        .multiple(true)
        .args(["baseline", "pairs", "prometheus", "graphite", "influxdb", "named", "sources"])
))]
pub(crate) struct RunArgs {
    /// A Kayenta remote-judge request with config, thresholds and series; - is stdin.
    #[arg(
        value_parser = source(),
        conflicts_with_all = ["baseline", "canary", "pairs", "history", SOURCES]
    )]
    pub(crate) request: Option<InputSource>,
    #[arg(long, short, value_name = "FILE", value_parser = source(), requires = "series", help = common::CONFIG)]
    pub(crate) config: Option<InputSource>,
    /// The series of the baseline: a file or a directory; - is stdin.
    #[arg(
        long,
        short,
        value_name = "PATH",
        value_parser = source(),
        requires_all = ["config", "canary"],
        conflicts_with = SOURCES
    )]
    pub(crate) baseline: Option<InputSource>,
    /// The series of the canary: a file or a directory; - is stdin.
    #[arg(long, short = 'n', value_name = "PATH", value_parser = source(), requires_all = ["config", "baseline"])]
    pub(crate) canary: Option<InputSource>,
    /// Healthy windows of the past, or other healthy instances: a file or directory each; - is stdin.
    #[arg(long, value_name = "PATH", value_parser = source(), num_args = 1.., requires = "baseline", conflicts_with = "pairs")]
    pub(crate) history: Vec<InputSource>,
    /// The series of both sides as Kayenta stores them: a metricSetPairList; - is stdin.
    #[arg(long, value_name = "FILE", value_parser = source(), requires = "config", conflicts_with_all = ["canary", SOURCES])]
    pub(crate) pairs: Option<InputSource>,
    #[command(flatten)]
    pub(crate) zone: ZoneArgs,
    #[command(flatten)]
    pub(crate) from: SourceArgs,
    #[command(flatten)]
    pub(crate) scopes: ScopeArgs,
    #[command(flatten)]
    pub(crate) times: TimeArgs,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Judge this as one of several planned looks at a running canary, such as 3/6; they share one significance level.
    #[arg(long, value_name = "NUMBER/PLANNED", value_parser = common::looks)]
    pub(crate) look: Option<Looks>,
    /// With --look: each window starts later than the one before, instead of growing.
    #[arg(long, requires = "look")]
    pub(crate) sliding: bool,
    /// Show every finding of this metric below the table; can be repeated.
    #[arg(long, value_name = "METRIC")]
    pub(crate) explain: Vec<String>,
    /// Output format.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: JudgementFormat,
    /// Write the judgement to this file, atomically; - is stdout.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
    /// Also write the judgement as an HTML page with charts.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) end: EndArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum JudgementFormat {
    /// A table for people.
    #[default]
    Table,
    /// The whole judgement, with the decision about every metric.
    Json,
    /// The whole judgement with config and series, for judge report.
    Full,
    /// Kayenta's `CanaryJudgeResult`.
    Kayenta,
}

const BATCH_EXAMPLES: &str = "\
Examples:
  judge batch requests.ndjson > results.ndjson
  zcat requests.ndjson.gz | judge batch --threads 4 > results.ndjson";

const BATCH_DETAILS: &str = "\
Each input line is a remote-judge request as Kayenta posts it. Each output line
is a CanaryJudgeResult, in the same order; the bytes do not depend on the number
of threads. If a line cannot be judged, its output line is
  {\"error\":{\"line\":7,\"field\":\"canaryConfig.metrics\",\"message\":\"...\"}}
and the run continues. Blank lines are skipped.

Exit codes:
  0  every line was judged, whatever the verdicts
  1  any other error, such as a full disk
  2  a bad line, or bad usage";

#[derive(Debug, clap::Args)]
#[command(before_help = BATCH_EXAMPLES, after_help = BATCH_DETAILS)]
pub(crate) struct BatchArgs {
    /// The requests, one per line; - is stdin.
    #[arg(value_parser = source(), default_value = "-")]
    pub(crate) requests: InputSource,
    /// Judge all requests with this judge, whatever they name; `judge judges` lists all judges.
    #[arg(long, value_name = "NAME")]
    pub(crate) judge: Option<String>,
    /// Number of threads, 1 to 1024 [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Longest line; a longer line is reported and skipped.
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_line_bytes: u64,
}

const REPORT_EXAMPLES: &str = "\
Examples:
  judge report judgement.json -o judgement.html
  judge run request.json --format full | judge report - -o out.html";

const REPORT_DETAILS: &str = "\
The judgement is the output of judge run. With --format full the page has charts
and the config; with --format json it has neither. judge run --report writes the
same page directly.

Exit codes:
  0  written, whatever the verdict
  1  any other error, such as a full disk
  2  bad usage or bad input";

#[derive(Debug, clap::Args)]
#[command(before_help = REPORT_EXAMPLES, after_help = REPORT_DETAILS)]
pub(crate) struct ReportArgs {
    /// The judgement; - is stdin.
    #[arg(value_parser = source())]
    pub(crate) judgement: InputSource,
    /// Write the page to this file, atomically; - is stdout.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}

const TEST_EXAMPLES: &str = "\
Examples:
  judge test --baseline old.csv --canary new.csv --column latency
  judge test -b old.txt -n new.txt --level 0.95 --format json";

const TEST_DETAILS: &str = "\
Files are CSV, with or without header and timestamps, a Prometheus query_range
response, or one number per line. Gaps are left out. Every figure compares the
canary with the baseline. The tests assume independent points; a warning says
when they are not.

Exit codes:
  0  compared, whatever the answer
  1  any other error
  2  bad usage or bad input";

#[derive(Debug, clap::Args)]
#[command(before_help = TEST_EXAMPLES, after_help = TEST_DETAILS)]
pub(crate) struct TestArgs {
    /// The points of the baseline; - is stdin.
    #[arg(long, short, value_name = "FILE", value_parser = source())]
    pub(crate) baseline: InputSource,
    /// The points of the canary; - is stdin.
    #[arg(long, short = 'n', value_name = "FILE", value_parser = source())]
    pub(crate) canary: InputSource,
    /// The column to compare, if there are several.
    #[arg(long, value_name = "NAME")]
    pub(crate) column: Option<String>,
    /// Confidence level of the intervals, above 0 and below 1.
    #[arg(long, value_name = "LEVEL", default_value_t = 0.98, value_parser = level, allow_hyphen_values = true)]
    pub(crate) level: f64,
    /// Output format.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Report every error and everything suspect in canary configs.
    Check(CheckArgs),
    Try(Box<TryArgs>),
}

const CHECK_EXAMPLES: &str = "\
Examples:
  judge config check canary.json
  judge config check --strict --format json configs/*.json";

const CHECK_DETAILS: &str = "\
There are three severities:
  error    no judge accepts the config; an error in an expression matters to
           judge retro only
  suspect  Kayenta accepts it silently, but it is probably a mistake;
           NetflixACAJudge-v1.0 warns and continues, other judges refuse it
  notice   every judge continues, but you may have meant something else: a key
           that is ignored, a group for which the weights of others leave
           nothing, a query of Prometheus that selects no series, a direction
           that seems inverted

Exit codes:
  0  no error, and with --strict nothing suspect
  1  any other error
  2  a bad config, or bad usage";

#[derive(Debug, clap::Args)]
#[command(before_help = CHECK_EXAMPLES, after_help = CHECK_DETAILS)]
pub(crate) struct CheckArgs {
    /// Canary configs, or documents that contain one, such as requests; - is stdin.
    #[arg(required = true, value_name = "FILE", value_parser = source())]
    pub(crate) files: Vec<InputSource>,
    /// Also exit with 2 for suspect fields.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Output format.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Output format.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

fn level(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(level) if level > 0.0 && level < 1.0 => Ok(level),
        _ => Err("expected a level above 0 and below 1".to_owned()),
    }
}
