//! Writes the judgements of each release, interval and metric in the requested format.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use judge_retro::frame::{ParquetRows, csv_header, write_csv, write_json};
use judge_retro::store::RELEASES_PER_PART;
use judge_retro::{BrokenRelease, FrameFormat, ReleaseLine, Replayed, Store};

use super::error::WrongFormat;
use crate::args::FrameFormatArg;
use crate::output::replayed_table;

/// The requested format, and whether a file gets the judgements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutputChoice {
    format: FrameFormatArg,
    to_file: bool,
}

impl OutputChoice {
    pub(super) fn new(
        format: Option<FrameFormatArg>,
        output: Option<&Path>,
    ) -> Result<Self, WrongFormat> {
        let to_file = output.is_some();
        let format = match (format, output) {
            (Some(FrameFormatArg::Parquet), None) => return Err(WrongFormat::ParquetOnStdout),
            (Some(FrameFormatArg::Lines), Some(_)) => return Err(WrongFormat::Lines),
            (Some(format), _) => format,
            (None, None) => FrameFormatArg::Lines,
            (None, Some(output)) => from_extension(output)?,
        };
        Ok(Self { format, to_file })
    }

    /// Whether stdout shows one line per release.
    pub(super) fn shows_lines(self) -> bool {
        self.to_file || self.format == FrameFormatArg::Lines
    }

    /// Encodes a release.
    pub(super) fn encode(
        self,
        release: &str,
        replayed: &Result<Replayed, BrokenRelease>,
    ) -> Encoded {
        let line = ReleaseLine::new(release, replayed);
        let mut text = Vec::new();
        let written = match self.format {
            FrameFormatArg::Lines => Ok(()),
            FrameFormatArg::Table if self.to_file => {
                let table = replayed_table(release, replayed);
                write!(text, "{}", anstream::adapter::strip_str(&table))
            }
            FrameFormatArg::Table => text.write_all(replayed_table(release, replayed).as_bytes()),
            FrameFormatArg::Json => write_json(&mut text, release, replayed),
            FrameFormatArg::Csv => write_csv(&mut text, release, replayed),
            FrameFormatArg::Parquet => {
                let mut rows = ParquetRows::default();
                rows.add(release, replayed);
                return Encoded { line, frame: Ok(Frame::Rows(Box::new(rows))) };
            }
        };
        Encoded { line, frame: written.map(|()| Frame::Text(text)) }
    }

    fn header(self) -> String {
        if self.format == FrameFormatArg::Csv { csv_header() } else { String::new() }
    }
}

fn from_extension(output: &Path) -> Result<FrameFormatArg, WrongFormat> {
    let ending = output.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    Ok(match ending.to_ascii_lowercase().as_str() {
        "csv" => FrameFormatArg::Csv,
        "json" | "ndjson" | "jsonl" => FrameFormatArg::Json,
        "parquet" | "pq" => FrameFormatArg::Parquet,
        "txt" => FrameFormatArg::Table,
        _ => return Err(WrongFormat::Unknown(output.display().to_string())),
    })
}

/// An encoded release.
pub(super) struct Encoded {
    pub(super) line: ReleaseLine,
    frame: io::Result<Frame>,
}

enum Frame {
    Text(Vec<u8>),
    Rows(Box<ParquetRows>),
}

/// Collects releases in order.
pub(super) struct Sink {
    wanted: OutputChoice,
    store: Option<Store>,
    lines: Vec<ReleaseLine>,
    text: Vec<u8>,
    rows: ParquetRows,
}

impl Sink {
    pub(super) fn new(wanted: OutputChoice, store: Option<Store>) -> Self {
        Self { wanted, store, lines: Vec::new(), text: Vec::new(), rows: ParquetRows::default() }
    }

    /// The text on stdout before the first release.
    pub(super) fn header(&self) -> String {
        if self.store.is_some() { String::new() } else { self.wanted.header() }
    }

    /// Adds a release; returns its text for stdout.
    pub(super) fn add(&mut self, encoded: Encoded) -> anyhow::Result<Vec<u8>> {
        let frame = encoded.frame.context("a judgement cannot be written")?;
        if self.store.is_none() {
            return Ok(match frame {
                Frame::Text(text) => text,
                Frame::Rows(_) => Vec::new(),
            });
        }
        match frame {
            Frame::Text(mut text) => self.text.append(&mut text),
            Frame::Rows(rows) => self.rows.append(*rows),
        }
        self.lines.push(encoded.line);
        if self.lines.len() == RELEASES_PER_PART {
            self.add_part()?;
        }
        Ok(Vec::new())
    }

    fn add_part(&mut self) -> anyhow::Result<()> {
        let Some(store) = &mut self.store else { return Ok(()) };
        let lines = std::mem::take(&mut self.lines);
        let text = std::mem::take(&mut self.text);
        let rows = std::mem::take(&mut self.rows);
        let frame =
            if self.wanted.format == FrameFormatArg::Parquet { rows.into_part()? } else { text };
        Ok(store.add(&frame, lines)?)
    }

    /// Number of releases from which a later run can continue; `None` without an output file.
    pub(super) fn kept(&self) -> Option<usize> {
        self.store.as_ref().map(Store::done)
    }

    /// Finishes the output.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        if !self.lines.is_empty() {
            self.add_part()?;
        }
        let Some(store) = self.store else { return Ok(()) };
        let format = match self.wanted.format {
            FrameFormatArg::Parquet => FrameFormat::Parquet,
            _ => FrameFormat::Text { header: self.wanted.header() },
        };
        store.finish(&format)?;
        Ok(())
    }
}
