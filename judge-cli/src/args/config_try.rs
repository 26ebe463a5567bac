//! `judge config try`.

use super::common::{ListFormat, QUERIED_CONFIG, source};
use super::sources::{SOURCES, ScopeArgs, SourceArgs, TimeArgs};
use crate::input::InputSource;

const EXAMPLES: &str = "\
Examples:
  judge config try canary.json --prometheus http://prometheus:9090 \\
    --baseline-scope shop-stable --canary-scope shop-canary --last 30m";

const DETAILS: &str = "\
Every query runs once for each side. The output shows, for each metric, the query,
the series, points and gaps that it finds, and the labels that distinguish the
sides. It also shows what is odd: no result, a constant value, the same query on
both sides, or series that cannot be paired.

Exit codes:
  0  every query was answered; no metric is odd, except for a constant 0
  1  a source did not answer, or anything not named here
  2  a metric is odd, or bad input or usage";

/// Run every query of a config once, and show what it finds.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, after_help = DETAILS)]
pub(crate) struct TryArgs {
    #[arg(value_name = "FILE", value_parser = source(), requires = SOURCES, help = QUERIED_CONFIG)]
    pub(crate) config: InputSource,
    #[command(flatten)]
    pub(crate) from: SourceArgs,
    #[command(flatten)]
    pub(crate) scopes: ScopeArgs,
    #[command(flatten)]
    pub(crate) times: TimeArgs,
    /// Output format.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}
