//! `judge fetch`.

use std::path::PathBuf;

use super::common::{QueriedConfigArgs, ZoneArgs, source};
use super::sources::{SOURCES, ScopeArgs, SourceArgs};
use crate::input::InputSource;

const EXAMPLES: &str = "\
Examples:
  The series of past releases, and what a config would have said of them:
    judge fetch releases.csv -c canary.json --prometheus http://prometheus:9090 \\
      -o history.parquet
    judge retro -c canary.json --history history.parquet --interval 10m
  Go on after an interruption:
    judge fetch releases.csv -c canary.json --prometheus http://prometheus:9090 \\
      -o history.parquet --resume";

const DETAILS: &str = "\
The list of releases is a table with a line for each:
  release,start,end,baseline-scope,canary-scope
  v7,2026-11-20T14:00:00Z,2026-11-20T14:30:00Z,shop-v6,shop-v7
Columns baseline-scope, canary-scope and location stand for the options of the
same names, and param:NAME for --param NAME=VALUE; a column or a cell that is
missing leaves the option. The end is not included.

The history is as judge retro and judge calibrate --releases read it: one row for
each point, gaps too. Its name ends in .parquet or .ndjson. Where a query finds
several series, they are the instances of a side, of which judge retro judges the
mean. Give judge retro the same --baseline-offset.

A release that cannot be fetched is reported, and the others are fetched; after
three in a row that are not answered, the run stops. Each release is kept in
FILE.parts as soon as it is there. --resume asks only for those that are missing.

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
    pub(crate) of: ScopeArgs,
    /// Write the history to this file, atomically.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Fetch only what an earlier run with this --output lacks.
    #[arg(long)]
    pub(crate) resume: bool,
}
