//! Leases of canaries, and removal of old ones.

use std::collections::HashSet;

use sqlx::Row;
use tracing::error;

use super::super::statement::Statement;
use super::super::{ClaimDue, Claimed, KeepError, Retention};
use super::audit;
use super::database::{Database, REMOVED_AT_ONCE};
use super::rows::{self, SUMMARY};

/// Takes every canary and every delivery from the worker that has it.
pub(super) async fn free_all(database: &Database) -> Result<(), KeepError> {
    let mut writing = database.write().await?;
    let free = "UPDATE canaries SET lease_owner = '', lease_millis = 0 WHERE ended_millis IS NULL";
    sqlx::query(free).execute(&mut *writing.transaction).await?;
    let free = "UPDATE deliveries SET lease_owner = '', lease_millis = 0";
    sqlx::query(free).execute(&mut *writing.transaction).await?;
    writing.commit().await
}

pub(super) async fn claim(
    database: &Database,
    claim: ClaimDue<'_>,
) -> Result<Vec<Claimed>, KeepError> {
    let ClaimDue { owner, now_millis, lease_millis, limit } = claim;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = Statement::new("UPDATE canaries SET lease_owner = ");
    statement.text(owner).push(", lease_millis = ").integer(lease_millis);
    statement.push(
        " WHERE id IN (SELECT id FROM canaries WHERE ended_millis IS NULL AND next_millis <= ",
    );
    statement.integer(now_millis).push(" AND lease_millis <= ").integer(now_millis);
    statement.push(" ORDER BY next_millis LIMIT ").integer(limit);
    // Replicas skip rows that another replica is claiming.
    statement.push(if database.is_sqlite() { ")" } else { " FOR UPDATE SKIP LOCKED)" });
    statement.push(" RETURNING attempts, since_millis, document, ").push(SUMMARY);
    let mut writing = database.write().await?;
    let rows = statement.query().fetch_all(&mut *writing.transaction).await?;
    writing.commit().await?;
    let claimed = |row: &sqlx::any::AnyRow| {
        Ok::<_, KeepError>(Claimed {
            canary: rows::canary(row)?,
            attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or_default(),
            since_millis: row.try_get("since_millis")?,
        })
    };
    // A canary that cannot be read does not block the others; it is tried again when its lease ends.
    let readable = rows.iter().filter_map(|row| match claimed(row) {
        Ok(claimed) => Some(claimed),
        Err(error) => {
            let id = row.try_get::<String, _>("id").unwrap_or_default();
            error!(canary = id, "a canary is not looked at: {error}");
            None
        }
    });
    Ok(readable.collect())
}

pub(super) async fn next_due(database: &Database) -> Result<Option<i64>, KeepError> {
    let row = sqlx::query(
        "SELECT MIN(CASE WHEN next_millis > lease_millis THEN next_millis ELSE lease_millis END) AS due \
         FROM canaries WHERE ended_millis IS NULL",
    )
    .fetch_one(&database.pool)
    .await?;
    Ok(row.try_get("due")?)
}

/// Leases that one statement lengthens: databases bound its parameters.
const RENEWED_AT_ONCE: usize = 1000;

pub(super) async fn renew(
    database: &Database,
    owner: &str,
    ids: &[String],
    lease_millis: i64,
) -> Result<HashSet<String>, KeepError> {
    let mut renewed = HashSet::new();
    let mut writing = database.write().await?;
    for some in ids.chunks(RENEWED_AT_ONCE) {
        let mut statement = Statement::new("UPDATE canaries SET lease_millis = ");
        statement.integer(lease_millis).push(" WHERE ended_millis IS NULL AND lease_owner = ");
        statement.text(owner).filter_any("id", some.iter().map(String::as_str));
        statement.push(" RETURNING id");
        for row in statement.query().fetch_all(&mut *writing.transaction).await? {
            renewed.insert(row.try_get("id")?);
        }
    }
    writing.commit().await?;
    Ok(renewed)
}

pub(super) async fn postpone(
    database: &Database,
    owner: &str,
    id: &str,
    next_millis: i64,
    attempts: u32,
    since_millis: i64,
) -> Result<(), KeepError> {
    let mut writing = database.write().await?;
    let updated = sqlx::query(
        "UPDATE canaries SET next_millis = $3, attempts = $4, since_millis = $5, lease_owner = '', lease_millis = 0 \
         WHERE id = $1 AND lease_owner = $2 AND ended_millis IS NULL",
    )
    .bind(id.to_owned())
    .bind(owner.to_owned())
    .bind(next_millis)
    .bind(i64::from(attempts))
    .bind(since_millis)
    .execute(&mut *writing.transaction)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(KeepError::LeaseLost(id.to_owned()));
    }
    writing.commit().await
}

pub(super) async fn retain(database: &Database, retention: Retention) -> Result<u64, KeepError> {
    let mut removed = 0;
    if let Some(before) = retention.ended_before_millis {
        loop {
            let some = database.in_time(remove(database, before, i64::MAX)).await?;
            removed += some;
            if some == 0 {
                break;
            }
        }
    }
    if let Some(before) = retention.audited_before_millis {
        removed += audit::remove(database, before).await?;
    }
    if let Some(most) = retention.bytes {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        loop {
            let excess = database.in_time(bytes(database)).await?.saturating_sub(most);
            if excess <= 0 {
                break;
            }
            let some = database.in_time(remove(database, i64::MAX, excess)).await?;
            removed += some;
            // Running canaries are not removed.
            if some == 0 {
                break;
            }
        }
    }
    Ok(removed)
}

async fn bytes(database: &Database) -> Result<i64, KeepError> {
    // PostgreSQL's sum of bigints is a numeric.
    let row = sqlx::query("SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM canaries")
        .fetch_one(&database.pool)
        .await?;
    Ok(row.try_get("bytes")?)
}

/// Looks of the canaries in one removal, unless a single canary has more: other writers wait for each of them.
const LOOKS_REMOVED_AT_ONCE: i64 = 2000;

/// Removes up to [`REMOVED_AT_ONCE`] canaries, starting with those that ended first, until `bytes` are free. If ends are sent,
/// a canary stays until its end was sent or given up.
async fn remove(database: &Database, before: i64, bytes: i64) -> Result<u64, KeepError> {
    let mut statement = Statement::new(
        "DELETE FROM canaries WHERE id IN (SELECT id FROM \
         (SELECT id, looks, SUM(looks) OVER (ORDER BY ended_millis, id) AS all_looks, \
         SUM(bytes) OVER (ORDER BY ended_millis, id) - bytes AS earlier FROM \
         (SELECT id, bytes, looks, ended_millis FROM canaries WHERE ended_millis IS NOT NULL AND ended_millis < ",
    );
    statement.integer(before);
    if database.has_deliveries() {
        statement.push(" AND id NOT IN (SELECT canary_id FROM deliveries)");
    }
    statement.push(" ORDER BY ended_millis, id LIMIT ").integer(REMOVED_AT_ONCE);
    statement.push(") AS oldest) AS summed WHERE earlier < ").integer(bytes);
    // The first one always goes: it has all the looks.
    statement.push(" AND (all_looks = looks OR all_looks <= ").integer(LOOKS_REMOVED_AT_ONCE);
    statement.push("))");
    let mut writing = database.write().await?;
    let removed = statement.query().execute(&mut *writing.transaction).await?;
    writing.commit().await?;
    Ok(removed.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StorePlace;

    #[tokio::test]
    async fn a_removal_has_few_looks_or_one_canary() {
        let folder = tempfile::tempdir().unwrap();
        let place = StorePlace::Sqlite(folder.path().join("judge.db"));
        let database = Database::open(&place).await.unwrap();
        for (number, looks) in (0_i64..).zip([10_080, 3, 1000, 997, 1, 5000, 5000]) {
            let insert = "INSERT INTO canaries (id, start_key, origin, application, config_id, config_version, \
                 config_name, caller, state, verdict, score, reason, planned, looks, created_millis, ended_millis, \
                 next_millis, attempts, since_millis, lease_owner, lease_millis, bytes, document) VALUES ($1, $1, '', \
                 '', '', 0, '', '', 'finished', '', NULL, '', $2, $2, 0, $3, 0, 0, 0, '', 0, 1, $1)";
            let id = format!("c{number}");
            let inserted = sqlx::query(insert).bind(id).bind(looks).bind(number);
            inserted.execute(&database.pool).await.unwrap();
        }
        let mut removed = Vec::new();
        while removed.last() != Some(&0) {
            removed.push(remove(&database, i64::MAX, i64::MAX).await.unwrap());
        }
        assert_eq!(removed, [1, 3, 1, 1, 1, 0]);
    }
}
