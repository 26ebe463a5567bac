//! All that was measured of proposals.

use std::collections::BTreeMap;

use judge_core::config::Direction;
use serde::Serialize;

use super::proposal::Proposal;
use super::rows::Row;
use crate::bench::Refusals;

/// All that was measured.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    pub(super) seeds: &'static str,
    pub(super) direction: Direction,
    pub(super) cap: f64,
    pub(super) rows: Vec<Row>,
    pub(super) proposals: Vec<Proposal>,
    pub(super) refused: &'a BTreeMap<String, Refusals>,
}
