//! What a store's labels suggest where a query finds nothing.

use std::collections::BTreeSet;

use judge_points::time;
use serde::Deserialize;
use tokio::time::Instant;

use crate::client::Source;
use crate::grid::Grid;
use crate::place::Labels;
use crate::selector::{self, Selector};
use crate::store::Ask;
use crate::store::prometheus::{ask_names, ask_series};

/// Most selectors of a query that are looked at.
const MOST_SELECTORS: usize = 3;
/// Most series that are looked at for their labels.
const MOST_SERIES: usize = 500;
/// Most values that are listed.
const MOST_VALUES: usize = 8;
/// Names at least this similar, from 0 to 1, are offered.
const SIMILAR: f64 = 0.5;

/// What to say about a query without a result; nothing where the store does not tell.
pub(crate) async fn suggest(
    source: &Source,
    query: &str,
    grid: Grid,
    deadline: Instant,
) -> Option<String> {
    for selector in selector::all(query).into_iter().take(MOST_SELECTORS) {
        let look = Look { source, grid, deadline, selector };
        if let Some(hint) = look.hint().await {
            return Some(hint);
        }
    }
    None
}

struct Look<'a> {
    source: &'a Source,
    grid: Grid,
    deadline: Instant,
    selector: Selector,
}

#[derive(Deserialize)]
struct Data<T> {
    data: Vec<T>,
}

impl Look<'_> {
    async fn get<T: for<'de> Deserialize<'de>>(&self, ask: Ask) -> Option<Vec<T>> {
        let body = self.source.answer(&ask, self.deadline).await.ok()?;
        let Data { data } = serde_json::from_slice(&body).ok()?;
        Some(data)
    }

    async fn series(&self, selector: &str) -> Option<Vec<Labels>> {
        self.get(ask_series(selector, self.grid, MOST_SERIES)).await
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
            // Prometheus wants one matcher that is not empty.
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
        let names: Vec<String> = self.get(ask_names(self.grid)).await?;
        if names.is_empty() {
            let (start, end) =
                (time::show(self.grid.start_millis()), time::show(self.grid.end_millis()));
            return Some(format!("the store has no series at all from {start} to {end}"));
        }
        let rate = |known: &&String| strsim::normalized_damerau_levenshtein(name, known);
        let nearest = names.iter().max_by(|one, other| rate(one).total_cmp(&rate(other)));
        Some(match nearest.filter(|nearest| rate(nearest) >= SIMILAR) {
            Some(nearest) => {
                format!("no series is called {name} in that time; did you mean {nearest}?")
            }
            None => format!("no series is called {name} in that time"),
        })
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

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.take(MOST_VALUES + 1).collect();
    if names.len() > MOST_VALUES {
        names[MOST_VALUES] = "...";
    }
    names.join(", ")
}
