//! The queries of a canary config.

use std::collections::BTreeSet;

use judge_core::{JudgeError, Problem, Severity};
use serde_json::Value;

use crate::fields::Fields;
use crate::grid::Grid;
use crate::kind::StoreKind;
use crate::query_text::{QueryError, Templates};
use crate::scope::Scope;
use crate::store::graphite::GraphiteQuery;
use crate::store::influxdb::InfluxDbQuery;
use crate::store::prometheus::PrometheusQuery;

/// The part of a metric's query that its kind of store reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreQuery {
    Prometheus(PrometheusQuery),
    Graphite(GraphiteQuery),
    InfluxDb(InfluxDbQuery),
}

/// The query of one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricQuery {
    /// Name of the metric in the config.
    pub metric: String,
    /// Name of the source, if the config has one: `query.source`.
    pub source: Option<String>,
    /// Labels that do not distinguish series: `query.ignoreLabels`.
    pub ignore_labels: BTreeSet<String>,
    pub(crate) path: String,
    pub(crate) store: StoreQuery,
}

impl MetricQuery {
    /// Kind of store that answers it.
    pub fn kind(&self) -> StoreKind {
        match self.store {
            StoreQuery::Prometheus(_) => StoreKind::Prometheus,
            StoreQuery::Graphite(_) => StoreKind::Graphite,
            StoreQuery::InfluxDb(_) => StoreKind::InfluxDb,
        }
    }

    /// Checks that its text can be built for one side, whatever the times are.
    ///
    /// # Errors
    /// As [`MetricQuery::text`].
    pub fn check(&self, scope: &Scope) -> Result<(), QueryError> {
        self.text(scope, Grid::ONE).map(|_| ())
    }

    /// The text that is sent to its store for one side. Only the text for InfluxDB contains the times of
    /// `grid`.
    ///
    /// # Errors
    /// If the scope lacks a value that the query needs, or a value would change the query around it.
    pub fn text(&self, scope: &Scope, grid: Grid) -> Result<String, QueryError> {
        match &self.store {
            StoreQuery::Prometheus(query) => query.text(scope),
            StoreQuery::Graphite(query) => query.text(scope),
            StoreQuery::InfluxDb(query) => query.text(scope, grid),
        }
    }
}

/// All queries of a config, in its order: one for each metric.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queries {
    pub(crate) all: Vec<MetricQuery>,
}

impl Queries {
    /// Reads the queries of a config document.
    ///
    /// # Errors
    /// With all problems of all queries.
    ///
    /// # Example
    /// ```
    /// use judge_sources::{Grid, Queries, Scope};
    ///
    /// let config = serde_json::json!({"metrics": [{"name": "up", "groups": ["G"], "query": {
    ///     "type": "prometheus", "customInlineTemplate": "PromQL:up{job=\"${scope}\"}"
    /// }}]});
    /// let queries = Queries::read(&config)?;
    /// let text = queries.all()[0].text(&Scope::new("shop"), Grid::new(0, 600_000, 60_000)?)?;
    /// assert_eq!(text, r#"up{job="shop"}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(config: &Value) -> Result<Self, JudgeError> {
        let (all, problems) = read_all(config);
        let errors = problems.into_iter().filter(|problem| problem.severity == Severity::Error);
        JudgeError::check(errors.collect())?;
        Ok(Self { all })
    }

    /// All problems of the queries in a config: errors, and unknown keys. A metric without a query is no
    /// problem here, because the config may be used with files.
    pub fn check(config: &Value) -> Vec<Problem> {
        let with_query =
            |metric: &&Value| metric.get("query").is_some_and(|query| !query.is_null());
        let metrics = config.get("metrics").and_then(Value::as_array);
        let numbered = metrics.into_iter().flatten().enumerate();
        let templates = templates(config);
        let asked = numbered.filter(|(_, metric)| with_query(metric));
        asked.flat_map(|(index, metric)| read_one(index, metric, &templates).1).collect()
    }

    /// The queries, in the order of the config.
    pub fn all(&self) -> &[MetricQuery] {
        &self.all
    }
}

/// Some of a config's queries, if the others need other scopes.
impl FromIterator<MetricQuery> for Queries {
    fn from_iter<T: IntoIterator<Item = MetricQuery>>(queries: T) -> Self {
        Self { all: queries.into_iter().collect() }
    }
}

fn templates(config: &Value) -> Templates {
    let templates = config.get("templates").and_then(Value::as_object);
    let texts = templates.into_iter().flatten();
    texts.filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned()))).collect()
}

fn read_all(config: &Value) -> (Vec<MetricQuery>, Vec<Problem>) {
    let templates = templates(config);
    let metrics = config.get("metrics").and_then(Value::as_array);
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    let mut problems = Vec::new();
    for (index, metric) in metrics.into_iter().flatten().enumerate() {
        let (query, found) = read_one(index, metric, &templates);
        problems.extend(found);
        all.extend(query.filter(|query| seen.insert(query.metric.clone())));
    }
    (all, problems)
}

fn read_one(
    index: usize,
    metric: &Value,
    templates: &Templates,
) -> (Option<MetricQuery>, Vec<Problem>) {
    let path = format!("metrics[{index}].query");
    let mut fields = match Fields::new(path.clone(), metric.get("query")) {
        Ok(fields) => fields,
        Err(problem) => return (None, vec![problem]),
    };
    let name = metric.get("name").and_then(Value::as_str).unwrap_or_default();
    let kind = match fields.text("type") {
        None => Some(StoreKind::Prometheus),
        Some(kind) => StoreKind::by_name(kind),
    };
    let source = fields.text("source").map(str::to_owned);
    let ignore_labels = fields.names("ignoreLabels");
    let store = match kind {
        Some(StoreKind::Prometheus) => {
            StoreQuery::Prometheus(PrometheusQuery::read(&mut fields, templates))
        }
        Some(StoreKind::Graphite) => StoreQuery::Graphite(GraphiteQuery::read(&mut fields)),
        Some(StoreKind::InfluxDb) => {
            StoreQuery::InfluxDb(InfluxDbQuery::read(&mut fields, templates))
        }
        None => {
            let known = StoreKind::ALL.map(StoreKind::name).join(", ");
            fields.error_with("type", &known, "its series can come from files alone");
            return (None, fields.into_problems());
        }
    };
    let metric = name.to_owned();
    let query = MetricQuery { metric, source, ignore_labels, path, store };
    (Some(query), fields.into_problems())
}
