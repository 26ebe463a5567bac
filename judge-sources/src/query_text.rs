//! What the query texts of all stores share: templates of a config, values of placeholders, errors.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::fields::Fields;
use crate::scope::Scope;
use crate::template::{Bindings, TemplateError};

/// Why the text of a query cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Its template cannot be expanded.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The location is missing.
    #[error("Location (i.e. region) is required when resourceType is '{0}'")]
    NoLocation(String),
    /// A resource type without a selector of its own.
    #[error(
        "There is no explicit support for resourceType '{0}': allowed are gce_instance and aws_ec2_instance; others \
         need a customInlineTemplate"
    )]
    ResourceType(String),
    /// Nothing selects series.
    #[error(
        "Either a resource type or a custom filter is required: a customInlineTemplate, a customFilterTemplate, or a \
         resourceType in the query or among the parameters"
    )]
    NoFilter,
    /// The scope or location is empty.
    #[error("expected a {0} for the query, got none")]
    Empty(&'static str),
    /// A scope of InfluxDB that is no tag with a value.
    #[error(
        "Scope expected in the format of 'name:value'. e.g. autoscaling_group:myapp-prod-v002, got {0:?}"
    )]
    NoTag(String),
}

impl QueryError {
    /// The template that cannot be expanded, shortened to the relevant part.
    pub(crate) fn template(&self) -> Option<&str> {
        match self {
            Self::Template(TemplateError::Unbound { template, .. }) => Some(template),
            _ => None,
        }
    }
}

/// Templates by name. Templates that are no text are left out.
pub(crate) type Templates = BTreeMap<String, String>;

/// The text of a template: inline, else by name. An empty one counts as missing.
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

/// Values of the placeholders in templates: from the scope, from the query, from the parameters; later ones
/// win. Empty values of the first two count as missing.
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
