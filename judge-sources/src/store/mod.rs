//! The stores: a file each. A store makes its text out of a config's query, a request out of the text, and series
//! out of the answer.

pub(crate) mod graphite;
pub(crate) mod influxdb;
pub(crate) mod prometheus;

use crate::ask::{Ask, StoreAnswer, Wanted};
use crate::compat::Compat;
use crate::error::AnswerError;
use crate::grid::Grid;
use crate::kind::StoreKind;
use crate::scope::Scope;

impl StoreKind {
    /// Most points that a store gives at once.
    pub(crate) fn most_points(self) -> usize {
        match self {
            Self::Prometheus => prometheus::MOST_POINTS,
            Self::Graphite | Self::InfluxDb => usize::MAX,
        }
    }

    /// The times that are asked for. Kayenta asks Prometheus, which takes the end in, for the end too.
    pub(crate) fn grid(self, grid: Grid, compat: Compat) -> Grid {
        match (self, compat) {
            (Self::Prometheus, Compat::Kayenta) => grid.with_its_end(),
            _ => grid,
        }
    }

    /// Labels that the store's reader makes, to tell series of one answer apart.
    pub(crate) fn made_label(self) -> Option<&'static str> {
        match self {
            Self::Prometheus => None,
            Self::Graphite => Some(graphite::TARGET),
            Self::InfluxDb => Some(influxdb::FIELD),
        }
    }

    /// The request for the series that are wanted.
    pub(crate) fn ask(self, wanted: &Wanted<'_>) -> Ask {
        match self {
            Self::Prometheus => prometheus::ask(wanted.text, wanted.grid),
            Self::Graphite => graphite::ask(wanted),
            Self::InfluxDb => influxdb::ask(wanted),
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
