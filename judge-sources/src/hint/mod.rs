//! What a store suggests where a query finds nothing.

mod graphite;
mod influxdb;
mod look;
mod prometheus;

pub(crate) use look::StoreLook;

use crate::kind::StoreKind;

/// What to say about `query`; nothing where the store does not tell.
pub(crate) async fn suggest(look: StoreLook<'_>, kind: StoreKind, query: &str) -> Option<String> {
    match kind {
        StoreKind::Prometheus => prometheus::suggest(look, query).await,
        StoreKind::Graphite => graphite::suggest(look, query).await,
        StoreKind::InfluxDb => influxdb::suggest(look, query).await,
    }
}
