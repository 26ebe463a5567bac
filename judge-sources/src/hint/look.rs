//! Reads the names in a store, and words suggestions.

use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::client::SourceClient;
use crate::grid::Grid;
use crate::store_request::StoreRequest;

/// Most values that are listed.
const MOST_VALUES: usize = 8;
/// Names at least this similar, from 0 to 1, are suggested.
const SIMILAR: f64 = 0.5;

/// Reads the names in a store, for a query without a result.
#[derive(Clone, Copy)]
pub(crate) struct StoreLook<'a> {
    pub(crate) source: &'a SourceClient,
    pub(crate) grid: Grid,
    pub(crate) deadline: Instant,
    /// InfluxDB's database.
    pub(crate) database: &'a str,
}

impl StoreLook<'_> {
    pub(super) async fn get<T: DeserializeOwned + Send + 'static>(
        self,
        ask: &StoreRequest,
    ) -> Option<T> {
        let read = |body: Vec<u8>| serde_json::from_slice(&body).ok();
        self.source.answer(ask, self.deadline, read).await.ok()?
    }
}

/// The name that was probably meant by `name`.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let rate = |known: &&String| strsim::normalized_damerau_levenshtein(name, known);
    let nearest = known.iter().max_by(|one, other| rate(one).total_cmp(&rate(other)))?;
    (rate(&nearest) >= SIMILAR).then_some(nearest.as_str())
}

/// The name that was probably meant, as the end of a sentence.
pub(super) fn did_you_mean(name: &str, known: &[String]) -> String {
    nearest(name, known).map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"))
}

pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.take(MOST_VALUES + 1).collect();
    if names.len() > MOST_VALUES {
        names[MOST_VALUES] = "...";
    }
    names.join(", ")
}
