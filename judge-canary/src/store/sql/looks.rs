//! Looks and their series.

use sqlx::Row;

use super::super::document::{pack, unpack, unpack_all, unpack_in_pieces};
use super::super::statement::plain;
use super::super::{AuditEntry, KeepError, LookRecord, MetricSetSize};
use super::audit;
use super::database::{Database, Writing};
use super::deliveries;
use super::rows::{score_column, verdict_name};
use crate::large::without_delay;
use crate::record::{CanaryLook, CanarySummary, MetricSet};

fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) async fn list(
    database: &Database,
    id: &str,
    after: usize,
    limit: usize,
) -> Result<Vec<CanaryLook>, KeepError> {
    let rows = sqlx::query(
        "SELECT document FROM looks WHERE canary_id = $1 AND number > $2 ORDER BY number LIMIT $3",
    )
    .bind(plain(id))
    .bind(to_i64(after))
    .bind(to_i64(limit))
    .fetch_all(&database.pool)
    .await?;
    let packed = rows.iter().map(|row| row.try_get("document"));
    unpack_all("look", &packed.collect::<Result<Vec<Vec<u8>>, _>>()?)
}

/// Neither database reads a document for its length.
pub(super) async fn bytes(
    database: &Database,
    id: &str,
    after: usize,
    limit: usize,
) -> Result<u64, KeepError> {
    // PostgreSQL's sum of bigints is a numeric.
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(LENGTH(document)), 0) AS BIGINT) AS bytes FROM looks \
         WHERE canary_id = $1 AND number > $2 AND number <= $3",
    )
    .bind(plain(id))
    .bind(to_i64(after))
    .bind(to_i64(after.saturating_add(limit)))
    .fetch_one(&database.pool)
    .await?;
    Ok(row.try_get::<i64, _>("bytes")?.unsigned_abs())
}

pub(super) async fn get(
    database: &Database,
    id: &str,
    number: usize,
) -> Result<Option<CanaryLook>, KeepError> {
    let row = sqlx::query("SELECT document FROM looks WHERE canary_id = $1 AND number = $2")
        .bind(plain(id))
        .bind(to_i64(number))
        .fetch_optional(&database.pool)
        .await?;
    row.map(|row| unpack("look", &row.try_get::<Vec<u8>, _>("document")?)).transpose()
}

pub(super) async fn metric_set(database: &Database, id: &str) -> Result<MetricSet, KeepError> {
    let row = sqlx::query("SELECT document FROM metric_sets WHERE id = $1")
        .bind(plain(id))
        .fetch_optional(&database.pool)
        .await?;
    let row = row.ok_or_else(|| KeepError::not_found("Metric set", id))?;
    unpack_in_pieces("metric set", &row.try_get::<Vec<u8>, _>("document")?)
}

/// Bytes of the series as they are stored, and their points.
pub(super) async fn metric_set_size(
    database: &Database,
    id: &str,
) -> Result<MetricSetSize, KeepError> {
    let row = sqlx::query(
        "SELECT CAST(LENGTH(document) AS BIGINT) AS bytes, points FROM metric_sets WHERE id = $1",
    )
    .bind(plain(id))
    .fetch_optional(&database.pool)
    .await?;
    let row = row.ok_or_else(|| KeepError::not_found("Metric set", id))?;
    Ok(MetricSetSize {
        bytes: row.try_get::<i64, _>("bytes")?.unsigned_abs(),
        points: row.try_get::<i64, _>("points")?.unsigned_abs(),
    })
}

/// A look as it is written.
#[derive(Debug)]
pub(super) struct PackedLook {
    /// The worker that has the canary; `None` for a look that ends it, whichever worker has it.
    owner: Option<String>,
    after: CanarySummary,
    number: i64,
    began_millis: i64,
    ended_millis: i64,
    score: Option<f64>,
    verdict: &'static str,
    metric_set_id: String,
    document: Vec<u8>,
    set: Option<PackedSet>,
}

/// The series of a look as they are written.
#[derive(Debug)]
struct PackedSet {
    id: String,
    points: i64,
    document: Vec<u8>,
}

impl PackedLook {
    pub(super) fn new(record: LookRecord<'_>) -> Result<Self, KeepError> {
        let LookRecord { owner, look, metric_set, after } = record;
        let packed = |(id, set): (&str, &MetricSet)| {
            let points = set.points();
            let document = without_delay(points * size_of::<f64>(), || pack("metric set", set))?;
            Ok::<_, KeepError>(PackedSet { id: id.to_owned(), points: to_i64(points), document })
        };
        let set = metric_set.map(packed).transpose()?;
        Ok(Self { owner: Some(owner.to_owned()), set, ..Self::without_series(look, after)? })
    }

    fn without_series(look: &CanaryLook, after: &CanarySummary) -> Result<Self, KeepError> {
        let judgement = look.judgement();
        Ok(Self {
            owner: None,
            after: after.clone(),
            number: to_i64(look.window.number),
            began_millis: look.began_millis,
            ended_millis: look.ended_millis,
            score: score_column(judgement.map(|judgement| judgement.score)),
            verdict: verdict_name(judgement.map(|judgement| judgement.verdict)),
            metric_set_id: look.metric_set().unwrap_or_default().to_owned(),
            document: pack("look", look)?,
            set: None,
        })
    }

    fn bytes(&self) -> i64 {
        to_i64(self.document.len() + self.set.as_ref().map_or(0, |set| set.document.len()))
    }
}

/// Ends a canary by a look that was cancelled.
pub(super) async fn cancel(
    database: &Database,
    look: &CanaryLook,
    after: &CanarySummary,
    entry: &AuditEntry,
) -> Result<bool, KeepError> {
    let look = PackedLook::without_series(look, after)?;
    let mut writing = database.write().await?;
    match write(database, &mut writing, &look).await {
        Err(KeepError::LeaseLost(_)) => return Ok(false),
        written => written?,
    }
    audit::write(&mut writing, entry).await?;
    writing.commit().await?;
    Ok(true)
}

/// Writes a look. If the lease is lost nothing was written; after any other error the transaction must not be committed.
pub(super) async fn write(
    database: &Database,
    writing: &mut Writing<'_>,
    look: &PackedLook,
) -> Result<(), KeepError> {
    let after = &look.after;
    let updated = sqlx::query(
        "UPDATE canaries SET state = $4, verdict = $5, score = $6, reason = $7, looks = $3, ended_millis = $8, \
         next_millis = $9, bytes = bytes + $10, attempts = 0, since_millis = 0, lease_owner = '', lease_millis = 0 \
         WHERE id = $1 AND lease_owner = COALESCE($2, lease_owner) AND looks = $3 - 1 AND ended_millis IS NULL",
    )
    .bind(after.id.clone())
    .bind(look.owner.clone())
    .bind(look.number)
    .bind(after.state.name())
    .bind(verdict_name(after.verdict))
    .bind(score_column(after.score))
    .bind(plain(&after.reason))
    .bind(after.ended_millis)
    .bind(after.next_millis)
    .bind(look.bytes())
    .execute(&mut *writing.transaction)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(KeepError::LeaseLost(after.id.clone()));
    }
    sqlx::query(
        "INSERT INTO looks (canary_id, number, began_millis, ended_millis, score, verdict, metric_set_id, document) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(after.id.clone())
    .bind(look.number)
    .bind(look.began_millis)
    .bind(look.ended_millis)
    .bind(look.score)
    .bind(look.verdict)
    .bind(look.metric_set_id.clone())
    .bind(look.document.clone())
    .execute(&mut *writing.transaction)
    .await?;
    if let Some(set) = &look.set {
        sqlx::query(
            "INSERT INTO metric_sets (id, canary_id, points, document) VALUES ($1, $2, $3, $4)",
        )
        .bind(set.id.clone())
        .bind(after.id.clone())
        .bind(set.points)
        .bind(set.document.clone())
        .execute(&mut *writing.transaction)
        .await?;
    }
    if let Some(ended_millis) = after.ended_millis {
        deliveries::write(database, writing, &after.id, ended_millis).await?;
    }
    Ok(())
}
