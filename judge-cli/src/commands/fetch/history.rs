//! Writes releases as one history.

use std::io::{self, Write};
use std::path::Path;

use judge_output::JoinError;
use serde::Serialize;

use super::error::FetchError;
use super::fetched_release::{FetchedRelease, FetchedValue};

/// The format of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HistoryFormat {
    #[cfg(feature = "retro")]
    Parquet,
    Ndjson,
}

#[cfg(feature = "retro")]
const ALLOWED: &str = ".parquet or .ndjson";
#[cfg(not(feature = "retro"))]
const ALLOWED: &str = ".ndjson";

impl HistoryFormat {
    /// The format by the extension of a file name.
    pub(super) fn from_name(path: &Path) -> Result<Self, FetchError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            #[cfg(feature = "retro")]
            "parquet" => Ok(Self::Parquet),
            #[cfg(not(feature = "retro"))]
            "parquet" => Err(FetchError::LeftOut),
            "ndjson" | "jsonl" => Ok(Self::Ndjson),
            _ => Err(FetchError::Format { allowed: ALLOWED, got: path.display().to_string() }),
        }
    }

    /// Writes releases to `out`.
    pub(super) fn write(
        self,
        out: &mut (dyn Write + Send),
        releases: impl Iterator<Item = Result<FetchedRelease, JoinError>>,
    ) -> Result<(), JoinError> {
        match self {
            #[cfg(feature = "retro")]
            Self::Parquet => parquet(out, releases),
            Self::Ndjson => ndjson(out, releases),
        }
    }
}

/// A row of a long table.
#[derive(Serialize)]
struct Row<'a> {
    release: &'a str,
    role: &'static str,
    metric: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    timestamp: i64,
    value: FetchedValue,
}

fn ndjson(
    mut out: &mut (dyn Write + Send),
    releases: impl Iterator<Item = Result<FetchedRelease, JoinError>>,
) -> Result<(), JoinError> {
    for release in releases {
        let FetchedRelease { release, series } = release?;
        for one in &series {
            let mut timestamp = one.start_millis;
            for &value in &one.values {
                let (role, metric) = (one.role.name(), one.metric.as_str());
                let instance = one.instance.as_deref();
                let release = release.as_str();
                let row = Row { release, role, metric, instance, timestamp, value };
                serde_json::to_writer(&mut out, &row).map_err(io::Error::from)?;
                out.write_all(b"\n")?;
                timestamp = timestamp.saturating_add_unsigned(one.step_millis);
            }
        }
    }
    Ok(())
}

#[cfg(feature = "retro")]
fn parquet(
    out: &mut (dyn Write + Send),
    releases: impl Iterator<Item = Result<FetchedRelease, JoinError>>,
) -> Result<(), JoinError> {
    use judge_retro::{HistoryWriter, WrittenSeries};
    let mut writer = HistoryWriter::new(out)?;
    for release in releases {
        let FetchedRelease { release, series } = release?;
        for one in &series {
            let values: Vec<Option<f64>> = one.values.iter().map(|value| value.0).collect();
            writer.add(&WrittenSeries {
                release: &release,
                metric: &one.metric,
                role: one.role.name(),
                instance: one.instance.as_deref().unwrap_or_default(),
                start_millis: one.start_millis,
                step_millis: one.step_millis,
                values: &values,
            })?;
        }
    }
    Ok(writer.finish()?)
}
