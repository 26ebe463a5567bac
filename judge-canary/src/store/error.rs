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
        if .applications.is_empty() { "all".to_owned() } else { .applications.join(", ") }
    )]
    SameName {
        /// The name.
        name: String,
        /// The applications; empty for all of them.
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

    /// The error with this code of SQLite, a number, or of PostgreSQL, five characters.
    fn from_code(code: &str, said: String) -> Self {
        if code.len() < 5 {
            return match code.parse::<u32>().map(|code| code & 0xff) {
                Ok(SQLITE_FULL) => Self::Full(said),
                Ok(SQLITE_BUSY | SQLITE_LOCKED | SQLITE_READONLY | SQLITE_IO | SQLITE_CANTOPEN) => {
                    Self::Away(said)
                }
                _ => Self::Failed(said),
            };
        }
        // Class 53 is for resources, 57 for an operator, 08 for connections, 40 for transactions.
        match (code, code.get(..2)) {
            (POSTGRES_FULL, _) => Self::Full(said),
            (POSTGRES_READONLY, _) | (_, Some("53" | "57" | "08" | "40")) => Self::Away(said),
            _ => Self::Failed(said),
        }
    }
}

/// Codes of PostgreSQL: a full disk, and a transaction on a server that only reads.
const POSTGRES_FULL: &str = "53100";
const POSTGRES_READONLY: &str = "25006";

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
                Self::from_code(&database.code().unwrap_or_default(), said)
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

    #[test]
    fn codes_of_both_databases_say_whether_a_retry_may_help() {
        for (code, shown) in [
            ("5", "the store cannot be used now: x"),
            ("8", "the store cannot be used now: x"),
            ("1032", "the store cannot be used now: x"),
            ("13", "the store is full: x"),
            ("1", "the store failed: x"),
            ("25006", "the store cannot be used now: x"),
            ("25001", "the store failed: x"),
            ("40001", "the store cannot be used now: x"),
            ("53100", "the store is full: x"),
            ("53300", "the store cannot be used now: x"),
            ("23505", "the store failed: x"),
            ("", "the store failed: x"),
        ] {
            assert_eq!(KeepError::from_code(code, "x".to_owned()).to_string(), shown, "{code}");
        }
    }
}
