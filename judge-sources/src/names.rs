//! Names of the metrics in a store.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use crate::client::AskFailure;
use crate::error::{AnswerError, Cause};
use crate::fetch::Sources;
use crate::kind::StoreKind;
use crate::store::prometheus::names_request;

#[derive(Deserialize)]
struct MetricNames {
    data: Vec<String>,
}

impl Sources {
    /// The names of the metrics of a source, as the store lists them; empty if there is no such source, or if
    /// its kind of store has no such list.
    ///
    /// # Errors
    /// If the store does not answer within `timeout`, retries included.
    pub async fn metric_names(
        &self,
        source: &str,
        timeout: Duration,
    ) -> Result<Vec<String>, Cause> {
        let found = self.named(source).filter(|found| found.settings.kind == StoreKind::Prometheus);
        let Some(found) = found else { return Ok(Vec::new()) };
        let read = |body: Vec<u8>| serde_json::from_slice::<MetricNames>(&body);
        let read = found.answer(&names_request(None), Instant::now() + timeout, read).await;
        let read =
            read.map_err(|AskFailure { attempts, error }| Cause::Ask { attempts, cause: error })?;
        let unread = |error: serde_json::Error| AnswerError::Json {
            store: "Prometheus",
            why: error.to_string(),
        };
        Ok(read.map_err(unread)?.data)
    }
}
