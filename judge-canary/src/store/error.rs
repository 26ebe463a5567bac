//! Errors of the store.

use thiserror::Error;

/// Why the store failed. Nothing is half-done then.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum KeepError {
    /// There is no such canary, look or config.
    #[error("{what} '{id}' does not exist")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// A config with this id exists.
    #[error("Canary config '{0}' already exists.")]
    Exists(String),
    /// A config with this name exists, for one of the applications.
    #[error(
        "Canary config with name '{name}' already exists in the scope of applications [{}].",
        .applications.join(", ")
    )]
    SameName {
        /// The name.
        name: String,
        /// The applications.
        applications: Vec<String>,
    },
    /// The worker's lease ended, and somebody else has the canary, or it was cancelled.
    #[error("canary {0} is no longer this worker's")]
    LeaseLost(String),
    /// Another process has the file.
    #[error("{0} is in use by another process: a file of SQLite is for one judge-server alone")]
    InUse(String),
    /// There is no file to read.
    #[error("expected the file of a judge-server that keeps canaries, got no file {0}")]
    NoFile(String),
    /// There is no room left.
    #[error("the store is full: {0}")]
    Full(String),
    /// It is unavailable, or cannot be written to at present.
    #[error("the store cannot be used now: {0}")]
    Away(String),
    /// It contains something that cannot be read.
    #[error("the store has an unreadable {what}: {why}")]
    Unreadable {
        /// What cannot be read.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// Anything else.
    #[error("the store failed: {0}")]
    Failed(String),
}

impl KeepError {
    /// Whether a retry may help.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Away(_))
    }

    pub(super) fn not_found(what: &'static str, id: &str) -> Self {
        Self::NotFound { what, id: id.to_owned() }
    }
}

/// Codes of SQLite: busy, locked, read-only, full, and errors of the disk. Extended ones have them in their low byte.
const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_READONLY: u32 = 8;
const SQLITE_IO: u32 = 10;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;

impl From<sqlx::Error> for KeepError {
    fn from(error: sqlx::Error) -> Self {
        let said = error.to_string();
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Away(said),
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                let sqlite = code.parse::<u32>().ok().filter(|_| code.len() < 5);
                match sqlite.map(|code| code & 0xff) {
                    Some(SQLITE_FULL) => return Self::Full(said),
                    Some(
                        SQLITE_BUSY | SQLITE_LOCKED | SQLITE_READONLY | SQLITE_IO | SQLITE_CANTOPEN,
                    ) => return Self::Away(said),
                    _ => {}
                }
                // PostgreSQL: class 53 is for resources, 57 for an operator, 08 for connections, 40 for transactions.
                match code.get(..2) {
                    _ if sqlite.is_some() => Self::Failed(said),
                    Some("53") if code == "53100" => Self::Full(said),
                    Some("53" | "57" | "08" | "40") => Self::Away(said),
                    _ => Self::Failed(said),
                }
            }
            _ => Self::Failed(said),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for KeepError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error)
            | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => error.into(),
            error => Self::Failed(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AnyConnection, Connection};

    use super::*;

    #[tokio::test]
    async fn a_read_only_file_may_be_writable_later() {
        sqlx::any::install_default_drivers();
        let mut database = AnyConnection::connect("sqlite::memory:").await.unwrap();
        sqlx::query("PRAGMA query_only = ON").execute(&mut database).await.unwrap();
        let refused = sqlx::query("CREATE TABLE t (x INTEGER)").execute(&mut database).await;
        let error = KeepError::from(refused.unwrap_err());
        assert!(error.may_pass() && error.to_string().contains("readonly"), "{error}");
    }
}
