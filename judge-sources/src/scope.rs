//! What tells one side from the other: scope, location and parameters, as Kayenta's execution requests have them.

use std::collections::BTreeMap;

/// What queries of one side are made for.
///
/// # Example
/// ```
/// let scope = judge_sources::Scope::new("shop-canary");
/// assert_eq!(scope.scope, "shop-canary");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// What `${scope}` stands for: a server group, a deployment, a release.
    pub scope: String,
    /// What `${location}` stands for: a region or a cluster. Empty where there is none.
    pub location: String,
    /// Parameters by name, Kayenta's `extendedScopeParams`. They win over scope and location of the same name.
    pub params: BTreeMap<String, String>,
}

impl Scope {
    /// A scope without location and parameters.
    pub fn new(scope: impl Into<String>) -> Self {
        Self { scope: scope.into(), ..Self::default() }
    }

    /// What a parameter is called and stands for; nothing for one that is not given.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }
}
