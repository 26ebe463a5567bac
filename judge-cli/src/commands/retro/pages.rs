//! `judge retro --report`: one page per release, and an index.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use judge_core::stage::{TimeSpan, Window};
use judge_core::{Clock, MetricPair, Series};
use judge_report::index::{IndexEntry, ReleaseOutcome};
use judge_report::timeline::{Stop, TimelineInterval};
use judge_report::{Fact, Index, Report, Timeline, file_names, index_page, timeline_page};
use judge_retro::{Fate, RecordedSeries, Release, ReleaseGrid, ReleaseLine, Replay, Replayed};
use serde_json::Value;

use crate::output::Destination;

/// The folder of the pages.
pub(super) struct Pages<'a> {
    folder: PathBuf,
    /// The file of each release.
    files: HashMap<&'a str, String>,
    config: &'a Value,
    replay: &'a Replay,
    facts: Vec<Fact>,
}

impl<'a> Pages<'a> {
    /// Creates the folder for the pages of `releases` if it is missing.
    pub(super) fn new(
        folder: &Path,
        releases: &[&'a str],
        config: &'a Value,
        replay: &'a Replay,
        sources: &[PathBuf],
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let names = file_names(releases.iter().copied());
        let files = releases.iter().copied().zip(names).collect();
        let sources: Vec<String> =
            sources.iter().map(|source| source.display().to_string()).collect();
        let fact = |name: &str, value: String| Fact { name: name.to_owned(), value };
        let facts = vec![
            fact("Judge", replay.judge.name().to_owned()),
            fact("History", sources.join(", ")),
        ];
        Ok(Self { folder: folder.to_owned(), files, config, replay, facts })
    }

    /// Writes the page of a release.
    pub(super) fn add(&self, release: &Release, replayed: &Replayed) -> anyhow::Result<()> {
        let (Some(file), Some(deciding)) =
            (self.files.get(release.name.as_str()), replayed.deciding())
        else {
            return Ok(());
        };
        let pairs = pairs(release, deciding.window);
        let warm_up = self.replay.windows.warm_up(replayed.recorded.start_millis);
        let warm_up = warm_up.and_then(|warm_up| unjudged_warm_up(warm_up, deciding.window.canary));
        let report = Report {
            name: &release.name,
            pairs: &pairs,
            config: Some(self.config),
            facts: &self.facts[1..],
            warm_up,
            judged: Some(span(deciding.window.canary)),
            ..Report::new(&deciding.judgement)
        };
        let page = timeline_page(&self.timeline(replayed), &report);
        Destination::File(self.folder.join(file)).write_as_it_is(page.as_bytes())
    }

    /// Writes the index of all releases.
    pub(super) fn finish(&self, lines: &[ReleaseLine]) -> anyhow::Result<()> {
        let name = self.config["name"].as_str().unwrap_or_default().to_owned();
        let releases = lines.iter().map(|line| self.entry(line)).collect();
        let page = index_page(&Index { name, releases, facts: self.facts.clone() });
        Destination::File(self.folder.join("index.html")).write_as_it_is(page.as_bytes())
    }

    fn entry(&self, line: &ReleaseLine) -> IndexEntry {
        let release = line.release.clone();
        match &line.fate {
            Fate::Judged {
                verdict, start_millis, intervals, stopped_millis, because_of, ..
            } => {
                let page = self.files.get(line.release.as_str()).cloned();
                let metric = because_of.first().cloned();
                let outcome = ReleaseOutcome::Judged {
                    verdict: *verdict,
                    start_millis: *start_millis,
                    stopped: stopped_millis.map(|at_millis| Stop { at_millis, metric }),
                    intervals: intervals.clone(),
                };
                IndexEntry { release, page, outcome }
            }
            Fate::Broken { error } => IndexEntry {
                release,
                page: None,
                outcome: ReleaseOutcome::Broken { problem: error.clone() },
            },
        }
    }

    fn timeline(&self, replayed: &Replayed) -> Timeline {
        let last = replayed.intervals.len().saturating_sub(1);
        let deciding = replayed.stage.ended_at().map_or(last, |number| number - 1);
        let metrics = replayed.deciding().map(|one| one.judgement.metrics.iter());
        let names = metrics.into_iter().flatten().map(|metric| metric.name.clone());
        let intervals = replayed.intervals.iter().map(|one| {
            let classes = one.judgement.metrics.iter().map(|metric| Some(metric.classification));
            TimelineInterval::new(span(one.window.canary), &one.judgement, classes.collect())
        });
        Timeline {
            release: replayed.release.clone(),
            verdict: replayed.stage.verdict,
            unfinished: None,
            thresholds: self.replay.thresholds,
            start_millis: replayed.recorded.start_millis,
            metrics: names.collect(),
            intervals: intervals.collect(),
            deciding,
            stopped: replayed
                .stopped_millis()
                .map(|at_millis| Stop { at_millis, metric: replayed.because_of.first().cloned() }),
        }
    }
}

fn span(span: TimeSpan) -> judge_report::TimeRange {
    judge_report::TimeRange { from_millis: span.start_millis, to_millis: span.end_millis }
}

/// The part of `warm_up` that was not judged; a sliding window may begin in the warm-up.
fn unjudged_warm_up(warm_up: TimeSpan, judged: TimeSpan) -> Option<judge_report::TimeRange> {
    let end_millis = warm_up.end_millis.min(judged.start_millis);
    let left_out = TimeSpan { end_millis, ..warm_up };
    (left_out.millis() > 0).then(|| span(left_out))
}

/// All recorded series; shifts a baseline of an earlier time to its canary.
fn pairs(release: &Release, window: Window) -> Vec<MetricPair> {
    let offset = window.canary.start_millis.saturating_sub(window.baseline.start_millis);
    let series = |recorded: &RecordedSeries, grid: ReleaseGrid, later: i64| {
        let start_millis = grid.start_millis.saturating_add(later);
        let clock = Clock::new(start_millis, grid.step_millis).ok();
        Series {
            values: recorded.values.clone(),
            clock: clock.filter(|_| !recorded.values.is_empty()),
        }
    };
    let pair = |metric: &judge_retro::ReleaseMetric| MetricPair {
        name: metric.name.clone(),
        baseline: series(&metric.baseline, release.baseline, offset),
        canary: series(&metric.canary, release.canary, 0),
        ..MetricPair::default()
    };
    release.metrics.iter().map(pair).collect()
}
