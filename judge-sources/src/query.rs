//! The queries of a canary config.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use judge_core::{JudgeError, Problem, Severity};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::fields::Fields;
use crate::scope::Scope;
use crate::store::prometheus::PrometheusQuery;
use crate::template::{Bindings, TemplateError};

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
}

impl StoreKind {
    /// All there are.
    pub const ALL: [Self; 1] = [Self::Prometheus];

    /// As a config writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
        }
    }

    fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a metric's query says to its kind of store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreQuery {
    Prometheus(PrometheusQuery),
}

/// The query of one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricQuery {
    /// The metric, as the config calls it.
    pub metric: String,
    /// The source that is asked, where the config names one: `query.source`.
    pub source: Option<String>,
    /// Labels that do not tell series apart: `query.ignoreLabels`.
    pub ignore_labels: BTreeSet<String>,
    pub(crate) path: String,
    pub(crate) store: StoreQuery,
}

impl MetricQuery {
    /// Which kind of store answers it.
    pub fn kind(&self) -> StoreKind {
        match self.store {
            StoreQuery::Prometheus(_) => StoreKind::Prometheus,
        }
    }

    /// The text that its store is asked for one side.
    ///
    /// # Errors
    /// When the scope lacks something that the query needs, or would change the query around it.
    pub fn text(&self, scope: &Scope) -> Result<String, QueryError> {
        match &self.store {
            StoreQuery::Prometheus(query) => query.text(scope),
        }
    }
}

/// Why there is no text to ask a store with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Its template cannot be expanded.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Nothing tells which location is meant.
    #[error(
        "Location (i.e. region) is required when resourceType is '{0}'; give it with --location"
    )]
    NoLocation(String),
    /// A resource type that has no selector of its own.
    #[error(
        "There is no explicit support for resourceType '{0}': allowed are gce_instance and aws_ec2_instance; others \
         need a customInlineTemplate"
    )]
    ResourceType(String),
    /// Nothing selects series.
    #[error(
        "Either a resource type or a custom filter is required: a customInlineTemplate, a customFilterTemplate, or a \
         resourceType in the query or by --param resourceType=…"
    )]
    NoFilter,
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
    /// With everything that is wrong with any of them.
    ///
    /// # Example
    /// ```
    /// use judge_sources::{Queries, Scope};
    ///
    /// let config = serde_json::json!({"metrics": [{"name": "up", "groups": ["G"], "query": {
    ///     "type": "prometheus", "customInlineTemplate": "PromQL:up{job=\"${scope}\"}"
    /// }}]});
    /// let queries = Queries::read(&config)?;
    /// let text = queries.all()[0].text(&Scope::new("shop"))?;
    /// assert_eq!(text, r#"up{job="shop"}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(config: &Value) -> Result<Self, JudgeError> {
        let (all, problems) = read_all(config);
        let errors = problems.into_iter().filter(|problem| problem.severity == Severity::Error);
        JudgeError::check(errors.collect())?;
        Ok(Self { all })
    }

    /// Everything wrong with the queries of a config document: errors, and keys that nothing reads. A metric
    /// without a query has no problem here, for a config may be of files alone.
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

/// Some of a config's queries, where the others are asked for other scopes.
impl FromIterator<MetricQuery> for Queries {
    fn from_iter<T: IntoIterator<Item = MetricQuery>>(queries: T) -> Self {
        Self { all: queries.into_iter().collect() }
    }
}

/// Templates by name; one that is no text is not there.
pub(crate) type Templates = BTreeMap<String, String>;

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
        None => {
            fields.error("type", &StoreKind::ALL.map(StoreKind::name).join(", "));
            return (None, fields.into_problems());
        }
    };
    let metric = name.to_owned();
    let query = MetricQuery { metric, source, ignore_labels, path, store };
    (Some(query), fields.into_problems())
}

/// The text of a template: inline, else by name. An empty one counts as none.
pub(crate) fn template(fields: &mut Fields<'_>, templates: &Templates) -> Option<String> {
    if fields.has("customFilter") {
        fields.error(
            "customFilter",
            "customInlineTemplate instead: CanaryMetricSetQueryConfig.customFilter is deprecated",
        );
    }
    let inline = fields.text("customInlineTemplate");
    let named = fields.text("customFilterTemplate");
    if let Some(inline) = inline {
        return Some(inline.to_owned());
    }
    let named = named?;
    let found = templates.get(named).cloned();
    if found.is_none() {
        let known = templates.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let allowed = match known.as_str() {
            "" => "a name of the config's templates; there are none".to_owned(),
            known => format!("a name of the config's templates: {known}"),
        };
        fields.error("customFilterTemplate", &allowed);
    }
    found.filter(|text| !text.is_empty())
}

/// What names in templates stand for, later ones win: of the scope, of the query, of the parameters. An empty
/// value of the first two stands for nothing.
pub(crate) fn bindings(scope: &Scope, resource_type: Option<&str>) -> Bindings {
    let of_scope = [
        ("project", scope.param("project")),
        ("resourceType", scope.param("resourceType")),
        ("scope", &scope.scope),
        ("location", &scope.location),
        ("resourceType", resource_type.unwrap_or_default()),
    ];
    let known = of_scope.into_iter().filter(|(_, value)| !value.is_empty());
    let mut bindings: Bindings =
        known.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    bindings.extend(scope.params.clone());
    bindings
}
