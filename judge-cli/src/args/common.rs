//! What several subcommands take.

use clap::ValueEnum;
use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::input::Source;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

pub(super) fn source() -> impl TypedValueParser<Value = Source> {
    PathBufValueParser::new().map(Source::from)
}

/// What the command line puts in the place of what the input says.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Overrides {
    /// Pass at this score or above, 0 to 100.
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) pass: Option<f64>,
    /// Marginal at this score or above, 0 to 100.
    #[arg(long, value_name = "SCORE", value_parser = score)]
    pub(crate) marginal: Option<f64>,
    /// Judge with this judge, whatever the config names; `judge judges` lists them.
    #[arg(long, value_name = "NAME")]
    pub(crate) judge: Option<String>,
}

fn score(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(score) if (0.0..=100.0).contains(&score) => Ok(score),
        _ => Err("allowed is a score, 0 to 100".to_owned()),
    }
}
