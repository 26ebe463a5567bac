//! Prints results on stdout and messages on stderr.

mod calibration;
mod comparison;
mod destination;
mod explain;
mod json;
mod judges;
mod look;
mod looks;
mod page;
mod problems;
mod proposal;
#[cfg(feature = "retro")]
mod replayed;
mod style;
mod table;
mod text;
mod tried;
mod verdict;

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use judge_calibrate::{Calibration, LooksFigures};
use judge_core::Judgement;
use judge_core::stats::comparison::SampleComparison;
use serde::Serialize;

use crate::args::{Color, ListFormat};
use style::{ERROR, WARNING};

pub(crate) use destination::{Destination, reader_went_away};
pub(crate) use json::{BadLine, FullJudgement, JudgeSummary, Proposed};
pub(crate) use look::{LookLine, MonitorLine, has_points};
pub(crate) use page::{Page, html};
pub(crate) use problems::CheckedFile;
#[cfg(feature = "retro")]
pub(crate) use replayed::{ReleaseCounts, ReleaseLines, replayed_table};
pub(crate) use tried::{Tried, TriedMetric, TriedSide};
pub(crate) use verdict::word as verdict_word;

/// Results, errors and warnings, coloured or not.
#[derive(Debug)]
pub(crate) struct Console {
    color: ColorChoice,
}

impl Console {
    /// Creates a console that follows `color`.
    pub(crate) fn new(color: Color) -> Self {
        Self {
            color: match color {
                Color::Auto => ColorChoice::Auto,
                Color::Always => ColorChoice::Always,
                Color::Never => ColorChoice::Never,
            },
        }
    }

    /// Prints an error.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        self.message(ERROR, "error", &format!("{error:#}"));
    }

    /// Writes a line to `log`, if that file exists.
    pub(crate) fn log_end(&self, line: &str, log: &Path) {
        if log.exists()
            && let Err(error) = std::fs::write(log, format!("{line}\n"))
        {
            self.warning(format_args!("cannot write {}: {error}", log.display()));
        }
    }

    /// Prints a warning.
    pub(crate) fn warning(&self, warning: impl Display) {
        self.message(WARNING, "warning", &warning.to_string());
    }

    fn message(&self, style: Style, kind: &str, message: &str) {
        let mut stderr = AutoStream::new(io::stderr().lock(), self.color);
        let message = text::printable_lines(message);
        // If stderr is closed, nothing can be reported.
        let _ = writeln!(stderr, "{style}{kind}:{style:#} {message}");
    }

    /// Shows a judgement for people.
    pub(crate) fn table(
        &self,
        judgement: &Judgement,
        explained: &[String],
        destination: &Destination,
    ) -> anyhow::Result<()> {
        let mut shown = table::judgement(judgement, destination.width());
        shown.push_str(&explain::metrics(judgement, explained));
        destination.write(shown.as_bytes(), self.color)
    }

    /// Shows a document for programs.
    pub(crate) fn json(
        &self,
        document: &impl Serialize,
        destination: &Destination,
    ) -> anyhow::Result<()> {
        destination.write(json::pretty(document)?.as_bytes(), self.color)
    }

    /// Shows the results of queries.
    pub(crate) fn tried(&self, metrics: &[TriedMetric], format: ListFormat) -> anyhow::Result<()> {
        let shown = match format {
            ListFormat::Table => tried::lines(metrics),
            ListFormat::Json => json::pretty(metrics)?,
        };
        Destination::Stdout.write(shown.as_bytes(), self.color)
    }

    /// Shows lines of a result as soon as they are ready.
    pub(crate) fn line(&self, text: &str) -> anyhow::Result<()> {
        Destination::Stdout.write(text.as_bytes(), self.color)
    }

    /// Shows lines on stderr, beside a result for programs.
    pub(crate) fn note(&self, text: &str) {
        let mut stderr = AutoStream::new(io::stderr().lock(), self.color);
        // If stderr is closed, nothing can be reported.
        let _ = stderr.write_all(text.as_bytes());
    }

    /// Shows the judges.
    pub(crate) fn judges(&self, judges: &[JudgeSummary], format: ListFormat) -> anyhow::Result<()> {
        let shown = match format {
            ListFormat::Table => judges::lines(judges),
            ListFormat::Json => json::pretty(judges)?,
        };
        Destination::Stdout.write(shown.as_bytes(), self.color)
    }

    /// Prints the problems of configs.
    pub(crate) fn problems(&self, files: &[CheckedFile], format: ListFormat) -> anyhow::Result<()> {
        let shown = match format {
            ListFormat::Table => problems::lines(files),
            ListFormat::Json => json::pretty(files)?,
        };
        Destination::Stdout.write(shown.as_bytes(), self.color)
    }

    /// Shows the comparison of two samples.
    pub(crate) fn comparison(
        &self,
        comparison: &SampleComparison,
        format: ListFormat,
    ) -> anyhow::Result<()> {
        let shown = match format {
            ListFormat::Table => comparison::lines(comparison),
            ListFormat::Json => json::pretty(comparison)?,
        };
        Destination::Stdout.write(shown.as_bytes(), self.color)
    }

    /// Shows the figures of a calibration.
    pub(crate) fn calibration(
        &self,
        calibration: &Calibration,
        format: ListFormat,
        destination: &Destination,
    ) -> anyhow::Result<()> {
        let shown = match format {
            ListFormat::Table => calibration::text(calibration, destination.width()),
            ListFormat::Json => json::pretty(calibration)?,
        };
        destination.write(shown.as_bytes(), self.color)
    }

    /// Shows the costs and gains of repeated looks.
    pub(crate) fn looks(
        &self,
        figures: &LooksFigures,
        format: ListFormat,
        destination: &Destination,
    ) -> anyhow::Result<()> {
        let shown = match format {
            ListFormat::Table => looks::text(figures, destination.width()),
            ListFormat::Json => json::pretty(figures)?,
        };
        destination.write(shown.as_bytes(), self.color)
    }

    /// Prints a proposed config, and its effect separately, so that the config can be piped.
    pub(crate) fn proposal(
        &self,
        proposed: &Proposed,
        format: ListFormat,
        destination: &Destination,
    ) -> anyhow::Result<()> {
        let Proposed { proposal, config } = proposed;
        match (format, destination) {
            (ListFormat::Json, _) => {
                self.json(proposed, destination)?;
                if proposal.reaches_target() != Some(true) {
                    self.warning(proposal::target_sentence(proposal));
                }
            }
            (ListFormat::Table, Destination::Stdout) => {
                self.json(config, destination)?;
                let mut stderr = AutoStream::new(io::stderr().lock(), self.color);
                // If stderr is closed, nothing can be reported.
                let _ = stderr.write_all(proposal::text(proposal, None).as_bytes());
            }
            (ListFormat::Table, Destination::File(_)) => {
                self.json(config, destination)?;
                let stdout = Destination::Stdout;
                let shown = proposal::text(proposal, stdout.width());
                stdout.write(shown.as_bytes(), self.color)?;
            }
        }
        Ok(())
    }

    /// Prints lines of releases. Also fails if stdout is closed, because many more lines may follow.
    #[cfg(feature = "retro")]
    pub(crate) fn releases(&self, shown: &[u8]) -> anyhow::Result<()> {
        destination::write_stdout(shown, self.color)
    }

    /// Prints text that contains nothing from the input.
    pub(crate) fn own_text(&self, text: &[u8]) -> anyhow::Result<()> {
        Destination::Stdout.write(text, self.color)
    }
}
