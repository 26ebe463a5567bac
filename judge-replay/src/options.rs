//! The names of a history's columns and roles.

/// The names of a history's columns, of its folders (`release=v7/`), or of Prometheus labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnNames {
    /// Name of the release.
    pub release: String,
    /// Time of the point.
    pub timestamp: String,
    /// The metric of a long table's row.
    pub metric: String,
    /// Baseline or canary.
    pub role: String,
    /// The value of a long table's row.
    pub value: String,
    /// Name of the instance; a history need not have it.
    pub instance: String,
}

impl Default for ColumnNames {
    fn default() -> Self {
        let named = str::to_owned;
        Self {
            release: named("release"),
            timestamp: named("timestamp"),
            metric: named("metric"),
            role: named("role"),
            value: named("value"),
            instance: named("instance"),
        }
    }
}

impl ColumnNames {
    /// The name of `column`, for changes; `None` if there is no such column.
    ///
    /// ```
    /// use judge_replay::ColumnNames;
    ///
    /// let mut names = ColumnNames::default();
    /// if let Some(name) = names.get_mut("release") {
    ///     *name = "build".to_owned();
    /// }
    /// assert_eq!(names.release, "build");
    /// ```
    pub fn get_mut(&mut self, column: &str) -> Option<&mut String> {
        Some(match column {
            "release" => &mut self.release,
            "timestamp" => &mut self.timestamp,
            "metric" => &mut self.metric,
            "role" => &mut self.role,
            "value" => &mut self.value,
            "instance" => &mut self.instance,
            _ => return None,
        })
    }

    /// The columns whose names can change.
    pub const ALL: [&str; 6] = ["release", "timestamp", "metric", "role", "value", "instance"];
}

/// The names of the two roles in a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleNames {
    /// Names of the baseline.
    pub baseline: Vec<String>,
    /// Names of the canary.
    pub canary: Vec<String>,
}

impl Default for RoleNames {
    /// Our names for the roles, and Kayenta's.
    fn default() -> Self {
        let named = |names: [&str; 2]| names.map(str::to_owned).to_vec();
        Self { baseline: named(["baseline", "control"]), canary: named(["canary", "experiment"]) }
    }
}
