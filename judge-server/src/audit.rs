//! `judge-server audit`: prints the audit log of canaries and configs.

use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

use judge_canary::{AuditEntry, KeepError, SqlStore};

use crate::settings::Settings;
use crate::settings::error::StartError;

/// Entries of one read.
const PAGE: usize = 1000;

/// Writes the audit log, the oldest entry first; the server may run meanwhile.
///
/// # Errors
/// If no store is set, or it cannot be read.
pub async fn audit(settings: &Settings, to: &mut impl Write) -> Result<(), StartError> {
    let Some(place) = settings.store_place() else {
        return Err(StartError::Settings("audit needs --store".into()));
    };
    let unread = |error: KeepError| StartError::Settings(format!("store {place:?}: {error}"));
    let store = SqlStore::open_to_read(&place).await.map_err(unread)?;
    let mut entries: Vec<AuditEntry> = Vec::new();
    loop {
        let before = entries.last().map(|entry| entry.id.clone());
        let page = store.audit(None, before.as_deref(), PAGE).await.map_err(unread)?;
        let is_last = page.len() < PAGE;
        entries.extend(page);
        if is_last {
            break;
        }
    }
    for entry in entries.iter().rev() {
        writeln!(to, "{}", line(entry))?;
    }
    Ok(())
}

/// An entry as a line: time, caller, action, subject, details. Names come from callers: what is not printable is escaped.
fn line(entry: &AuditEntry) -> String {
    let since = Duration::from_millis(u64::try_from(entry.at_millis).unwrap_or_default());
    let time = humantime::format_rfc3339_seconds(UNIX_EPOCH + since);
    let AuditEntry { actor, action, subject, .. } = entry;
    let detail = entry.detail.iter().map(|(name, value)| format!("  {name}={value}"));
    let detail: String = detail.collect();
    format!("{time}  {actor}  {action}  {subject}{detail}").escape_debug().to_string()
}
