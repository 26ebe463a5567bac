//! The outcome of a watched canary.

use anyhow::bail;
use judge_core::stage::{Stage, because_line, because_of, show_length};
use judge_core::{Judgement, Verdict};
use serde::Serialize;

use super::display::WatchDisplay;
use super::look::{JudgedLook, Look, Unjudged, WatchEnd};
use crate::args::{ListFormat, WatchArgs};
use crate::commands::exit::Exit;
use crate::input::MOST_NAMES;
use crate::output::{Destination, verdict_word};

/// The stage of a canary with its looks.
pub(super) struct WatchOutcome {
    pub(super) stage: Stage,
    pub(super) ended: WatchEnd,
    pub(super) looks: Vec<Look>,
    pub(super) start: i64,
    pub(super) reason: String,
    /// Number of planned looks.
    count: usize,
}

/// All looks, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    /// `None` if the end was not judged.
    verdict: Option<Verdict>,
    ended: WatchEnd,
    /// The look, from 1, that stopped the canary.
    stopped_at: Option<usize>,
    because_of: Vec<String>,
    reason: &'a str,
    looks: Vec<DocumentLook<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DocumentLook<'a> {
    interval: usize,
    start_millis: i64,
    end_millis: i64,
    baseline_start_millis: i64,
    baseline_end_millis: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    judgement: Option<&'a Judgement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl WatchOutcome {
    pub(super) fn new(
        stage: Stage,
        ended: WatchEnd,
        looks: Vec<Look>,
        count: usize,
        start: i64,
    ) -> Self {
        let mut outcome = Self { stage, ended, looks, start, reason: String::new(), count };
        outcome.reason = outcome.one_line();
        outcome
    }

    /// The verdict on the canary, unless its end was not judged, or the watch was stopped before it had data.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        (!self.is_end_unjudged() && !self.is_stopped_without_data()).then_some(self.stage.verdict)
    }

    /// Whether the last look has no judgement: the source failed, or no query found a point.
    fn is_end_unjudged(&self) -> bool {
        matches!(self.ended, WatchEnd::SourceFailed | WatchEnd::NothingFound)
    }

    /// In one line, why there is no verdict; `None` if there is one.
    pub(super) fn why_no_verdict(&self) -> Option<String> {
        if self.is_stopped_without_data() {
            return Some("stopped before any metric could be judged".to_owned());
        }
        let look = self.looks.last().filter(|_| self.is_end_unjudged())?;
        let failed = look.judged.as_ref().err()?.first_line();
        Some(format!("look {} of {} was not judged: {failed}", look.window.interval, self.count))
    }

    /// Whether somebody stopped the watch while metrics had no points or too few. A look before the last passes then.
    fn is_stopped_without_data(&self) -> bool {
        self.ended == WatchEnd::Interrupted
            && self.deciding().is_some_and(|(_, judged)| !judged.judgement.has_data())
    }

    /// The looks that were judged.
    pub(super) fn judged_looks(&self) -> impl Iterator<Item = (&Look, &JudgedLook)> {
        self.looks.iter().filter_map(|look| Some((look, look.judged.as_ref().ok()?)))
    }

    /// The look that decided: the one that stopped or passed the canary early, else the last.
    pub(super) fn deciding(&self) -> Option<(&Look, &JudgedLook)> {
        match self.stage.ended_at() {
            Some(number) => self.judged_looks().nth(number - 1),
            None => self.judged_looks().last(),
        }
    }

    fn one_line(&self) -> String {
        let Some((look, judged)) = self.deciding() else {
            return String::new();
        };
        let judgement = &judged.judgement;
        let verdict = verdict_word(self.stage.verdict);
        let interval = look.window.interval;
        let after = look.window.canary.end_millis.saturating_sub(self.start).unsigned_abs();
        let begin = match self.why_no_verdict() {
            Some(why) => format!("NO VERDICT  {why}; before: {verdict}, "),
            None => format!("{verdict}  "),
        };
        let mut line = format!(
            "{begin}score {} at look {interval} of {}, after {}",
            judgement.score,
            self.count,
            show_length(after)
        );
        line.push_str(&because_line(judgement, MOST_NAMES));
        match self.ended {
            WatchEnd::Interrupted if self.is_stopped_without_data() => {}
            WatchEnd::Interrupted => line.push_str("; stopped before the end"),
            WatchEnd::PassedEarly => line.push_str("; harm of the size that matters is ruled out"),
            WatchEnd::Stopped
            | WatchEnd::Lifetime
            | WatchEnd::SourceFailed
            | WatchEnd::NothingFound => {}
        }
        line
    }

    /// Writes the deciding judgement and all looks in the requested formats.
    pub(super) fn write(
        &self,
        args: &WatchArgs,
        display: &mut WatchDisplay<'_>,
    ) -> anyhow::Result<()> {
        if let Some((_, judged)) = self.deciding() {
            for warning in &judged.judgement.warnings {
                display.warn(warning.to_string());
            }
            let console = display.console();
            if args.format == ListFormat::Table {
                console.line("\n")?;
                console.table(&judged.judgement, &[], &Destination::Stdout)?;
                console.line("\n")?;
            }
        }
        let console = display.console();
        if args.format == ListFormat::Json {
            console.json(&self.document(), &Destination::Stdout)?;
        }
        if let Some(output) = &args.output {
            console.json(&self.document(), &Destination::from(output.clone()))?;
        }
        Ok(())
    }

    fn document(&self) -> Document<'_> {
        let stopped_at = self
            .stage
            .stopped_at
            .and_then(|_| self.deciding())
            .map(|(look, _)| look.window.interval);
        Document {
            verdict: self.verdict(),
            ended: self.ended,
            stopped_at,
            because_of: self
                .deciding()
                .map(|(_, judged)| because_of(&judged.judgement))
                .unwrap_or_default(),
            reason: &self.reason,
            looks: self.looks.iter().map(document_look).collect(),
        }
    }
}

fn document_look(look: &Look) -> DocumentLook<'_> {
    let (canary, baseline) = (look.window.canary, look.window.baseline);
    let (judgement, error) = match &look.judged {
        Ok(judged) => (Some(&judged.judgement), None),
        Err(failed) => (None, Some(failed.to_string())),
    };
    DocumentLook {
        interval: look.window.interval,
        start_millis: canary.start_millis,
        end_millis: canary.end_millis,
        baseline_start_millis: baseline.start_millis,
        baseline_end_millis: baseline.end_millis,
        judgement,
        error,
    }
}

/// The exit code of a verdict; without one, the exit code of how the watch ended.
pub(super) fn exit(verdict: Option<Verdict>, ended: WatchEnd, args: &WatchArgs) -> Exit {
    match verdict {
        None if ended == WatchEnd::Interrupted => Exit::Interrupted,
        None if ended == WatchEnd::NothingFound => Exit::BadInput,
        None => Exit::Other,
        Some(verdict) => Exit::from_verdict(verdict, &args.end),
    }
}

/// Ends a watch that saw no `look`, with the reason.
pub(super) fn end_without_verdict(
    ended: WatchEnd,
    unjudged: Option<Unjudged>,
    look: &str,
    args: &WatchArgs,
    display: &WatchDisplay<'_>,
) -> anyhow::Result<Exit> {
    let reason = match (&ended, &unjudged) {
        (WatchEnd::Interrupted, _) => format!("stopped before the first {look}"),
        (_, Some(why)) => format!("no {look}: {}", why.first_line()),
        (_, None) => format!("no {look}"),
    };
    display.reason(&reason, &args.end.termination_log)?;
    match (ended, unjudged) {
        (WatchEnd::Interrupted, _) => Ok(Exit::Interrupted),
        (_, Some(Unjudged::SourceFailed(failed))) => Err(failed.into()),
        (_, Some(Unjudged::NothingFound(error))) => Err(error.into()),
        (_, None) => bail!("{reason}"),
    }
}
