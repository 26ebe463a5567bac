//! The results of `scenarios propose`.

use std::collections::BTreeMap;

use judge_core::config::Direction;
use serde::Serialize;

use super::proposal::SeriesProposal;
use super::rows::ProposalRow;
use crate::bench::Refusals;

/// All results, for tables and JSON.
#[derive(Serialize)]
pub(super) struct ProposalReport<'a> {
    pub(super) seeds: &'static str,
    pub(super) direction: Direction,
    pub(super) cap: f64,
    pub(super) rows: Vec<ProposalRow>,
    pub(super) proposals: Vec<SeriesProposal>,
    pub(super) refused: &'a BTreeMap<String, Refusals>,
}
