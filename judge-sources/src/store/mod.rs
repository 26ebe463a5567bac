//! The stores, one file each. A store builds its text from a config's query, a request from the text, and
//! series from the answer.

pub(crate) mod graphite;
pub(crate) mod influxdb;
pub(crate) mod prometheus;

use crate::compat::Compat;
use crate::error::AnswerError;
use crate::grid::Grid;
use crate::kind::StoreKind;
use crate::scope::Scope;
use crate::store_request::{RequestInput, StoreAnswer, StoreRequest};

impl StoreKind {
    /// Most points of a series in one answer of the store.
    pub(crate) fn most_points(self) -> usize {
        match self {
            Self::Prometheus => prometheus::MOST_POINTS,
            Self::Graphite | Self::InfluxDb => usize::MAX,
        }
    }

    /// The requested times. Kayenta requests the end from Prometheus, too, which includes it.
    pub(crate) fn grid(self, grid: Grid, compat: Compat) -> Grid {
        match (self, compat) {
            (Self::Prometheus, Compat::Kayenta) => grid.with_its_end(),
            _ => grid,
        }
    }

    /// Labels that the store's reader adds, to distinguish the series of one answer.
    pub(crate) fn made_label(self) -> Option<&'static str> {
        match self {
            Self::Prometheus => None,
            Self::Graphite => Some(graphite::TARGET),
            Self::InfluxDb => Some(influxdb::FIELD),
        }
    }

    /// The request for the series.
    pub(crate) fn request(self, wanted: &RequestInput<'_>) -> StoreRequest {
        match self {
            Self::Prometheus => prometheus::request(wanted.text, wanted.grid),
            Self::Graphite => graphite::request(wanted),
            Self::InfluxDb => influxdb::request(wanted),
        }
    }

    /// The series of an answer for `scope`.
    pub(crate) fn read(self, body: &[u8], scope: &Scope) -> Result<StoreAnswer, AnswerError> {
        match self {
            Self::Prometheus => prometheus::read(body),
            Self::Graphite => graphite::read(body, scope),
            Self::InfluxDb => influxdb::read(body),
        }
    }
}
