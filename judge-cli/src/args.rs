//! The command line.

mod calibrate;
mod common;
#[cfg(feature = "retro")]
mod retro;

use std::path::PathBuf;

use clap::{ArgGroup, Parser, Subcommand, ValueEnum};

use crate::input::Source;

pub(crate) use calibrate::CalibrateArgs;
use common::source;
pub(crate) use common::{ListFormat, Overrides};
#[cfg(feature = "retro")]
pub(crate) use retro::{FrameFormatArg, RetroArgs};

const EXAMPLES: &str = "\
Examples:
  Judge a canary from two CSV files:
    judge run --config canary.json --baseline old.csv --canary new.csv
  Judge what Prometheus recorded, one file a metric:
    judge run --config canary.json --baseline old/ --canary new/
  Show the judgement as a page with charts:
    judge run --config canary.json --baseline old/ --canary new/ --report out.html
  Find every mistake in a canary config:
    judge config check canary.json
  Judge many canaries, one Kayenta request a line:
    zcat requests.ndjson.gz | judge batch > results.ndjson
  Measure what a config can detect:
    judge calibrate --config canary.json --history old.csv old-too.csv
  See which past releases a config would have stopped, and when:
    judge retro --config canary.json --history 'history/*.parquet' --interval 10m";

const EXIT_CODES: &str = "\
Exit codes:
  0  Pass, or done
  1  anything not named here, such as a full disk
  2  bad usage or bad input
  3  Marginal
  4  Fail";

/// Judges a canary release against its baseline from their metrics, and says why.
#[derive(Debug, Parser)]
#[command(name = "judge", version, before_help = EXAMPLES, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help = "When to colour; auto is on a terminal, unless NO_COLOR is set"
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
    Run(RunArgs),
    /// Judge many canaries: one Kayenta request a line in, one result a line out.
    Batch(BatchArgs),
    /// Measure what a config can and cannot detect, on history of healthy instances.
    Calibrate(CalibrateArgs),
    #[cfg(feature = "retro")]
    Retro(RetroArgs),
    /// Show a judgement as an HTML page that needs nothing else.
    Report(ReportArgs),
    /// Compare two samples: location, spread, superiority, p.
    Test(TestArgs),
    /// Look after canary configs.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// List the judges.
    Judges(ListArgs),
    /// Print a script that teaches a shell to complete this command.
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
  judge run --config canary.json --baseline old.csv --canary new.csv
  judge run -c canary.json -b old/ -n new/ --pass 90 --marginal 70
  judge run -c canary.json -b old.csv -n new.csv --history mon.csv tue.csv wed.csv
  judge run -c canary.json --pairs metricSetPairList.json
  judge run request.json --format json -o judgement.json
  judge run request.json --report judgement.html
  judge run request.json --judge EvidenceJudge-v1 --explain latency-p95
  zcat request.json.gz | judge run - --format kayenta";

const RUN_DETAILS: &str = "\
Series are one of these, told apart by their content:
  wide CSV    timestamp,latency,errors: a column a metric; an empty cell, NaN or
              N/A is a gap
  long CSV    timestamp,metric,value: a row a point
  Prometheus  a query_range response; each series is named by its __name__, a
              single one may also be the config's only metric
  directory   a .csv or .json file a metric, with one series each, named by the
              file: latency.json
Timestamps are RFC 3339, or seconds or milliseconds since 1970. Points are put
on a grid at the smallest step in the file; a missing point is a gap. A metric
of the config without series has no data, with a warning. Series without a
metric in the config are ignored with a warning.

A history is read as the baseline is: each path a healthy window of the past, or
another healthy instance, as long as the canary's. EvidenceJudge-v1 learns from
three and more how much healthy instances differ.

The thresholds are --pass and --marginal, else those of the request, else the
config's classifier.scoreThresholds, else 95 and 75.

Exit codes:
  0  Pass
  1  anything not named here, such as a full disk
  2  bad usage or bad input
  3  Marginal
  4  Fail";

#[derive(Debug, clap::Args)]
#[command(before_help = RUN_EXAMPLES, after_help = RUN_DETAILS)]
#[command(group(ArgGroup::new("input").required(true).args(["request", "config"])))]
#[command(group(ArgGroup::new("series").args(["baseline", "pairs"])))]
pub(crate) struct RunArgs {
    /// A Kayenta remote-judge request, which holds config, thresholds and series; - is stdin.
    #[arg(
        value_parser = source(),
        conflicts_with_all = ["baseline", "canary", "pairs", "history"]
    )]
    pub(crate) request: Option<Source>,
    /// The canary config (Kayenta's JSON); - is stdin.
    #[arg(long, short, value_name = "FILE", value_parser = source(), requires = "series")]
    pub(crate) config: Option<Source>,
    /// The series of the baseline: a file or a directory; - is stdin.
    #[arg(long, short, value_name = "PATH", value_parser = source(), requires_all = ["config", "canary"])]
    pub(crate) baseline: Option<Source>,
    /// The series of the canary: a file or a directory; - is stdin.
    #[arg(long, short = 'n', value_name = "PATH", value_parser = source(), requires_all = ["config", "baseline"])]
    pub(crate) canary: Option<Source>,
    /// Healthy windows of the past or other healthy instances, each a file or a directory; - is stdin.
    #[arg(long, value_name = "PATH", value_parser = source(), num_args = 1.., requires = "baseline", conflicts_with = "pairs")]
    pub(crate) history: Vec<Source>,
    /// The series of both sides as Kayenta stores them, a metricSetPairList; - is stdin.
    #[arg(long, value_name = "FILE", value_parser = source(), requires = "config", conflicts_with = "canary")]
    pub(crate) pairs: Option<Source>,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Show every finding of this metric below the table; may be given more than once.
    #[arg(long, value_name = "METRIC")]
    pub(crate) explain: Vec<String>,
    /// How to show the judgement.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: JudgementFormat,
    /// Write the judgement here, complete or not at all; - is stdout.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
    /// Write the judgement as an HTML page with charts, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum JudgementFormat {
    /// For people.
    #[default]
    Table,
    /// The whole judgement, with what decided every metric.
    Json,
    /// The same with config and series, from which judge report draws charts.
    Full,
    /// Kayenta's `CanaryJudgeResult`.
    Kayenta,
}

const BATCH_EXAMPLES: &str = "\
Examples:
  judge batch requests.ndjson > results.ndjson
  zcat requests.ndjson.gz | judge batch --threads 4 > results.ndjson";

const BATCH_DETAILS: &str = "\
Each line in is a remote-judge request as Kayenta posts it, each line out a
CanaryJudgeResult, in the same order and with the same bytes on any number of
threads. A line that cannot be judged gives, in its place,
  {\"error\":{\"line\":7,\"field\":\"canaryConfig.metrics\",\"message\":\"...\"}}
and the run goes on. Blank lines are skipped.

Exit codes:
  0  every line was judged, whatever the verdicts
  1  anything not named here, such as a full disk
  2  a bad line, or bad usage";

#[derive(Debug, clap::Args)]
#[command(before_help = BATCH_EXAMPLES, after_help = BATCH_DETAILS)]
pub(crate) struct BatchArgs {
    /// The requests, one a line; - is stdin.
    #[arg(value_parser = source(), default_value = "-")]
    pub(crate) requests: Source,
    /// Judge all of them with this judge, whatever they name; `judge judges` lists them.
    #[arg(long, value_name = "NAME")]
    pub(crate) judge: Option<String>,
    /// Threads that judge, 1 to 1024 [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// A longer line is an error and is skipped.
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_line_bytes: u64,
}

const REPORT_EXAMPLES: &str = "\
Examples:
  judge report judgement.json -o judgement.html
  judge run request.json --format full | judge report - -o out.html";

const REPORT_DETAILS: &str = "\
The judgement is what judge run writes: with --format full the page has charts
and the config, with --format json it has neither. judge run --report writes the
page at once.

Exit codes:
  0  shown, whatever the verdict
  1  anything not named here, such as a full disk
  2  bad usage or bad input";

#[derive(Debug, clap::Args)]
#[command(before_help = REPORT_EXAMPLES, after_help = REPORT_DETAILS)]
pub(crate) struct ReportArgs {
    /// The judgement; - is stdin.
    #[arg(value_parser = source())]
    pub(crate) judgement: Source,
    /// Write the page here, complete or not at all; - is stdout.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}

const TEST_EXAMPLES: &str = "\
Examples:
  judge test --baseline old.csv --canary new.csv --column latency
  judge test -b old.txt -n new.txt --level 0.95 --format json";

const TEST_DETAILS: &str = "\
Files are CSV, with or without header and timestamps, a Prometheus query_range
response, or one number a line. Gaps are left out. Every number is of the canary
against the baseline; points are taken to be independent, and a warning says
when they are not.

Exit codes:
  0  compared, whatever the answer
  1  anything not named here
  2  bad usage or bad input";

#[derive(Debug, clap::Args)]
#[command(before_help = TEST_EXAMPLES, after_help = TEST_DETAILS)]
pub(crate) struct TestArgs {
    /// The points of the baseline; - is stdin.
    #[arg(long, short, value_name = "FILE", value_parser = source())]
    pub(crate) baseline: Source,
    /// The points of the canary; - is stdin.
    #[arg(long, short = 'n', value_name = "FILE", value_parser = source())]
    pub(crate) canary: Source,
    /// The column to compare, where there are several.
    #[arg(long, value_name = "NAME")]
    pub(crate) column: Option<String>,
    /// Confidence level of the intervals, above 0 and below 1.
    #[arg(long, value_name = "LEVEL", default_value_t = 0.98, value_parser = level)]
    pub(crate) level: f64,
    /// How to show the answer.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Report everything wrong or suspect in canary configs.
    Check(CheckArgs),
}

const CHECK_EXAMPLES: &str = "\
Examples:
  judge config check canary.json
  judge config check --strict --format json configs/*.json";

const CHECK_DETAILS: &str = "\
An error makes a config impossible to judge; one in an expression does so for
judge retro alone. What is suspect is accepted by Kayenta in silence and does
what a person would probably not want: the judge NetflixACAJudge-v1.0 goes on
with it and warns. A notice is of what every judge goes on with and may be meant
otherwise: a key that is ignored, a group that counts nothing, a direction that
seems to be the good one.

Exit codes:
  0  no errors, and with --strict nothing suspect either
  1  anything not named here
  2  a bad config, or bad usage";

#[derive(Debug, clap::Args)]
#[command(before_help = CHECK_EXAMPLES, after_help = CHECK_DETAILS)]
pub(crate) struct CheckArgs {
    /// Canary configs, or documents with one in them, such as requests; - is stdin.
    #[arg(required = true, value_name = "FILE", value_parser = source())]
    pub(crate) files: Vec<Source>,
    /// Exit with 2 for suspect fields too.
    #[arg(long)]
    pub(crate) strict: bool,
    /// How to show the problems.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// How to show the list.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

fn level(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(level) if level > 0.0 && level < 1.0 => Ok(level),
        _ => Err("allowed is a level above 0 and below 1".to_owned()),
    }
}
