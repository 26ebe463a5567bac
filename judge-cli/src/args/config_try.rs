//! `judge config try`.

use super::common::{ListFormat, QUERIED_CONFIG, source};
use super::sources::{SOURCES, ScopeArgs, SourceArgs, TimeArgs};
use crate::input::InputSource;

const EXAMPLES: &str = "\
Examples:
  judge config try canary.json --prometheus http://prometheus:9090 \\
    --baseline-scope shop-stable --canary-scope shop-canary --last 30m";

const DETAILS: &str = "\
Every query is asked once for each side. For each metric there is the query, the
series, points and gaps it finds, the labels that tell the sides apart, and what
is odd: nothing found, one value all the time, the same query on both sides,
series that never meet.

Exit codes:
  0  every query was answered, and no metric is odd, or only 0 all the time
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
    pub(crate) of: ScopeArgs,
    #[command(flatten)]
    pub(crate) times: TimeArgs,
    /// How to show what was found.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}
