//! Prometheus: PromQL as in Kayenta, `query_range`, its matrices.

use judge_points::prometheus as response;

use crate::error::AnswerError;
use crate::fields::Fields;
use crate::grid::Grid;
use crate::query_text::{QueryError, Templates, bindings, template};
use crate::scope::Scope;
use crate::template::{Place, expand};

use crate::store_request::{StoreAnswer, StoreRequest};

/// Prefix of a template that is a whole expression.
const WHOLE: &str = "PromQL:";

/// Prometheus returns at most 11,000 points and one more.
pub(super) const MOST_POINTS: usize = 11_000;

/// A metric's query for Prometheus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrometheusQuery {
    metric_name: String,
    label_bindings: Vec<String>,
    group_by: Vec<String>,
    resource_type: Option<String>,
    template: Option<String>,
}

const KEYS: &[&str] = &[
    "type",
    "serviceType",
    "source",
    "ignoreLabels",
    "metricName",
    "labelBindings",
    "groupByFields",
    "resourceType",
    "customInlineTemplate",
    "customFilterTemplate",
    "customFilter",
];

impl PrometheusQuery {
    pub(crate) fn read(fields: &mut Fields<'_>, templates: &Templates) -> Self {
        fields.notice_unknown(KEYS);
        let template = template(fields, templates);
        let has_template = fields.has("customInlineTemplate") || fields.has("customFilterTemplate");
        if !(has_template || fields.has("customFilter") || fields.has("resourceType")) {
            fields.notice(
                "no template and no resourceType",
                "a customInlineTemplate, such as \"PromQL:\" and the whole query",
                "its series can come from files, or from instances of GCE and EC2 with resourceType among the parameters",
            );
        }
        let is_whole = template.as_deref().is_some_and(|text| text.starts_with(WHOLE));
        let metric_name = if is_whole {
            fields.text("metricName").unwrap_or_default()
        } else {
            fields.needed_as(
                "metricName",
                "a metric's name, or `PromQL:` before a whole expression in customInlineTemplate",
            )
        };
        Self {
            metric_name: metric_name.to_owned(),
            label_bindings: fields.texts("labelBindings"),
            group_by: fields.texts("groupByFields"),
            resource_type: fields.text("resourceType").map(str::to_owned),
            template,
        }
    }

    pub(crate) fn text(&self, scope: &Scope) -> Result<String, QueryError> {
        let mut filters = Vec::new();
        if let Some(template) = &self.template {
            let expanded = expand(template, &bindings(scope, self.resource_type.as_deref()))?;
            if let Some(whole) = expanded.strip_prefix(WHOLE) {
                return Ok(whole.to_owned());
            }
            // Java's split, by which Kayenta takes them apart, drops empty ends.
            let expanded = expanded.trim_end_matches(',');
            filters.extend(Some(expanded.to_owned()).filter(|text| !text.is_empty()));
            filters.extend(self.label_bindings.iter().cloned());
        } else {
            filters.extend(self.label_bindings.iter().cloned());
            filters.extend(self.resource_filters(scope)?);
        }
        let filters =
            if filters.is_empty() { String::new() } else { format!("{{{}}}", filters.join(",")) };
        let by = if self.group_by.is_empty() {
            String::new()
        } else {
            format!(" by ({})", self.group_by.join(","))
        };
        Ok(format!("avg({}{filters}){by}", self.metric_name))
    }

    /// The matchers of a resource type.
    fn resource_filters(&self, scope: &Scope) -> Result<Vec<String>, QueryError> {
        let of_scope = Some(scope.param("resourceType")).filter(|kind| !kind.is_empty());
        let Some(kind) = self.resource_type.as_deref().or(of_scope) else {
            return Err(QueryError::NoFilter);
        };
        let values = [
            ("scope", scope.scope.as_str()),
            ("location", &scope.location),
            ("project", scope.param("project")),
        ];
        for (name, value) in values {
            Place::Quoted('"').check(name, value)?;
        }
        let Scope { scope: name, location, .. } = scope;
        let project = match scope.param("project") {
            "" => String::new(),
            project => format!("projects/{project}/"),
        };
        let (of_scope, of_location) = match kind {
            "gce_instance" => (
                format!(r#"instance=~"{name}-.{{4}}""#),
                format!(r#"zone=~".+/{project}zones/{location}-.{{1}}""#),
            ),
            "aws_ec2_instance" => {
                (format!(r#"asg_groupName="{name}""#), format!(r#"zone=~"{location}.{{1}}""#))
            }
            other => return Err(QueryError::ResourceType(other.to_owned())),
        };
        if location.is_empty() {
            return Err(QueryError::NoLocation(kind.to_owned()));
        }
        let of_scope = (!name.is_empty()).then_some(of_scope);
        Ok(of_scope.into_iter().chain([of_location]).collect())
    }
}

/// The request for `text` at the times of `grid`. Prometheus includes the end, so it is the last point's time.
pub(super) fn request(text: &str, grid: Grid) -> StoreRequest {
    let params = vec![
        ("query", text.to_owned()),
        ("start", seconds(grid.start_millis())),
        ("end", seconds(grid.last_millis())),
        ("step", seconds(i64::try_from(grid.step_millis()).unwrap_or(i64::MAX))),
    ];
    StoreRequest { path: "api/v1/query_range", params }
}

/// The values of a label, or the names of metrics, within the time of `grid`.
pub(crate) fn series_request(selector: &str, grid: Grid, most: usize) -> StoreRequest {
    let params = vec![
        ("match[]", selector.to_owned()),
        ("start", seconds(grid.start_millis())),
        ("end", seconds(grid.end_millis())),
        ("limit", most.to_string()),
    ];
    StoreRequest { path: "api/v1/series", params }
}

/// The names of all metrics, or of those within the time of `grid`.
pub(crate) fn names_request(grid: Option<Grid>) -> StoreRequest {
    let times = |grid: Grid| [("start", grid.start_millis()), ("end", grid.end_millis())];
    let params = grid.into_iter().flat_map(times);
    let params = params.map(|(name, millis)| (name, seconds(millis))).collect();
    StoreRequest { path: "api/v1/label/__name__/values", params }
}

/// Milliseconds as seconds, with decimals only if they are needed.
fn seconds(millis: i64) -> String {
    let (seconds, rest) = (millis.div_euclid(1000), millis.rem_euclid(1000));
    if rest == 0 {
        return seconds.to_string();
    }
    // Below 0 the whole seconds and the rest have different signs.
    let (sign, millis) =
        if millis < 0 { ("-", millis.unsigned_abs()) } else { ("", millis.unsigned_abs()) };
    format!("{sign}{}.{:03}", millis / 1000, millis % 1000)
}

pub(super) fn read(body: &[u8]) -> Result<StoreAnswer, AnswerError> {
    let (series, said) = response::read_with_remarks(body)?;
    Ok(StoreAnswer { series, said })
}

#[cfg(test)]
mod tests;
