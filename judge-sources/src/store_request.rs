//! Requests to stores, and their answers.

use judge_points::prometheus::LabelledSeries;

use crate::compat::Compat;
use crate::grid::Grid;

/// A request without host, credentials and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreRequest {
    /// The path, relative to the source's URL.
    pub(crate) path: &'static str,
    /// The parameters, in order.
    pub(crate) params: Vec<(&'static str, String)>,
}

/// Input of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestInput<'a> {
    /// The text of the query.
    pub(crate) text: &'a str,
    /// The times.
    pub(crate) grid: Grid,
    /// Rules for points and pairs: our own, or Kayenta's.
    pub(crate) compat: Compat,
    /// InfluxDB's database.
    pub(crate) database: &'a str,
}

/// Series of an answer, at the store's own times.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct StoreAnswer {
    pub(crate) series: Vec<LabelledSeries>,
    /// Remarks of the store about its answer.
    pub(crate) said: Vec<String>,
}

impl StoreAnswer {
    /// Whether all points are at times of `grid`.
    pub(crate) fn is_at_times_of(&self, grid: Grid) -> bool {
        let mut times = self.series.iter().flat_map(|series| &series.times);
        times.all(|time| grid.point(*time).is_some())
    }
}
