//! Who looks at which canary, and until when; and what is removed.

use sqlx::Row;

use super::super::statement::Statement;
use super::super::{Claim, Claimed, Retention, StoreError};
use super::SqlStore;
use super::rows::{self, SUMMARY};

pub(super) async fn claim(store: &SqlStore, claim: Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
    let Claim { owner, now_millis, lease_millis, limit } = claim;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = Statement::new("UPDATE canaries SET lease_owner = ");
    statement.text(owner).push(", lease_millis = ").whole(lease_millis);
    statement.push(
        " WHERE id IN (SELECT id FROM canaries WHERE ended_millis IS NULL AND next_millis <= ",
    );
    statement.whole(now_millis).push(" AND lease_millis <= ").whole(now_millis);
    statement.push(" ORDER BY next_millis LIMIT ").whole(limit);
    // Replicas pass over what another one is just taking.
    statement.push(if store.is_sqlite() { ")" } else { " FOR UPDATE SKIP LOCKED)" });
    statement.push(" RETURNING attempts, since_millis, document, ").push(SUMMARY);
    let mut writing = store.write().await?;
    let rows = statement.query().fetch_all(&mut *writing.transaction).await?;
    writing.commit().await?;
    let claimed = |row: &sqlx::any::AnyRow| {
        Ok(Claimed {
            canary: rows::canary(row)?,
            attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or_default(),
            since_millis: row.try_get("since_millis")?,
        })
    };
    rows.iter().map(claimed).collect()
}

pub(super) async fn next_due(store: &SqlStore) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query(
        "SELECT MIN(CASE WHEN next_millis > lease_millis THEN next_millis ELSE lease_millis END) AS due \
         FROM canaries WHERE ended_millis IS NULL",
    )
    .fetch_one(&store.pool)
    .await?;
    Ok(row.try_get("due")?)
}

pub(super) async fn renew(
    store: &SqlStore,
    owner: &str,
    lease_millis: i64,
) -> Result<(), StoreError> {
    let mut writing = store.write().await?;
    sqlx::query(
        "UPDATE canaries SET lease_millis = $2 WHERE ended_millis IS NULL AND lease_owner = $1",
    )
    .bind(owner.to_owned())
    .bind(lease_millis)
    .execute(&mut *writing.transaction)
    .await?;
    writing.commit().await
}

pub(super) async fn postpone(
    store: &SqlStore,
    owner: &str,
    id: &str,
    next_millis: i64,
    attempts: u32,
    since_millis: i64,
) -> Result<(), StoreError> {
    let mut writing = store.write().await?;
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
        return Err(StoreError::LeaseLost(id.to_owned()));
    }
    writing.commit().await
}

/// Canaries that are removed at once, so that nobody waits long for their turn to write.
const REMOVED_AT_ONCE: i64 = 500;

pub(super) async fn retain(store: &SqlStore, retention: Retention) -> Result<u64, StoreError> {
    let mut removed = 0;
    if let Some(before) = retention.ended_before_millis {
        loop {
            let some = remove(store, before, REMOVED_AT_ONCE).await?;
            removed += some;
            if some == 0 {
                break;
            }
        }
    }
    if let Some(most) = retention.bytes {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        while bytes(store).await? > most {
            let some = remove(store, i64::MAX, 10).await?;
            removed += some;
            // What is under way is not removed.
            if some == 0 {
                break;
            }
        }
    }
    Ok(removed)
}

async fn bytes(store: &SqlStore) -> Result<i64, StoreError> {
    // PostgreSQL's sum of bigints is a numeric.
    let row = sqlx::query("SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM canaries")
        .fetch_one(&store.pool)
        .await?;
    Ok(row.try_get("bytes")?)
}

/// Removes up to `limit` canaries, those that ended first.
async fn remove(store: &SqlStore, before: i64, limit: i64) -> Result<u64, StoreError> {
    let mut writing = store.write().await?;
    let removed = sqlx::query(
        "DELETE FROM canaries WHERE id IN (SELECT id FROM canaries WHERE ended_millis IS NOT NULL \
         AND ended_millis < $1 ORDER BY ended_millis LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(&mut *writing.transaction)
    .await?;
    writing.commit().await?;
    Ok(removed.rows_affected())
}
