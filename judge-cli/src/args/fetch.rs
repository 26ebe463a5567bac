//! `judge fetch`.

use std::path::PathBuf;

use super::common::{QueriedConfigArgs, ZoneArgs, source};
use super::sources::{SOURCES, ScopeArgs, SourceArgs};
use crate::input::InputSource;

const EXAMPLES: &str = "\
Examples:
  Fetch the series of past releases, and judge them with a config:
    judge fetch releases.csv -c canary.json --prometheus http://prometheus:9090 \\
      -o history.parquet
    judge retro -c canary.json --history history.parquet --interval 10m
  Continue after an interruption:
    judge fetch releases.csv -c canary.json --prometheus http://prometheus:9090 \\
      -o history.parquet --resume";

const DETAILS: &str = "\
The list of releases is a table with one line per release:
  release,start,end,baseline-scope,canary-scope
  v7,2026-11-20T14:00:00Z,2026-11-20T14:30:00Z,shop-v6,shop-v7
The columns baseline-scope, canary-scope and location replace the options of the
same names, and param:NAME replaces --param NAME=VALUE. If a column or a cell is
missing, the option counts. The end is not included.

judge retro and judge calibrate --releases read the history. It has one row per
point, including gaps, and its name ends in .parquet or .ndjson. If a query finds
several series, they are the instances of a side, and judge retro judges their
mean. Give judge retro the same --baseline-offset.

A release that cannot be fetched is reported, and the run continues. It stops
after three such releases in a row. Each fetched release is stored in FILE.parts.
--resume fetches only the missing releases, and those whose times, scopes, step or
offset have changed. It refuses other sources and other queries.

Exit codes:
  0    every release was fetched
  1    a source did not answer for a release, or any other error
  2    no query found a point of a release, or bad usage or bad input
  130  stopped by Ctrl-C";

/// Fetch the series of past releases from a source, as a history for judge retro and judge calibrate.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, after_help = DETAILS)]
pub(crate) struct FetchArgs {
    /// The list of releases, a CSV table; - is stdin.
    #[arg(value_name = "LIST", value_parser = source(), requires = SOURCES)]
    pub(crate) list: InputSource,
    #[command(flatten)]
    pub(crate) queried: QueriedConfigArgs,
    #[command(flatten)]
    pub(crate) zone: ZoneArgs,
    #[command(flatten)]
    pub(crate) from: SourceArgs,
    #[command(flatten)]
    pub(crate) scopes: ScopeArgs,
    /// Write the history to this file, atomically.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Fetch only the releases that an earlier run with this --output lacks.
    #[arg(long)]
    pub(crate) resume: bool,
}
