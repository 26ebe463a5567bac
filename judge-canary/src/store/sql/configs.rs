//! Configs and their versions.

use serde_json::Value;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::super::document::{pack, unpack};
use super::super::statement::plain;
use super::super::{AuditEntry, ConfigChange, KeepError};
use super::audit;
use super::database::{Database, Writing};
use crate::stored_config::{ConfigHead, ConfigVersion, Existing, overlaps};

const HEAD: &str =
    "SELECT id, version, name, applications, created_millis, updated_millis FROM configs";

fn head(row: &AnyRow) -> Result<ConfigHead, KeepError> {
    let applications: String = row.try_get("applications")?;
    let applications = serde_json::from_str(&applications)
        .map_err(|error| KeepError::Unreadable { what: "config", why: error.to_string() })?;
    Ok(ConfigHead {
        id: row.try_get("id")?,
        version: row.try_get("version")?,
        name: row.try_get("name")?,
        applications,
        created_millis: row.try_get("created_millis")?,
        updated_millis: row.try_get("updated_millis")?,
    })
}

async fn check(
    writing: &mut Writing<'_>,
    change: &ConfigChange,
) -> Result<Option<ConfigHead>, KeepError> {
    // Two replicas that store configs take turns, so that neither number nor name is given twice.
    let same = sqlx::query(
        "SELECT id, version, name, applications, created_millis, updated_millis FROM configs \
         WHERE name = $1 AND id <> $2",
    )
    .bind(plain(&change.name))
    .bind(plain(&change.id))
    .fetch_all(&mut *writing.transaction)
    .await?;
    for row in &same {
        if overlaps(&change.applications, &head(row)?.applications) {
            let (name, applications) = (change.name.clone(), change.applications.clone());
            return Err(KeepError::SameName { name, applications });
        }
    }
    let found = sqlx::query(
        "SELECT id, version, name, applications, created_millis, updated_millis FROM configs WHERE id = $1",
    )
    .bind(plain(&change.id))
    .fetch_optional(&mut *writing.transaction)
    .await?;
    let found = found.as_ref().map(head).transpose()?;
    match (change.existing, &found) {
        (Existing::MustNot, Some(_)) => Err(KeepError::Exists(change.id.clone())),
        (Existing::Must, None) => Err(KeepError::not_found("Canary config", &change.id)),
        _ => Ok(found),
    }
}

pub(super) async fn put(
    database: &Database,
    change: &ConfigChange,
    entry: &AuditEntry,
) -> Result<ConfigHead, KeepError> {
    let document = pack("config", &change.document)?;
    let applications = serde_json::to_string(&change.applications)
        .map_err(|error| KeepError::Failed(error.to_string()))?;
    let mut writing = database.write().await?;
    if !database.is_sqlite() {
        let lock = "LOCK TABLE configs IN SHARE ROW EXCLUSIVE MODE";
        sqlx::query(lock).execute(&mut *writing.transaction).await?;
    }
    let before = check(&mut writing, change).await?;
    // Versions outlive their config, so a config that is stored again continues their count.
    let last = sqlx::query(
        "SELECT COALESCE(MAX(version), 0) AS version FROM config_versions WHERE id = $1",
    )
    .bind(plain(&change.id))
    .fetch_one(&mut *writing.transaction)
    .await?;
    let version = last.try_get::<i64, _>("version")? + 1;
    sqlx::query(
        "INSERT INTO config_versions (id, version, document, author, at_millis) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(plain(&change.id))
    .bind(version)
    .bind(document)
    .bind(plain(&entry.actor))
    .bind(entry.at_millis)
    .execute(&mut *writing.transaction)
    .await?;
    let created_millis = before.map_or(entry.at_millis, |head| head.created_millis);
    sqlx::query(
        "INSERT INTO configs (id, version, name, applications, created_millis, updated_millis) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET version = excluded.version, \
         name = excluded.name, applications = excluded.applications, updated_millis = excluded.updated_millis",
    )
    .bind(plain(&change.id))
    .bind(version)
    .bind(plain(&change.name))
    .bind(applications)
    .bind(created_millis)
    .bind(entry.at_millis)
    .execute(&mut *writing.transaction)
    .await?;
    audit::write(&mut writing, entry).await?;
    writing.commit().await?;
    Ok(ConfigHead {
        id: change.id.clone(),
        version,
        name: change.name.clone(),
        applications: change.applications.clone(),
        created_millis,
        updated_millis: entry.at_millis,
    })
}

fn version(row: &AnyRow, document: Value) -> Result<ConfigVersion, KeepError> {
    Ok(ConfigVersion {
        id: row.try_get("id")?,
        version: row.try_get("version")?,
        document,
        author: row.try_get("author")?,
        at_millis: row.try_get("at_millis")?,
    })
}

pub(super) async fn get(
    database: &Database,
    id: &str,
    wanted: Option<i64>,
) -> Result<ConfigVersion, KeepError> {
    let query = match wanted {
        None => sqlx::query(
            "SELECT v.id, v.version, v.document, v.author, v.at_millis FROM config_versions v \
             JOIN configs c ON c.id = v.id AND c.version = v.version WHERE v.id = $1",
        )
        .bind(plain(id)),
        Some(wanted) => sqlx::query(
            "SELECT id, version, document, author, at_millis FROM config_versions WHERE id = $1 AND version = $2",
        )
        .bind(plain(id))
        .bind(wanted),
    };
    let row = query.fetch_optional(&database.pool).await?;
    let row = row.ok_or_else(|| match wanted {
        None => KeepError::not_found("Canary config", id),
        Some(wanted) => KeepError::not_found("Config version", &format!("{id} {wanted}")),
    })?;
    let document: Vec<u8> = row.try_get("document")?;
    version(&row, unpack("config", &document)?)
}

pub(super) async fn list(database: &Database) -> Result<Vec<ConfigHead>, KeepError> {
    let rows = sqlx::query(HEAD).fetch_all(&database.pool).await?;
    let mut heads = rows.iter().map(head).collect::<Result<Vec<_>, _>>()?;
    // Databases order text by their own rules.
    heads.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    Ok(heads)
}

pub(super) async fn versions(
    database: &Database,
    id: &str,
) -> Result<Vec<ConfigVersion>, KeepError> {
    let rows = sqlx::query(
        "SELECT id, version, author, at_millis FROM config_versions WHERE id = $1 ORDER BY version",
    )
    .bind(plain(id))
    .fetch_all(&database.pool)
    .await?;
    rows.iter().map(|row| version(row, Value::Null)).collect()
}

pub(super) async fn delete(
    database: &Database,
    id: &str,
    entry: &AuditEntry,
) -> Result<(), KeepError> {
    let mut writing = database.write().await?;
    let deleted = sqlx::query("DELETE FROM configs WHERE id = $1")
        .bind(plain(id))
        .execute(&mut *writing.transaction)
        .await?;
    if deleted.rows_affected() == 0 {
        return Err(KeepError::not_found("Canary config", id));
    }
    audit::write(&mut writing, entry).await?;
    writing.commit().await
}
