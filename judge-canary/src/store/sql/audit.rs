//! The audit log.

use std::collections::BTreeMap;

use sqlx::Row;

use super::super::statement::{Statement, plain};
use super::super::{AuditEntry, KeepError};
use super::database::{Database, REMOVED_AT_ONCE, Writing};

pub(super) async fn write(writing: &mut Writing<'_>, entry: &AuditEntry) -> Result<(), KeepError> {
    let detail = serde_json::to_string(&entry.detail)
        .map_err(|error| KeepError::Failed(error.to_string()))?;
    sqlx::query(
        "INSERT INTO audit (id, at_millis, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(entry.id.clone())
    .bind(entry.at_millis)
    .bind(plain(&entry.actor))
    .bind(entry.action.clone())
    .bind(plain(&entry.subject))
    .bind(detail)
    .execute(&mut *writing.transaction)
    .await?;
    Ok(())
}

pub(super) async fn note(database: &Database, entry: &AuditEntry) -> Result<(), KeepError> {
    let mut writing = database.write().await?;
    write(&mut writing, entry).await?;
    writing.commit().await
}

pub(super) async fn list(
    database: &Database,
    subject: Option<&str>,
    before: Option<&str>,
    limit: usize,
) -> Result<Vec<AuditEntry>, KeepError> {
    let mut statement =
        Statement::new("SELECT id, at_millis, actor, action, subject, detail FROM audit");
    statement.filter("subject", subject);
    if let Some(before) = before {
        statement.and().push("id < ").text(before);
    }
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    statement.push(" ORDER BY id DESC LIMIT ").integer(limit);
    let rows = statement.query().fetch_all(&database.pool).await?;
    rows.iter()
        .map(|row| {
            let detail: String = row.try_get("detail")?;
            let detail: BTreeMap<String, String> =
                serde_json::from_str(&detail).map_err(|error| KeepError::Unreadable {
                    what: "audit entry",
                    why: error.to_string(),
                })?;
            Ok(AuditEntry {
                id: row.try_get("id")?,
                at_millis: row.try_get("at_millis")?,
                actor: row.try_get("actor")?,
                action: row.try_get("action")?,
                subject: row.try_get("subject")?,
                detail,
            })
        })
        .collect()
}

/// Removes the entries before a time, some in each transaction, so that other writers need not wait long.
pub(super) async fn remove(database: &Database, before_millis: i64) -> Result<u64, KeepError> {
    let mut removed = 0;
    loop {
        let some = database.in_time(remove_some(database, before_millis)).await?;
        removed += some;
        if some == 0 {
            return Ok(removed);
        }
    }
}

async fn remove_some(database: &Database, before_millis: i64) -> Result<u64, KeepError> {
    // Ids sort by time, so the oldest entries are found by the primary key.
    let mut statement = Statement::new(
        "DELETE FROM audit WHERE id IN (SELECT id FROM \
         (SELECT id, at_millis FROM audit ORDER BY id LIMIT ",
    );
    statement.integer(REMOVED_AT_ONCE).push(") AS oldest WHERE at_millis < ");
    statement.integer(before_millis).push(")");
    let mut writing = database.write().await?;
    let removed = statement.query().execute(&mut *writing.transaction).await?;
    writing.commit().await?;
    Ok(removed.rows_affected())
}
