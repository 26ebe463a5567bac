//! Looks and their series.

use sqlx::Row;

use super::super::document::{pack, unpack};
use super::super::{KeepError, LookRecord};
use super::database::Database;
use super::deliveries;
use super::rows::{score_column, verdict_name};
use crate::record::{CanaryLook, MetricSet};

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) async fn list(
    database: &Database,
    id: &str,
    after: usize,
) -> Result<Vec<CanaryLook>, KeepError> {
    let rows = sqlx::query(
        "SELECT document FROM looks WHERE canary_id = $1 AND number > $2 ORDER BY number",
    )
    .bind(id.to_owned())
    .bind(whole(after))
    .fetch_all(&database.pool)
    .await?;
    let document =
        |row: &sqlx::any::AnyRow| unpack("look", &row.try_get::<Vec<u8>, _>("document")?);
    rows.iter().map(document).collect()
}

pub(super) async fn metric_set(database: &Database, id: &str) -> Result<MetricSet, KeepError> {
    let row = sqlx::query("SELECT document FROM metric_sets WHERE id = $1")
        .bind(id.to_owned())
        .fetch_optional(&database.pool)
        .await?;
    let row = row.ok_or_else(|| KeepError::not_found("Metric set", id))?;
    unpack("metric set", &row.try_get::<Vec<u8>, _>("document")?)
}

pub(super) async fn record(database: &Database, record: LookRecord<'_>) -> Result<(), KeepError> {
    let LookRecord { owner, look, metric_set, after } = record;
    let document = pack("look", look)?;
    let set = metric_set.map(|(id, set)| Ok::<_, KeepError>((id, pack("metric set", set)?)));
    let set = set.transpose()?;
    let bytes = document.len() + set.as_ref().map_or(0, |(_, set)| set.len());
    let mut writing = database.write().await?;
    let updated = sqlx::query(
        "UPDATE canaries SET state = $4, verdict = $5, score = $6, reason = $7, looks = $3, ended_millis = $8, \
         next_millis = $9, bytes = bytes + $10, attempts = 0, since_millis = 0, lease_owner = '', lease_millis = 0 \
         WHERE id = $1 AND lease_owner = $2 AND looks = $3 - 1 AND ended_millis IS NULL",
    )
    .bind(after.id.clone())
    .bind(owner.to_owned())
    .bind(whole(look.window.number))
    .bind(after.state.name())
    .bind(verdict_name(after.verdict))
    .bind(score_column(after.score))
    .bind(after.reason.clone())
    .bind(after.ended_millis)
    .bind(after.next_millis)
    .bind(whole(bytes))
    .execute(&mut *writing.transaction)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(KeepError::LeaseLost(after.id.clone()));
    }
    let judgement = look.judgement();
    sqlx::query(
        "INSERT INTO looks (canary_id, number, began_millis, ended_millis, score, verdict, metric_set_id, document) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(after.id.clone())
    .bind(whole(look.window.number))
    .bind(look.began_millis)
    .bind(look.ended_millis)
    .bind(score_column(judgement.map(|judgement| judgement.score)))
    .bind(verdict_name(judgement.map(|judgement| judgement.verdict)))
    .bind(look.metric_set().unwrap_or_default().to_owned())
    .bind(document)
    .execute(&mut *writing.transaction)
    .await?;
    if let Some((id, set)) = set {
        sqlx::query("INSERT INTO metric_sets (id, canary_id, document) VALUES ($1, $2, $3)")
            .bind(id.to_owned())
            .bind(after.id.clone())
            .bind(set)
            .execute(&mut *writing.transaction)
            .await?;
    }
    if let Some(ended_millis) = after.ended_millis {
        deliveries::write(database, &mut writing, &after.id, ended_millis).await?;
    }
    writing.commit().await
}
