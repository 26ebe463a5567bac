//! Deliveries: ends of canaries that are still to be sent.

use sqlx::Row;

use super::super::statement::Statement;
use super::super::{ClaimDue, Delivery, KeepError};
use super::database::{Database, Writing};

/// Records a delivery, in the transaction that ends the canary.
pub(super) async fn write(
    database: &Database,
    writing: &mut Writing<'_>,
    canary_id: &str,
    ended_millis: i64,
) -> Result<(), KeepError> {
    if !database.has_deliveries() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO deliveries (canary_id, since_millis, next_millis, attempts, lease_owner, lease_millis) \
         VALUES ($1, $2, $2, 0, '', 0)",
    )
    .bind(canary_id.to_owned())
    .bind(ended_millis)
    .execute(&mut *writing.transaction)
    .await?;
    Ok(())
}

pub(super) async fn claim(
    database: &Database,
    claim: ClaimDue<'_>,
) -> Result<Vec<Delivery>, KeepError> {
    let ClaimDue { owner, now_millis, lease_millis, limit } = claim;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = Statement::new("UPDATE deliveries SET lease_owner = ");
    statement.text(owner).push(", lease_millis = ").integer(lease_millis);
    statement.push(" WHERE canary_id IN (SELECT canary_id FROM deliveries WHERE next_millis <= ");
    statement.integer(now_millis).push(" AND lease_millis <= ").integer(now_millis);
    statement.push(" ORDER BY next_millis LIMIT ").integer(limit);
    statement.push(if database.is_sqlite() { ")" } else { " FOR UPDATE SKIP LOCKED)" });
    statement.push(" RETURNING canary_id, attempts, since_millis");
    let mut writing = database.write().await?;
    let rows = statement.query().fetch_all(&mut *writing.transaction).await?;
    writing.commit().await?;
    let delivery = |row: &sqlx::any::AnyRow| {
        Ok(Delivery {
            canary_id: row.try_get("canary_id")?,
            attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or_default(),
            since_millis: row.try_get("since_millis")?,
        })
    };
    rows.iter().map(delivery).collect()
}

pub(super) async fn postpone(
    database: &Database,
    owner: &str,
    canary_id: &str,
    next_millis: i64,
) -> Result<(), KeepError> {
    let mut writing = database.write().await?;
    sqlx::query(
        "UPDATE deliveries SET next_millis = $3, attempts = attempts + 1, lease_owner = '', lease_millis = 0 \
         WHERE canary_id = $1 AND lease_owner = $2",
    )
    .bind(canary_id.to_owned())
    .bind(owner.to_owned())
    .bind(next_millis)
    .execute(&mut *writing.transaction)
    .await?;
    writing.commit().await
}

pub(super) async fn remove(database: &Database, canary_id: &str) -> Result<(), KeepError> {
    let mut writing = database.write().await?;
    sqlx::query("DELETE FROM deliveries WHERE canary_id = $1")
        .bind(canary_id.to_owned())
        .execute(&mut *writing.transaction)
        .await?;
    writing.commit().await
}
