//! The stores: a file each. A store makes its text out of a config's query, a request out of the text, and series
//! out of the answer.

pub(crate) mod prometheus;

use judge_points::prometheus::LabelledSeries;

use crate::error::AnswerError;
use crate::grid::Grid;
use crate::query::StoreKind;

/// A request without host, credentials and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    /// Below the source's URL.
    pub(crate) path: &'static str,
    /// In order.
    pub(crate) params: Vec<(&'static str, String)>,
}

/// Series as a store has them, at times of its own.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Answer {
    pub(crate) series: Vec<LabelledSeries>,
    /// What the store says of its answer.
    pub(crate) said: Vec<String>,
}

impl StoreKind {
    /// Most points that a store gives at once.
    pub(crate) fn most_points(self) -> usize {
        match self {
            Self::Prometheus => prometheus::MOST_POINTS,
        }
    }

    /// The request for the series of `text` at the times of `grid`.
    pub(crate) fn ask(self, text: &str, grid: Grid) -> Ask {
        match self {
            Self::Prometheus => prometheus::ask(text, grid),
        }
    }

    /// The series of an answer.
    pub(crate) fn read(self, body: &[u8]) -> Result<Answer, AnswerError> {
        match self {
            Self::Prometheus => prometheus::read(body),
        }
    }
}
