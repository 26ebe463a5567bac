//! The releases fetched so far, a part each.

use std::collections::BTreeMap;
use std::path::Path;

use judge_output::{OutputParts, PartsError};
use serde_json::{Value, json};

use super::fetched_release::FetchedRelease;
use super::history::HistoryFormat;
use crate::input::{ListedRelease, millis};

/// The parts of a history. The note of each is the request that fetched it.
pub(super) struct ReleaseParts {
    parts: OutputParts<Value>,
    /// The number of each part, by its request.
    by_request: BTreeMap<String, usize>,
    next: usize,
}

impl ReleaseParts {
    /// Begins the history `output`, or continues it if `resume`. `settings` is what all parts have in common.
    pub(super) fn open(output: &Path, settings: Value, resume: bool) -> Result<Self, PartsError> {
        let parts = OutputParts::<Value>::open(output, settings, resume)?;
        let next = parts.notes().last().map_or(0, |(number, _)| number + 1);
        let by_request =
            parts.notes().map(|(number, request)| (request.to_string(), number)).collect();
        Ok(Self { parts, by_request, next })
    }

    /// Number of stored releases.
    pub(super) fn done(&self) -> usize {
        self.by_request.len()
    }

    /// Whether a release was fetched with the request that the list has now.
    pub(super) fn has(&self, release: &ListedRelease) -> bool {
        self.by_request.contains_key(&request(release).to_string())
    }

    /// Stores a release, atomically.
    pub(super) fn keep(
        &mut self,
        release: &ListedRelease,
        found: &FetchedRelease,
    ) -> anyhow::Result<()> {
        let request = request(release);
        let text = request.to_string();
        self.parts.add(self.next, request, &serde_json::to_vec(found)?)?;
        self.by_request.insert(text, self.next);
        self.next += 1;
        Ok(())
    }

    /// Writes the stored releases of a list as one history.
    pub(super) fn join(
        &self,
        format: HistoryFormat,
        releases: &[ListedRelease],
    ) -> Result<(), PartsError> {
        let numbers = releases
            .iter()
            .filter_map(|release| self.by_request.get(&request(release).to_string()));
        let releases = numbers.map(|&number| {
            let found = self.parts.read(number)?;
            // Only another version of this command writes parts that are whole, but have another form.
            serde_json::from_slice(&found).map_err(|error| std::io::Error::from(error).into())
        });
        self.parts.join(|out| format.write(out, releases))
    }

    /// Removes all parts.
    pub(super) fn remove(self) -> Result<(), PartsError> {
        self.parts.remove()
    }
}

/// Everything that a release's series depend on.
fn request(release: &ListedRelease) -> Value {
    let scopes = &release.scopes;
    let params: BTreeMap<&String, Value> =
        scopes.params.iter().map(|(name, value)| (name, json!(value))).collect();
    json!([
        release.name,
        release.window.0,
        release.window.1,
        millis(scopes.step),
        millis(scopes.baseline_offset),
        scopes.baseline_scope,
        scopes.canary_scope,
        scopes.location,
        params,
        scopes.compat.is_some(),
    ])
}
