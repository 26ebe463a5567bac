//! Problems with an input: where, what is there, what was expected.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How serious a [`Problem`] is.
///
/// [`Problem`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// No judge accepts the input.
    Error,
    /// Kayenta accepts it silently, and does what a person would probably not want. The parity judge accepts
    /// it with a warning; other judges refuse it.
    Suspect,
    /// Every judge accepts it, but the author may have meant something else: a key that no judge reads, a
    /// group that counts nothing, a `direction` that looks inverted.
    Notice,
}

/// One problem with an input.
///
/// # Example
/// ```
/// use judge_core::{Problem, Severity};
///
/// let problem = Problem::error("metrics[3].name", 5, "a string").within("canaryConfig");
/// assert_eq!(problem.path, "canaryConfig.metrics[3].name");
/// assert_eq!(problem.severity, Severity::Error);
/// assert_eq!(problem.to_string(), "canaryConfig.metrics[3].name: expected a string, got 5");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// How serious the problem is.
    pub severity: Severity,
    /// Path of the field, such as `metrics[3].analysisConfigurations.canary.direction`; empty for the whole
    /// input.
    pub path: String,
    /// The value that was found, shortened if it is long.
    pub value: String,
    /// What was expected; empty if the value is allowed.
    pub allowed: String,
    /// What a judge that accepts the value does with it; empty for an error.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub consequence: String,
}

/// The value of a problem with a field that is not there.
pub(crate) const MISSING: &str = "missing";

/// Longest value that a problem quotes, in characters.
const LONGEST_VALUE: usize = 80;

impl Problem {
    /// A problem for which every judge refuses the input.
    pub fn error(
        path: impl Into<String>,
        value: impl fmt::Display,
        allowed: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            path: path.into(),
            value: shorten(&value.to_string()),
            allowed: allowed.into(),
            consequence: String::new(),
        }
    }

    /// A problem that the parity judge accepts, and what that judge then does.
    pub fn suspect(
        path: impl Into<String>,
        value: impl fmt::Display,
        allowed: impl Into<String>,
        consequence: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Suspect,
            consequence: consequence.into(),
            ..Self::error(path, value, allowed)
        }
    }

    /// Something that no judge reads, and what may have been meant.
    pub fn notice(
        path: impl Into<String>,
        value: impl fmt::Display,
        allowed: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Notice,
            consequence: "it is ignored".to_owned(),
            ..Self::error(path, value, allowed)
        }
    }

    /// A key that no judge reads: with the known key that it probably means, else with all of them.
    ///
    /// # Example
    /// ```
    /// let problem = judge_core::Problem::unknown_key("metrics[0].grups", "grups", &["name", "groups"]);
    /// assert_eq!(problem.allowed, "groups");
    /// ```
    pub fn unknown_key(path: impl Into<String>, key: &str, known: &[&str]) -> Self {
        let allowed = nearest(key, known)
            .map_or_else(|| format!("one of {}", known.join(", ")), str::to_owned);
        Self::notice(path, "an unknown key", allowed)
    }

    /// Something allowed that may not have been meant, and what follows from it.
    pub(crate) fn remark(
        path: impl Into<String>,
        value: impl fmt::Display,
        consequence: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Notice,
            consequence: consequence.into(),
            ..Self::error(path, value, "")
        }
    }

    /// The same problem for a judge that refuses it.
    #[must_use]
    pub fn into_error(self) -> Self {
        Self { severity: Severity::Error, consequence: String::new(), ..self }
    }

    /// The same problem seen from the document around the input: `prefix` is put before the path.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.path = match (prefix.is_empty(), self.path.is_empty()) {
            (true, _) => self.path,
            (false, true) => prefix.to_owned(),
            (false, false) => format!("{prefix}.{}", self.path),
        };
        self
    }

    /// What was expected and what was found, without the path.
    pub fn message(&self) -> String {
        let Self { value, allowed, consequence, .. } = self;
        let text = match (allowed.is_empty(), value == MISSING) {
            (true, _) => value.clone(),
            (false, true) => format!("missing, expected {allowed}"),
            (false, false) => format!("expected {allowed}, got {value}"),
        };
        if consequence.is_empty() { text } else { format!("{text}; {consequence}") }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "{}", self.message())
        } else {
            write!(f, "{}: {}", self.path, self.message())
        }
    }
}

/// Keys at least this similar, from 0 to 1, are taken for a slip.
const SIMILAR: f64 = 0.6;

/// The key of `known` that `key` is probably meant for. Case and separators do not count.
fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    if key.len() > LONGEST_VALUE {
        return None;
    }
    let letters = |key: &str| -> String {
        key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let key = letters(key);
    let rated = known
        .iter()
        .map(|&known| (strsim::normalized_damerau_levenshtein(&key, &letters(known)), known));
    let nearest = rated.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (nearest.0 >= SIMILAR).then_some(nearest.1)
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_what_was_expected_and_what_was_found() {
        let problem = Problem::error("metrics[3].name", "5", "a string").within("canaryConfig");
        assert_eq!(problem.to_string(), "canaryConfig.metrics[3].name: expected a string, got 5");
    }

    #[test]
    fn an_unknown_key_is_reported_with_the_nearest_one() {
        let known = ["direction", "nanStrategy", "allowedIncrease", "allowedDecrease", "critical"];
        for (key, nearest) in [
            ("direcion", Some("direction")),
            ("allowed_increase", Some("allowedIncrease")),
            ("alowedDecrese", Some("allowedDecrease")),
            ("Critical", Some("critical")),
            ("criticalIncrease", None),
            ("lookBackMins", None),
            ("", None),
        ] {
            let problem = Problem::unknown_key(key, key, &known);
            let list = "one of direction, nanStrategy, allowedIncrease, allowedDecrease, critical";
            assert_eq!(problem.allowed, nearest.unwrap_or(list), "{key}");
        }
        let problem = Problem::unknown_key("a.direcion", "direcion", &known);
        let said = "a.direcion: expected direction, got an unknown key; it is ignored";
        assert_eq!(problem.to_string(), said);
    }

    #[test]
    fn long_values_are_cut_at_a_character() {
        let problem = Problem::error("", "é".repeat(200), "less");
        assert_eq!(problem.value.chars().count(), LONGEST_VALUE + 1);
    }
}
