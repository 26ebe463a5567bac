//! Kinds of stores.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which kind of store is asked: a metric's `query.type`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum StoreKind {
    /// Prometheus, and what speaks its API: Thanos, Mimir, Cortex, VictoriaMetrics, managed ones.
    #[default]
    Prometheus,
    /// Graphite, and what speaks its render API.
    Graphite,
    /// InfluxDB 1.x, and what speaks its query API.
    InfluxDb,
}

impl StoreKind {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Prometheus, Self::Graphite, Self::InfluxDb];

    /// As a config writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Graphite => "graphite",
            Self::InfluxDb => "influxdb",
        }
    }

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
