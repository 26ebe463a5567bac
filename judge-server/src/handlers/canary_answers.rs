//! Answers of `CanaryService`, from the contract's requests to its responses.

use judge_canary::{Canaries, Existing};
use judge_contract::proto;

use super::Context;
use crate::convert::canary::{
    audit_entry, canary_message, look_message, stored_config, stored_version,
};
use crate::convert::canary_request::{
    page_size, read_config_text, read_list, read_start, set, size,
};
use crate::convert::refusal::Refusal;

/// Memory of looks, their messages and JSON, as a multiple of that of the looks; of series that never change, twice as much.
const MESSAGES: usize = 3;

/// A request, and what it is answered from.
pub(super) type Received<'a, 'b, I> = (&'a Canaries, I, &'b Context);

pub(super) async fn start(
    (canaries, request, context): Received<'_, '_, proto::StartCanaryRequest>,
) -> Result<proto::StartCanaryResponse, Refusal> {
    let started = canaries.start(read_start(request)?, &context.actor()).await?;
    let canary = Some(canary_message(started.canary.summary));
    Ok(proto::StartCanaryResponse { canary, is_new: started.is_new })
}

pub(super) async fn get(
    (canaries, request, context): Received<'_, '_, proto::GetCanaryRequest>,
) -> Result<proto::GetCanaryResponse, Refusal> {
    let canary = canaries.get(&request.id).await?;
    let after = usize::try_from(request.after_look).unwrap_or_default();
    let page = size(request.page_size)?;
    let limit = if page > 0 { page } else { usize::MAX };
    let looks = context.looks(canaries, &request.id, after, limit, MESSAGES).await?;
    Ok(proto::GetCanaryResponse {
        canary: Some(canary_message(canary.summary)),
        metadata: canary.request.metadata,
        warnings: canary.warnings,
        looks: looks.into_iter().map(look_message).collect(),
    })
}

pub(super) async fn list(
    (canaries, request, _): Received<'_, '_, proto::ListCanariesRequest>,
) -> Result<proto::ListCanariesResponse, Refusal> {
    let page = canaries.list(&read_list(request)?).await?;
    Ok(proto::ListCanariesResponse {
        canaries: page.canaries.into_iter().map(canary_message).collect(),
        next_page_token: page.next.unwrap_or_default(),
    })
}

pub(super) async fn cancel(
    (canaries, request, context): Received<'_, '_, proto::CancelCanaryRequest>,
) -> Result<proto::CancelCanaryResponse, Refusal> {
    let (canary, ended) = canaries.cancel(&request.id, &context.actor()).await?;
    Ok(proto::CancelCanaryResponse { canary: Some(canary_message(canary.summary)), ended })
}

pub(super) async fn create_config(
    (canaries, request, context): Received<'_, '_, proto::CreateConfigRequest>,
) -> Result<proto::CreateConfigResponse, Refusal> {
    let document = read_config_text(&request.kayenta_config_json)?;
    let id = set(request.id);
    let head =
        canaries.put_config(id.as_deref(), document, Existing::MustNot, &context.actor()).await?;
    Ok(proto::CreateConfigResponse { config: Some(stored_config(head)) })
}

pub(super) async fn update_config(
    (canaries, request, context): Received<'_, '_, proto::UpdateConfigRequest>,
) -> Result<proto::UpdateConfigResponse, Refusal> {
    let document = read_config_text(&request.kayenta_config_json)?;
    let head =
        canaries.put_config(Some(&request.id), document, Existing::Must, &context.actor()).await?;
    Ok(proto::UpdateConfigResponse { config: Some(stored_config(head)) })
}

pub(super) async fn get_config(
    (canaries, request, _): Received<'_, '_, proto::GetConfigRequest>,
) -> Result<proto::GetConfigResponse, Refusal> {
    let version = Some(request.version).filter(|version| *version != 0);
    let found = canaries.config(&request.id, version).await?;
    let kayenta_config_json = found.document.to_string();
    Ok(proto::GetConfigResponse { version: Some(stored_version(found)), kayenta_config_json })
}

pub(super) async fn list_configs(
    (canaries, request, _): Received<'_, '_, proto::ListConfigsRequest>,
) -> Result<proto::ListConfigsResponse, Refusal> {
    let applications = Vec::from_iter(set(request.application));
    let configs = canaries.configs(&applications).await?;
    Ok(proto::ListConfigsResponse { configs: configs.into_iter().map(stored_config).collect() })
}

pub(super) async fn list_config_versions(
    (canaries, request, _): Received<'_, '_, proto::ListConfigVersionsRequest>,
) -> Result<proto::ListConfigVersionsResponse, Refusal> {
    let versions = canaries.config_versions(&request.id).await?;
    let versions = versions.into_iter().map(stored_version).collect();
    Ok(proto::ListConfigVersionsResponse { versions })
}

pub(super) async fn delete_config(
    (canaries, request, context): Received<'_, '_, proto::DeleteConfigRequest>,
) -> Result<proto::DeleteConfigResponse, Refusal> {
    canaries.delete_config(&request.id, &context.actor()).await?;
    Ok(proto::DeleteConfigResponse {})
}

pub(super) async fn list_audit(
    (canaries, request, _): Received<'_, '_, proto::ListAuditEntriesRequest>,
) -> Result<proto::ListAuditEntriesResponse, Refusal> {
    let (subject, before) = (set(request.subject), set(request.page_token));
    let limit = page_size(request.page_size)?;
    let store = canaries.store();
    let entries = store.audit(subject.as_deref(), before.as_deref(), limit).await?;
    let next = entries.last().filter(|_| entries.len() == limit).map(|entry| entry.id.clone());
    Ok(proto::ListAuditEntriesResponse {
        entries: entries.into_iter().map(audit_entry).collect(),
        next_page_token: next.unwrap_or_default(),
    })
}
