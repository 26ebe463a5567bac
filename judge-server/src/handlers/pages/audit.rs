//! The page of the audit log.

use axum::body::Body;
use http::{Response, StatusCode};
use judge_canary::PAGE;
use judge_pages::{AuditQuery, audit_page};

use super::html::page;
use super::request::PageRequest;
use crate::convert::refusal::Refusal;

pub(super) async fn list(asked: &PageRequest<'_>) -> Result<Response<Body>, Refusal> {
    let query = AuditQuery { subject: asked.text("subject"), before: asked.text("before") };
    let (subject, before) = (asked.params.get("subject"), asked.params.get("before"));
    let mut entries = asked.canaries.store().audit(subject, before, PAGE + 1).await?;
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let next = entries.last().filter(|_| more).map(|entry| entry.id.as_str());
    Ok(page(StatusCode::OK, audit_page(&asked.visitor(), &query, &entries, next)))
}
