//! The results of `scenarios real`.

use std::collections::BTreeMap;

use judge_core::config::Direction;
use serde::Serialize;

use super::rows::RealRow;
use crate::bench::Refusals;

/// All results, for tables and JSON.
#[derive(Serialize)]
pub(super) struct RealReport<'a> {
    pub(super) seeds: &'static str,
    pub(super) direction: Direction,
    pub(super) points: Vec<usize>,
    pub(super) judges: [&'static str; 4],
    pub(super) rows: Vec<RealRow>,
    pub(super) refused: &'a BTreeMap<String, Refusals>,
}
