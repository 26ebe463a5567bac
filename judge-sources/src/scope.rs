//! What distinguishes the two sides: scope, location and parameters, as in Kayenta's execution requests.

use std::collections::{BTreeMap, BTreeSet};

/// Values for the placeholders in the queries of one side.
///
/// # Example
/// ```
/// let scope = judge_sources::Scope::new("shop-canary");
/// assert_eq!(scope.scope, "shop-canary");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Value of `${scope}`: a server group, a deployment, a release.
    pub scope: String,
    /// Value of `${location}`: a region or a cluster. Empty if there is none.
    pub location: String,
    /// Parameters by name, Kayenta's `extendedScopeParams`. They take precedence over scope and location of the
    /// same name.
    pub params: BTreeMap<String, String>,
}

impl Scope {
    /// A scope without location and parameters.
    pub fn new(scope: impl Into<String>) -> Self {
        Self { scope: scope.into(), ..Self::default() }
    }

    /// Name and value of a parameter; `None` if it is not given.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// Whether the names suggest that this scope, given as the baseline, is the canary of `canary`: among the
    /// words in which the two differ, some are usual for the other side, and none for their own.
    pub(crate) fn is_named_as_canary_of(&self, canary: &Self) -> bool {
        let [own, others] = [self, canary].map(|scope| words(&scope.scope));
        let has = |some: &BTreeSet<String>, other: &BTreeSet<String>, known: &[&str]| {
            some.difference(other).any(|word| known.contains(&word.as_str()))
        };
        let swapped = has(&own, &others, CANARIES) || has(&others, &own, BASELINES);
        swapped && !has(&own, &others, BASELINES) && !has(&others, &own, CANARIES)
    }
}

/// Words in the names of baselines, as in Argo Rollouts, Flagger and Kayenta.
const BASELINES: &[&str] = &["baseline", "stable", "primary", "control", "old"];
/// Words in the names of canaries.
const CANARIES: &[&str] = &["canary", "preview", "candidate", "experiment", "new"];

/// The words of a name, in lower case.
fn words(name: &str) -> BTreeSet<String> {
    let words = name.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_that_are_named_for_the_other_side_are_noticed() {
        for (baseline, canary, swapped) in [
            ("shop-canary", "shop-stable", true),
            ("shop-Canary", "shop", true),
            ("shop", "shop-primary", true),
            ("deployment:old", "deployment:new", false),
            ("deployment:new", "deployment:old", true),
            ("shop-stable", "shop-canary", false),
            ("shop-primary", "shop", false),
            ("shop-v6", "shop-v7", false),
            ("shop", "shop", false),
            ("shop-canary", "shop-canary", false),
            ("", "", false),
            // Both have the word, or each has one of its own.
            ("new-york-v1", "new-york-v2", false),
            ("stable-diffusion-v1", "stable-diffusion-v1-canary", false),
            ("new-york-stable", "london-canary", false),
            ("renewal", "unstable", false),
        ] {
            let found = Scope::new(baseline).is_named_as_canary_of(&Scope::new(canary));
            assert_eq!(found, swapped, "{baseline} and {canary}");
        }
    }
}
