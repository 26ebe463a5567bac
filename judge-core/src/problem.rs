//! What is wrong with an input: where, what stands there, what is allowed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much a [`Problem`] weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The input cannot be judged.
    Error,
    /// Kayenta accepts it in silence, and a person would probably not want what it then does. The
    /// parity judge warns of it; other judges refuse it.
    Suspect,
    /// Every judge goes on with it, and it may be meant otherwise: a key that no judge reads, a group that
    /// counts nothing, a `direction` that seems to be the good one.
    Notice,
}

/// One thing wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Whether the input can still be judged.
    pub severity: Severity,
    /// The field, as in `metrics[3].analysisConfigurations.canary.direction`; empty for the whole
    /// input.
    pub path: String,
    /// What stands there, shortened where it is long.
    pub value: String,
    /// What may stand there; empty where what stands there is allowed.
    pub allowed: String,
    /// What a judge that goes on makes of it; empty for an error.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub consequence: String,
}

/// The longest value quoted in a problem, in characters.
const LONGEST_VALUE: usize = 80;

impl Problem {
    /// A problem that makes the input impossible to judge.
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

    /// A problem with which the parity judge goes on, and what it then does.
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

    /// Something that no judge reads, and what it may have been meant to be.
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

    /// Something allowed that may be meant otherwise, and what follows from it.
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

    /// The same for a judge that does not go on.
    #[must_use]
    pub fn into_error(self) -> Self {
        Self { severity: Severity::Error, consequence: String::new(), ..self }
    }

    /// The same problem seen from the document around it: `prefix` is put before the path.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.path = match (prefix.is_empty(), self.path.is_empty()) {
            (true, _) => self.path,
            (false, true) => prefix.to_owned(),
            (false, false) => format!("{prefix}.{}", self.path),
        };
        self
    }

    /// The value and what is allowed, without the path.
    pub fn message(&self) -> String {
        let Self { value, allowed, consequence, .. } = self;
        match (allowed.is_empty(), consequence.is_empty()) {
            (true, _) => format!("{value}; {consequence}"),
            (false, true) => format!("{value}, but allowed is {allowed}"),
            (false, false) => format!("{value}, but allowed is {allowed}; {consequence}"),
        }
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
    fn says_where_what_and_what_is_allowed() {
        let problem = Problem::error("metrics[3].name", "5", "a string").within("canaryConfig");
        assert_eq!(problem.to_string(), "canaryConfig.metrics[3].name: 5, but allowed is a string");
    }

    #[test]
    fn long_values_are_cut_at_a_character() {
        let problem = Problem::error("", "é".repeat(200), "less");
        assert_eq!(problem.value.chars().count(), LONGEST_VALUE + 1);
    }
}
