//! Suggestions from a store for a query that finds nothing.

mod graphite;
mod influxdb;
mod look;
mod prometheus;

pub(crate) use look::StoreLook;

use crate::kind::StoreKind;

/// A suggestion for `query`; `None` if the store has none.
pub(crate) async fn suggest(look: StoreLook<'_>, kind: StoreKind, query: &str) -> Option<String> {
    match kind {
        StoreKind::Prometheus => prometheus::suggest(look, query).await,
        StoreKind::Graphite => graphite::suggest(look, query).await,
        StoreKind::InfluxDb => influxdb::suggest(look, query).await,
    }
}
