//! What stores are asked, and what they answer.

use judge_points::prometheus::LabelledSeries;

use crate::compat::Compat;
use crate::grid::Grid;

/// A request without host, credentials and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    /// Below the source's URL.
    pub(crate) path: &'static str,
    /// In order.
    pub(crate) params: Vec<(&'static str, String)>,
}

/// What a request is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The text that the store takes.
    pub(crate) text: &'a str,
    /// The times.
    pub(crate) grid: Grid,
    /// Whose rules are followed.
    pub(crate) compat: Compat,
    /// InfluxDB's database.
    pub(crate) database: &'a str,
}

/// Series as a store has them, at times of its own.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct StoreAnswer {
    pub(crate) series: Vec<LabelledSeries>,
    /// What the store says of its answer.
    pub(crate) said: Vec<String>,
}
