//! Arguments of several subcommands.

use clap::ValueEnum;
use clap::builder::{PathBufValueParser, TypedValueParser};
use judge_points::time::TimeZone;

use judge_core::Looks;

use super::sources::SOURCES;
use crate::input::InputSource;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// A table for people.
    #[default]
    Table,
    /// JSON for programs.
    Json,
}

pub(super) fn source() -> impl TypedValueParser<Value = InputSource> {
    PathBufValueParser::new().map(InputSource::from)
}

/// Help of --config.
pub(super) const CONFIG: &str = "The canary config (Kayenta's JSON); - is stdin";

/// Help of --config for commands that run its queries.
pub(super) const QUERIED_CONFIG: &str =
    "The canary config (Kayenta's JSON) with a query in each metric; - is stdin";

/// The config, for commands that always need one.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfigArgs {
    #[arg(long, short, value_name = "FILE", value_parser = source(), help = CONFIG)]
    pub(crate) config: InputSource,
}

/// The config, for commands that run its queries.
#[derive(Debug, clap::Args)]
pub(crate) struct QueriedConfigArgs {
    #[arg(long, short, value_name = "FILE", value_parser = source(), requires = SOURCES, help = QUERIED_CONFIG)]
    pub(crate) config: InputSource,
}

/// How to read times in files.
#[derive(Debug, Default, Clone, clap::Args)]
pub(crate) struct ZoneArgs {
    /// The time zone of times without one, in tables: UTC, Europe/Berlin, +01:00.
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub(crate) time_zone: Option<TimeZone>,
}

/// Settings that override those of the input.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Overrides {
    /// Lowest score of a Pass, 0 to 100.
    #[arg(long, value_name = "SCORE", value_parser = score, allow_hyphen_values = true)]
    pub(crate) pass: Option<f64>,
    /// Lowest score of a Marginal, 0 to 100.
    #[arg(long, value_name = "SCORE", value_parser = score, allow_hyphen_values = true)]
    pub(crate) marginal: Option<f64>,
    /// Judge with this judge, whatever the config names; `judge judges` lists all judges.
    #[arg(long, value_name = "NAME")]
    pub(crate) judge: Option<String>,
    #[arg(skip)]
    pub(crate) looks: Option<Looks>,
}

/// Parses `3/6`, the third look of six.
pub(super) fn looks(text: &str) -> Result<Looks, String> {
    let expected = || "expected a look and how many are planned, such as 3/6".to_owned();
    let (number, planned) = text.split_once('/').ok_or_else(expected)?;
    let count = |text: &str| text.trim().parse().map_err(|_| expected());
    Looks::new(count(number)?, count(planned)?)
        .map_err(|problem| format!("expected {}, got {}", problem.allowed, problem.value))
}

fn score(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(score) if (0.0..=100.0).contains(&score) => Ok(score),
        _ => Err("expected a score from 0 to 100".to_owned()),
    }
}
