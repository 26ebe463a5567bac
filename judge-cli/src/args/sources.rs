//! The sources of series, and the queried scopes and times.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use judge_points::time::{self, TimeError};
use judge_sources::StoreKind;

use super::windows::duration;

/// Group of the arguments that name a source; other arguments require or exclude them.
pub(super) const SOURCES: &str = "sources-of-series";

const FROM: &str = "Series from a source";
const SIDES: &str = "What the queries ask for";
const WHEN: &str = "When, with times such as 90s, 10m, 1h 30m";

/// The sources of series.
#[derive(Debug, Clone, clap::Args)]
#[group(id = SOURCES, multiple = true)]
pub(crate) struct SourceArgs {
    /// A Prometheus, or a store with its API: Thanos, Mimir, VictoriaMetrics.
    #[arg(help_heading = FROM, long, value_name = "URL")]
    pub(crate) prometheus: Option<String>,
    /// A Graphite, for metrics of type graphite.
    #[arg(help_heading = FROM, long, value_name = "URL")]
    pub(crate) graphite: Option<String>,
    /// An InfluxDB 1.x, with its database as ?db=NAME in the URL, for metrics of type influxdb.
    #[arg(help_heading = FROM, long, value_name = "URL")]
    pub(crate) influxdb: Option<String>,
    /// A source with the name that metrics use as query.source, such as eu=http://host:9090 or
    /// old=graphite+http://host; can be repeated.
    // Parsed later: clap shows values that it refuses, and URLs may have passwords in them.
    #[arg(help_heading = FROM, long = "source", value_name = "NAME=URL")]
    pub(crate) named: Vec<String>,
    /// Sources with credentials, headers and certificates: a TOML file with the table `sources`.
    #[arg(help_heading = FROM, long, value_name = "FILE")]
    pub(crate) sources: Option<PathBuf>,
}

impl SourceArgs {
    /// Whether no source is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_kind().next().is_none() && self.named.is_empty() && self.sources.is_none()
    }

    /// The sources by their own names, with their URLs; `None` for what is no NAME=URL.
    pub(crate) fn by_name(&self) -> impl Iterator<Item = Option<(&str, &str)>> {
        self.named.iter().map(|text| {
            let (name, url) = text.split_once('=')?;
            // What stands before = may be a part of the URL.
            (!name.is_empty() && !name.contains("//")).then_some((name, url))
        })
    }

    /// The sources that are named after their kind, with their URLs.
    pub(crate) fn by_kind(&self) -> impl Iterator<Item = (StoreKind, &str)> {
        let all = [
            (StoreKind::Prometheus, &self.prometheus),
            (StoreKind::Graphite, &self.graphite),
            (StoreKind::InfluxDb, &self.influxdb),
        ];
        all.into_iter().filter_map(|(kind, url)| Some((kind, url.as_deref()?)))
    }
}

/// The parameters of the queries of both sides; without a source they would be ignored.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ScopeArgs {
    /// Value of ${scope} in the baseline's queries.
    #[arg(help_heading = SIDES, long, value_name = "SCOPE", default_value = "", requires = SOURCES)]
    pub(crate) baseline_scope: String,
    /// Value of ${scope} in the canary's queries.
    #[arg(help_heading = SIDES, long, value_name = "SCOPE", default_value = "", requires = SOURCES)]
    pub(crate) canary_scope: String,
    /// Value of ${location} in the queries of both sides.
    #[arg(help_heading = SIDES, long, value_name = "LOCATION", default_value = "", requires = SOURCES)]
    pub(crate) location: String,
    /// Value of another name in the queries of both sides; can be repeated.
    #[arg(help_heading = SIDES, long = "param", value_name = "NAME=VALUE", value_parser = name_and_value, requires = SOURCES)]
    pub(crate) params: Vec<(String, String)>,
    /// How much earlier than the canary's window the baseline's is: 1d compares with the same hour of yesterday.
    #[arg(
        help_heading = SIDES,
        long,
        requires = SOURCES,
        value_name = "TIME",
        value_parser = duration,
        allow_hyphen_values = true,
        default_value = "0s"
    )]
    pub(crate) baseline_offset: Duration,
    /// Time between two points.
    #[arg(
        help_heading = SIDES,
        long,
        requires = SOURCES,
        value_name = "TIME",
        value_parser = duration,
        allow_hyphen_values = true,
        default_value = "1m"
    )]
    pub(crate) step: Duration,
    /// How to build series: kayenta closes gaps and pairs only series with equal labels.
    #[arg(help_heading = SIDES, long, value_enum, value_name = "WHOSE", requires = SOURCES)]
    pub(crate) compat: Option<CompatArg>,
    /// Time limit of a fetch, including retries.
    #[arg(
        help_heading = SIDES,
        long,
        requires = SOURCES,
        value_name = "TIME",
        value_parser = duration,
        allow_hyphen_values = true,
        default_value = "2m"
    )]
    pub(crate) timeout: Duration,
}

/// The queried window; without a source it would be ignored.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TimeArgs {
    /// Length of the window, which ends at --end.
    #[arg(
        help_heading = WHEN,
        long,
        requires = SOURCES,
        value_name = "TIME",
        value_parser = duration,
        allow_hyphen_values = true,
        conflicts_with = "start"
    )]
    pub(crate) last: Option<Duration>,
    /// Time of the first point: RFC 3339, or seconds or milliseconds since 1970.
    #[arg(help_heading = WHEN, long, value_name = "WHEN", value_parser = moment, allow_hyphen_values = true, requires = SOURCES)]
    pub(crate) start: Option<i64>,
    /// End of the window, which is not included [default: now]
    #[arg(help_heading = WHEN, long, value_name = "WHEN", value_parser = moment, allow_hyphen_values = true, requires = SOURCES)]
    pub(crate) end: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompatArg {
    /// Spinnaker Kayenta.
    Kayenta,
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

pub(super) fn moment(text: &str) -> Result<i64, String> {
    time::parse(text).map_err(|error| {
        let in_utc = "UTC".parse().ok().and_then(|utc| time::parse_in(text, Some(&utc)).ok());
        match (error, in_utc) {
            (TimeError::NoZone(_), Some(millis)) => {
                let example = time::show(millis);
                format!("expected a time with a time zone, such as {example}, got {text:?}")
            }
            (error, _) => error.to_string(),
        }
    })
}
