//! Starts, reads, lists and cancels canaries.

use sqlx::Row;

use super::super::document::{pack, unpack};
use super::super::statement::{Statement, plain};
use super::super::{
    AuditEntry, CanaryFilter, CanaryPage, Inserted, KeepError, MOST_OF_A_PAGE, NewCanary, PAGE,
    ReleaseFilter,
};
use super::audit;
use super::database::Database;
use super::deliveries;
use super::rows::{self, CanaryDocument, SUMMARY, score_column, verdict_name};
use crate::drift::PastRelease;
use crate::record::{Canary, CanaryLook, CanaryState, JudgedSeries, LookResult};

/// The key of a start as it is stored: the given one, or a unique one.
fn stored_key(key: Option<&str>, id: &str) -> String {
    key.map_or_else(|| format!("id {id}"), |key| format!("key {key}"))
}

fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The text that a search reads, with ASCII letters in lower case. SQLite has it in an index.
fn searched(database: &Database) -> &'static str {
    if database.is_sqlite() {
        return "LOWER(application || ' ' || config_name || ' ' || caller || ' ' || reason)";
    }
    // Other collations change more letters than those of ASCII.
    "LOWER((application || ' ' || config_name || ' ' || caller || ' ' || reason) COLLATE \"C\")"
}

/// The pattern of `LIKE` for texts that contain `search`.
fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for letter in search.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter.to_ascii_lowercase());
    }
    pattern.push('%');
    pattern
}

pub(super) async fn insert(
    database: &Database,
    new: &NewCanary,
    entry: &AuditEntry,
) -> Result<Inserted, KeepError> {
    let NewCanary { summary, request, config, warnings } = new;
    let (request, config) = (request.clone(), config.clone());
    let document = CanaryDocument { request, config, warnings: warnings.clone() };
    let document = pack("canary", &document)?;
    let key = stored_key(new.request.key.as_deref(), &summary.id);
    let mut writing = database.write().await?;
    let inserted = sqlx::query(
        "INSERT INTO canaries (id, start_key, origin, application, config_id, config_version, config_name, caller, \
         state, verdict, score, reason, planned, looks, created_millis, ended_millis, next_millis, attempts, \
         since_millis, lease_owner, lease_millis, bytes, document) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
         $10, $11, $12, $13, $14, $15, $16, $17, 0, 0, '', 0, $18, $19) ON CONFLICT (start_key) DO NOTHING",
    )
    .bind(summary.id.clone())
    .bind(plain(&key))
    .bind(summary.origin.clone())
    .bind(plain(&summary.application))
    .bind(plain(&summary.config_id))
    .bind(summary.config_version)
    .bind(plain(&summary.config_name))
    .bind(plain(&summary.caller))
    .bind(summary.state.name())
    .bind(verdict_name(summary.verdict))
    .bind(score_column(summary.score))
    .bind(plain(&summary.reason))
    .bind(to_i64(summary.planned))
    .bind(to_i64(summary.looks))
    .bind(summary.created_millis)
    .bind(summary.ended_millis)
    .bind(summary.next_millis)
    .bind(to_i64(document.len()))
    .bind(document)
    .execute(&mut *writing.transaction)
    .await?;
    if inserted.rows_affected() == 0 {
        let row = sqlx::query("SELECT id FROM canaries WHERE start_key = $1")
            .bind(plain(&key))
            .fetch_one(&mut *writing.transaction)
            .await?;
        return Ok(Inserted::Before(row.try_get("id")?));
    }
    audit::write(&mut writing, entry).await?;
    writing.commit().await?;
    Ok(Inserted::New)
}

pub(super) async fn by_key(database: &Database, key: &str) -> Result<Option<String>, KeepError> {
    let row = sqlx::query("SELECT id FROM canaries WHERE start_key = $1")
        .bind(plain(&stored_key(Some(key), "")))
        .fetch_optional(&database.pool)
        .await?;
    Ok(row.map(|row| row.try_get("id")).transpose()?)
}

pub(super) async fn get(database: &Database, id: &str) -> Result<Canary, KeepError> {
    let mut statement = Statement::new("SELECT document, ");
    statement.push(SUMMARY).push(" FROM canaries").filter("id", Some(id));
    let row = statement.query().fetch_optional(&database.pool).await?;
    rows::canary(&row.ok_or_else(|| KeepError::not_found("Canary", id))?)
}

/// Whether SQLite shall not use the index that covers all columns of the filter, because no condition of the
/// filter has an index that is surely better. A column after a plus is not looked up in an index of its own.
fn passes_over(database: &Database, filter: &CanaryFilter) -> bool {
    let filters = [
        filter.application.is_some(),
        filter.config_name.is_some(),
        filter.config_id.is_some(),
        !filter.origins.is_empty(),
        filter.verdict.is_some(),
        !filter.states.is_empty(),
    ];
    let count = filters.into_iter().filter(|is_set| *is_set).count();
    database.is_sqlite() && (filter.search.is_some() || count > 1)
}

pub(super) async fn list(
    database: &Database,
    filter: &CanaryFilter,
) -> Result<CanaryPage, KeepError> {
    let limit = if filter.limit == 0 { PAGE } else { filter.limit.min(MOST_OF_A_PAGE) };
    let mut statement = Statement::new("SELECT ");
    // The rows are found in covering indexes first, and read afterwards.
    statement.push(SUMMARY).push(" FROM (SELECT id FROM canaries");
    let passes_over = passes_over(database, filter);
    let column = |name, passed| if passes_over { passed } else { name };
    statement.filter(column("application", "+application"), filter.application.as_deref());
    statement.filter(column("config_name", "+config_name"), filter.config_name.as_deref());
    statement.filter(column("config_id", "+config_id"), filter.config_id.as_deref());
    statement.filter_any(column("origin", "+origin"), filter.origins.iter().map(String::as_str));
    let verdict = filter.verdict.map(|verdict| verdict_name(Some(verdict)));
    statement.filter(column("verdict", "+verdict"), verdict);
    let states = filter.states.iter().map(|state| state.name());
    statement.filter_any(column("state", "+state"), states);
    if let Some(search) = &filter.search {
        statement.and().push(searched(database));
        statement.push(" LIKE ").text(&pattern(search)).push(" ESCAPE '!'");
    }
    if let Some(before) = &filter.before {
        statement.and().push("id < ").text(before);
    }
    // One more than the page, to know whether there is another.
    statement.push(" ORDER BY id DESC LIMIT ").integer(to_i64(limit).saturating_add(1));
    statement.push(" OFFSET ").integer(to_i64(filter.skip));
    statement.push(") AS found JOIN canaries USING (id) ORDER BY id DESC");
    let rows = statement.query().fetch_all(&database.pool).await?;
    let mut canaries = rows.iter().map(rows::summary).collect::<Result<Vec<_>, _>>()?;
    let more = canaries.len() > limit;
    canaries.truncate(limit);
    let next = canaries.last().filter(|_| more).map(|canary| canary.id.clone());
    Ok(CanaryPage { canaries, next })
}

pub(super) async fn releases(
    database: &Database,
    filter: &ReleaseFilter,
) -> Result<Vec<PastRelease>, KeepError> {
    let mut statement = Statement::new("SELECT look, ");
    statement.push(SUMMARY).push(
        " FROM (SELECT canaries.*, looks.document AS look FROM canaries JOIN looks \
         ON looks.canary_id = canaries.id AND looks.number = canaries.looks) AS ended",
    );
    statement.filter("application", Some(&filter.application));
    statement.filter("config_name", filter.config_name.as_deref());
    // Most have finished: the application's index is the better one.
    let state = if database.is_sqlite() { "+state" } else { "state" };
    statement.filter(state, Some(CanaryState::Finished.name()));
    statement.filter("verdict", filter.verdict.map(|verdict| verdict_name(Some(verdict))));
    if let Some(before) = &filter.before {
        statement.and().push("id < ").text(before);
    }
    statement.push(" ORDER BY id DESC LIMIT ").integer(to_i64(filter.limit));
    let rows = statement.query().fetch_all(&database.pool).await?;
    let mut releases = Vec::with_capacity(rows.len());
    for row in &rows {
        let look: CanaryLook = unpack("look", &row.try_get::<Vec<u8>, _>("look")?)?;
        if let LookResult::Judged(judged) = look.result {
            let JudgedSeries { judgement, metric_set, .. } = *judged;
            releases.push(PastRelease { summary: rows::summary(row)?, judgement, metric_set });
        }
    }
    Ok(releases)
}

pub(super) async fn cancel(
    database: &Database,
    id: &str,
    entry: &AuditEntry,
) -> Result<bool, KeepError> {
    let mut writing = database.write().await?;
    let cancelled = sqlx::query(
        "UPDATE canaries SET state = $2, reason = $3, ended_millis = $4, lease_owner = '', lease_millis = 0 \
         WHERE id = $1 AND ended_millis IS NULL",
    )
    .bind(plain(id))
    .bind(CanaryState::Cancelled.name())
    .bind(plain(&format!("cancelled by {}", entry.actor)))
    .bind(entry.at_millis)
    .execute(&mut *writing.transaction)
    .await?;
    if cancelled.rows_affected() == 0 {
        drop(writing);
        get(database, id).await?;
        return Ok(false);
    }
    audit::write(&mut writing, entry).await?;
    deliveries::write(database, &mut writing, id, entry.at_millis).await?;
    writing.commit().await?;
    Ok(true)
}
