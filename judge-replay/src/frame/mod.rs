//! The judgements of releases as rows: one row per release, interval and metric.

mod columns;
mod row;
mod texts;

use std::io;

use judge_core::{Verdict, Warning};
use judge_points::time;
use serde::{Deserialize, Serialize};

use crate::replay::{BrokenRelease, Replayed};
use judge_core::stage::TimeSpan;

pub use columns::{ColumnKind, ColumnValues, FrameColumns};
pub use row::COLUMNS;
pub use texts::Texts;

/// The result of one release, in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseLine {
    /// The release.
    pub release: String,
    /// The result, or the reason why the release cannot be judged.
    #[serde(flatten)]
    pub fate: Fate,
}

/// The result of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", untagged)]
pub enum Fate {
    /// The release was judged.
    Judged {
        /// Fail if the canary was stopped, else the verdict of the last judgement.
        verdict: Verdict,
        /// The score of the deciding interval.
        #[serde(with = "score")]
        score: f64,
        /// Start of the canary's recording, in milliseconds since the Unix epoch.
        start_millis: i64,
        /// The verdicts of the judged intervals, in order of time.
        intervals: Vec<Verdict>,
        /// The interval, from 1, after which the canary was stopped.
        stopped_at: Option<usize>,
        /// Time of the stop, in milliseconds since the Unix epoch.
        stopped_millis: Option<i64>,
        /// Time from the start of the recording to the stop, in milliseconds.
        stopped_after_millis: Option<u64>,
        /// The metrics that cost the canary a Pass, the most costly first.
        because_of: Vec<String>,
        /// Number of warnings of its judgements. Warnings about the config do not count, since all releases have
        /// them.
        #[serde(default)]
        warnings: usize,
        /// Message about metrics whose baseline has points, but none in the window.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        no_baseline: Option<String>,
    },
    /// The release could not be judged.
    Broken {
        /// The reason.
        error: String,
    },
}

impl ReleaseLine {
    /// Summarizes `replayed`, the result of `release`.
    pub fn new(release: &str, replayed: &Result<Replayed, BrokenRelease>) -> Self {
        let fate = match replayed {
            Ok(replayed) => {
                let stopped_millis = replayed.stopped_millis();
                let life = |end_millis| TimeSpan { end_millis, ..replayed.recorded }.millis();
                Fate::Judged {
                    verdict: replayed.stage.verdict,
                    score: replayed.deciding().map_or(f64::NAN, |one| one.judgement.score),
                    start_millis: replayed.recorded.start_millis,
                    intervals: replayed.intervals.iter().map(|one| one.judgement.verdict).collect(),
                    stopped_at: replayed.stage.stopped_at,
                    stopped_millis,
                    stopped_after_millis: stopped_millis.map(life),
                    because_of: replayed.because_of.clone(),
                    warnings: warnings(replayed),
                    no_baseline: replayed.no_baseline.as_ref().map(ToString::to_string),
                }
            }
            Err(broken) => Fate::Broken { error: broken.to_string() },
        };
        Self { release: release.to_owned(), fate }
    }
}

fn warnings(replayed: &Replayed) -> usize {
    let all = replayed.intervals.iter().flat_map(|one| &one.judgement.warnings);
    all.filter(|warning| !matches!(warning, Warning::Suspect(_))).count()
}

/// Writes the rows of a release as CSV, without a header.
///
/// # Errors
/// If `out` fails.
pub fn write_csv(
    out: &mut impl io::Write,
    release: &str,
    replayed: &Result<Replayed, BrokenRelease>,
) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    for row in row::rows(release, replayed) {
        writer.serialize(row).map_err(io::Error::other)?;
    }
    writer.flush()
}

/// The header of [`write_csv`], as a line.
pub fn csv_header() -> String {
    let mut header = COLUMNS.join(",");
    header.push('\n');
    header
}

/// Writes all details of a release as one line of JSON: its [`ReleaseLine`], and the judgement of each
/// interval as in `judge run --format json`.
///
/// # Errors
/// If `out` fails.
pub fn write_json(
    out: &mut impl io::Write,
    release: &str,
    replayed: &Result<Replayed, BrokenRelease>,
) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        release: ReleaseLine,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        judgements: Vec<Judged<'a>>,
    }
    #[derive(Serialize)]
    struct Judged<'a> {
        interval: usize,
        start: String,
        end: String,
        judgement: &'a judge_core::Judgement,
    }
    let intervals = replayed.iter().flat_map(|replayed| &replayed.intervals);
    let judgements = intervals
        .map(|one| Judged {
            interval: one.window.interval,
            start: time::show(one.window.canary.start_millis),
            end: time::show(one.window.canary.end_millis),
            judgement: &one.judgement,
        })
        .collect();
    let line = Line { release: ReleaseLine::new(release, replayed), judgements };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

/// Writes and reads a score, which is NaN if all weights are 0.
mod score {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(score: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        score.is_finite().then_some(*score).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
    }
}
