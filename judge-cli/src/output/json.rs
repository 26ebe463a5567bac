//! JSON for programs.

use judge_calibrate::Proposal;
use judge_core::{JudgeRequest, Judgement, kayenta};
use serde::Serialize;
use serde_json::Value;

/// A document over several lines, with a newline at its end.
pub(crate) fn pretty<T: Serialize + ?Sized>(document: &T) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}

/// A judgement with the request that was judged, as Kayenta posts it.
#[derive(Debug, Serialize)]
pub(crate) struct FullJudgement<'a> {
    #[serde(flatten)]
    judgement: &'a Judgement,
    request: Value,
}

impl<'a> FullJudgement<'a> {
    /// `judgement` is the judgement of `request`, whose config was read from `config`.
    pub(crate) fn new(
        judgement: &'a Judgement,
        request: &JudgeRequest,
        config: &Value,
    ) -> serde_json::Result<Self> {
        Ok(Self { judgement, request: serde_json::to_value(kayenta::request(config, request))? })
    }
}

/// A proposal, and the config with its allowances.
#[derive(Debug, Serialize)]
pub(crate) struct Proposed {
    /// The proposal.
    #[serde(flatten)]
    pub(crate) proposal: Proposal,
    /// The config as written, with the allowances.
    pub(crate) config: Value,
}

/// A judge in a list.
#[derive(Debug, Serialize)]
pub(crate) struct JudgeSummary {
    /// Its name in configs.
    pub(crate) name: &'static str,
    /// Its summary.
    pub(crate) summary: &'static str,
    /// Whether it is the judge of configs that name none.
    pub(crate) default: bool,
}

/// The output for a bad line, in place of a result.
#[derive(Debug, Serialize)]
pub(crate) struct BadLine<'a> {
    error: BadLineError<'a>,
}

#[derive(Debug, Serialize)]
struct BadLineError<'a> {
    line: u64,
    field: &'a str,
    message: &'a str,
}

impl<'a> BadLine<'a> {
    /// Line `line`, from 1, is bad at `field`.
    pub(crate) fn new(line: u64, field: &'a str, message: &'a str) -> Self {
        Self { error: BadLineError { line, field, message } }
    }
}
