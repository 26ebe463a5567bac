//! `judge retro --report`: a page a release, and an index.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use judge_core::{Clock, MetricPair, Series};
use judge_report::index::{Entry, Outcome};
use judge_report::timeline::{Interval, Stop};
use judge_report::{Fact, Index, Report, Timeline, file_names, index_page, timeline_page};
use judge_retro::{BrokenRelease, Grid, Recorded, Release, Replay, Replayed, Span, Window};
use serde_json::Value;

use crate::output::Destination;

/// The folder of the pages.
pub(super) struct Pages<'a> {
    folder: PathBuf,
    /// By release.
    files: HashMap<&'a str, String>,
    config: &'a Value,
    replay: &'a Replay,
    facts: Vec<Fact>,
}

impl<'a> Pages<'a> {
    /// Makes the folder for pages of `releases`, where it is missing.
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

    /// Writes the page of a release; what the index says of it.
    pub(super) fn add(
        &self,
        name: &str,
        release: Option<&Release>,
        replayed: &Result<Replayed, BrokenRelease>,
    ) -> anyhow::Result<Entry> {
        let broken = |problem: String| Entry {
            release: name.to_owned(),
            page: None,
            outcome: Outcome::Broken { problem },
        };
        let (release, replayed) = match (release, replayed) {
            (Some(release), Ok(replayed)) => (release, replayed),
            (_, Err(error)) => return Ok(broken(error.to_string())),
            (None, _) => return Ok(broken("it was not read".to_owned())),
        };
        let Some(deciding) = replayed.deciding() else {
            return Ok(broken("it has no interval".to_owned()));
        };
        let timeline = self.timeline(replayed);
        let pairs = pairs(release, deciding.window);
        let warm_up = replayed.intervals.first().and_then(|first| warm_up(replayed, first.window));
        let report = Report {
            name,
            pairs: &pairs,
            config: Some(self.config),
            facts: &self.facts[1..],
            warm_up,
            judged: Some(span(deciding.window.canary)),
            ..Report::of(&deciding.judgement)
        };
        let file = self.files.get(name).cloned().unwrap_or_else(|| file_names([name]).concat());
        let page = timeline_page(&timeline, &report);
        Destination::File(self.folder.join(&file)).write_as_it_is(page.as_bytes())?;
        let outcome = Outcome::from(&timeline);
        Ok(Entry { release: name.to_owned(), page: Some(file), outcome })
    }

    /// Writes the index of all releases.
    pub(super) fn finish(&self, releases: Vec<Entry>) -> anyhow::Result<()> {
        let name = self.config["name"].as_str().unwrap_or_default().to_owned();
        let page = index_page(&Index { name, releases, facts: self.facts.clone() });
        Destination::File(self.folder.join("index.html")).write_as_it_is(page.as_bytes())
    }

    fn timeline(&self, replayed: &Replayed) -> Timeline {
        let last = replayed.intervals.len().saturating_sub(1);
        let deciding = replayed.stage.stopped_at.map_or(last, |number| number - 1);
        let metrics = replayed.deciding().map(|one| one.judgement.metrics.iter());
        let names = metrics.into_iter().flatten().map(|metric| metric.name.clone());
        let intervals = replayed.intervals.iter().map(|one| {
            let metrics = one.judgement.metrics.iter();
            Interval {
                window: span(one.window.canary),
                verdict: one.judgement.verdict,
                score: one.judgement.score,
                classes: metrics.map(|metric| Some(metric.classification)).collect(),
                reason: one.judgement.reason.clone(),
            }
        });
        Timeline {
            release: replayed.release.clone(),
            verdict: replayed.stage.verdict,
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

fn span(span: Span) -> judge_report::Span {
    judge_report::Span { from_millis: span.start_millis, to_millis: span.end_millis }
}

/// From the start of the recording to the first window, where that is later.
fn warm_up(replayed: &Replayed, first: Window) -> Option<judge_report::Span> {
    let end_millis = first.canary.start_millis;
    let before = Span { end_millis, ..replayed.recorded };
    (before.millis() > 0).then(|| span(before))
}

/// Everything that was recorded; a baseline of an earlier time is laid over its canary.
fn pairs(release: &Release, window: Window) -> Vec<MetricPair> {
    let offset = window.canary.start_millis.saturating_sub(window.baseline.start_millis);
    let series = |recorded: &Recorded, grid: Grid, later: i64| {
        let start_millis = grid.start_millis.saturating_add(later);
        let clock = Clock { start_millis, step_millis: grid.step_millis };
        Series {
            values: recorded.values.clone(),
            clock: (!recorded.values.is_empty()).then_some(clock),
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
