//! Suggestions from Prometheus's names and labels.

use std::collections::BTreeSet;

use judge_points::time;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::look::{StoreLook, did_you_mean, listed};
use crate::gridding::Labels;
use crate::selector::{self, Selector};
use crate::store::prometheus::{names_request, series_request};
use crate::store_request::StoreRequest;

/// Most selectors of a query that are checked.
const MOST_SELECTORS: usize = 3;
/// Most series whose labels are read.
const MOST_SERIES: usize = 500;
pub(super) async fn suggest(look: StoreLook<'_>, query: &str) -> Option<String> {
    for selector in selector::needed_first(query).into_iter().take(MOST_SELECTORS) {
        if let Some(hint) = (SelectorLook { look, selector }).hint().await {
            return Some(hint);
        }
    }
    None
}

struct SelectorLook<'a> {
    look: StoreLook<'a>,
    selector: Selector,
}

#[derive(Deserialize)]
struct Data<T> {
    data: Vec<T>,
}

impl SelectorLook<'_> {
    async fn get<T: DeserializeOwned + Send + 'static>(&self, ask: StoreRequest) -> Option<Vec<T>> {
        let Data { data } = self.look.get(&ask).await?;
        Some(data)
    }

    async fn series(&self, selector: &str) -> Option<Vec<Labels>> {
        self.get(series_request(selector, self.look.grid, MOST_SERIES)).await
    }

    async fn hint(&self) -> Option<String> {
        let name = &self.selector.name;
        let mut known: Vec<Labels> = Vec::new();
        if !name.is_empty() {
            known = self.series(name).await?;
            if known.is_empty() {
                return self.about_name(name).await;
            }
        }
        for (label, matcher) in &self.selector.matchers {
            // Prometheus requires one matcher that is not empty.
            if name.is_empty() && !matcher.contains("=\"") {
                continue;
            }
            if self.series(&self.selector.with([matcher.as_str()])).await?.is_empty() {
                return Some(about_label(name, label, matcher, &known));
            }
        }
        let matchers = self.selector.matchers.iter().map(|(_, matcher)| matcher.as_str());
        let whole = self.selector.with(matchers);
        if self.series(&whole).await?.is_empty() {
            return Some(format!("each matcher of {whole} has series, but no series has them all"));
        }
        None
    }

    async fn about_name(&self, name: &str) -> Option<String> {
        let names: Vec<String> = self.get(names_request(Some(self.look.grid))).await?;
        if names.is_empty() {
            let (start, end) = (
                time::show(self.look.grid.start_millis()),
                time::show(self.look.grid.end_millis()),
            );
            return Some(format!("the store has no series at all from {start} to {end}"));
        }
        let meant = did_you_mean(name, &names);
        Some(format!("no series is called {name} in that time{meant}"))
    }
}

fn about_label(name: &str, label: &str, matcher: &str, known: &[Labels]) -> String {
    let values: BTreeSet<&str> =
        known.iter().filter_map(|labels| labels.get(label)).map(String::as_str).collect();
    if known.is_empty() {
        return format!("no series has {matcher} in that time");
    }
    if values.is_empty() {
        let labels: BTreeSet<&str> =
            known.iter().flat_map(|labels| labels.keys()).map(String::as_str).collect();
        let labels = listed(labels.into_iter().filter(|label| *label != "__name__"));
        return format!(
            "no series of {name} has the label {label} in that time; they have {labels}"
        );
    }
    let values = listed(values.into_iter());
    format!("no series of {name} has {matcher} in that time; {label} is {values}")
}
