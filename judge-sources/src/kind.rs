//! Kinds of stores.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of a store: a metric's `query.type`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum StoreKind {
    /// Prometheus, and services with its API: Thanos, Mimir, Cortex, VictoriaMetrics, managed services.
    #[default]
    Prometheus,
    /// Graphite, and services with its render API.
    Graphite,
    /// InfluxDB 1.x, and services with its query API.
    InfluxDb,
}

impl StoreKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Prometheus, Self::Graphite, Self::InfluxDb];

    /// Name of the kind in configs.
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
