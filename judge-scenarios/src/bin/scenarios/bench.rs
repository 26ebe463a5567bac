//! Judges canaries, and counts those that a judge refuses.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use judge_core::judges::{Judge, Scratch};
use judge_core::{JudgeRequest, Judgement};
use serde::Serialize;

/// Judges canaries and counts refusals. Refused canaries are in no rate, so a measurement ends with
/// [`Bench::finish`].
#[derive(Default)]
pub(crate) struct Bench {
    scratch: Scratch,
    /// By the judge's name.
    refused: BTreeMap<String, Refusals>,
}

/// The refusals of a judge.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Refusals {
    pub(crate) count: u64,
    /// The reason for the first refusal.
    pub(crate) first: String,
}

impl Bench {
    /// Judges `request`; `None` if `judge` refuses it.
    pub(crate) fn judge(&mut self, judge: &dyn Judge, request: &JudgeRequest) -> Option<Judgement> {
        match judge.judge_with(request, &mut self.scratch) {
            Ok(judgement) => Some(judgement),
            Err(refused) => {
                let new = || Refusals { count: 0, first: refused.to_string() };
                self.refused.entry(judge.name().to_owned()).or_insert_with(new).count += 1;
                None
            }
        }
    }

    /// Adds the refusals that another thread counted.
    pub(crate) fn add(&mut self, other: Self) {
        for (judge, refusals) in other.refused {
            let new = Refusals { count: 0, first: refusals.first };
            self.refused.entry(judge).or_insert(new).count += refusals.count;
        }
    }

    /// The refusals by the judge's name.
    pub(crate) fn refused(&self) -> &BTreeMap<String, Refusals> {
        &self.refused
    }

    /// # Errors
    /// If a judge refused a canary, since the rates then cover fewer canaries than requested.
    pub(crate) fn finish(self) -> Result<()> {
        if self.refused.is_empty() {
            return Ok(());
        }
        let lines = self.refused.iter().map(|(judge, Refusals { count, first })| {
            format!("{judge} refused {count} judgements, which are in no rate; the first: {first}")
        });
        bail!("{}", lines.collect::<Vec<_>>().join("\n"))
    }
}
