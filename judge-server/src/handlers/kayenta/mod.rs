//! Calls of Kayenta's own API, answered as its clients read them.

mod accounts;
mod analyses;
mod analysis;
mod configs;
mod dry_run;
mod execution;
mod executions;
mod fields;
mod pairs;
mod rejudge;
mod request;
mod runs;
mod times;

use axum::body::Body;
use axum::response::IntoResponse;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use judge_canary::{look_of_id, without_delay};
use judge_contract::guard;
use serde_json::{Value, json};

use super::http as plain;
use super::params::Params;
use super::routes::KayentaCall;
use super::{Answered, Context, Failure, Handlers};
use crate::convert::refusal::Refusal;
use request::KayentaRequest;
use runs::RunConfig;

impl Handlers {
    /// Answers a call of Kayenta's clients.
    pub(super) async fn kayenta(
        &self,
        call: KayentaCall,
        context: &Context,
        request: Request<Body>,
    ) -> Result<Answered, Failure> {
        let canaries = self.canaries.as_ref().ok_or(Refusal::Stateless)?;
        let params = Params::read(context.route, request.uri())?;
        let page = self.page_of(call, request.headers(), params.id());
        let body = match call {
            call if call.has_document() => self.document_of(request).await?,
            _ => Value::Null,
        };
        let asked = KayentaRequest { canaries, params, body, context };
        let answered = asked.answer(call).await?;
        Ok(page.unwrap_or(answered))
    }

    /// Redirects a browser from an execution to its page, if the public URL is known.
    fn page_of(&self, call: KayentaCall, headers: &HeaderMap, id: &str) -> Option<Answered> {
        let accepted = headers.get(header::ACCEPT)?.to_str().ok()?;
        let is_execution = matches!(call, KayentaCall::GetExecution | KayentaCall::GetAnalysis);
        if !is_execution || !accepted.contains("text/html") {
            return None;
        }
        let canary = look_of_id(id).map_or_else(|| id.to_owned(), |(canary, _)| canary);
        let page = format!("{}/canaries/{canary}", self.settings.public_url.as_deref()?);
        let page = HeaderValue::try_from(page).ok()?;
        Some((StatusCode::SEE_OTHER, [(header::LOCATION, page)]).into_response().into())
    }

    /// As in Spring's actuator; images probe it.
    pub(super) async fn kayenta_health(&self) -> Answered {
        let store_answers = match &self.canaries {
            Some(canaries) => canaries.store().ping().await.is_ok(),
            None => false,
        };
        let word = |is_up: bool| if is_up { "UP" } else { "DOWN" };
        let is_up = store_answers && !self.leaving.is_cancelled();
        let components = json!({
            "ping": {"status": word(!self.leaving.is_cancelled())},
            "store": {"status": word(store_answers)},
        });
        let status = if is_up { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let body = json!({"status": word(is_up), "components": components});
        plain::json(status, body.to_string())
    }

    async fn document_of(&self, request: Request<Body>) -> Result<Value, Refusal> {
        if request.headers().get(header::CONTENT_TYPE).is_none() {
            let text = "content-type: expected application/json, got none";
            return Err(Refusal::UnsupportedMediaType(text.to_owned()));
        }
        plain::require_json(request.headers())?;
        let limits = &self.limits;
        let bytes = plain::read(request.into_body(), limits.message_bytes).await?;
        guard::check_json(&bytes, limits)?;
        let document = judge_core::kayenta::read_document(&bytes)
            .map_err(|error| Refusal::Unusable(error.to_string()))?;
        if !document.is_object() {
            return Err(Refusal::Unusable("expected a JSON object".to_owned()));
        }
        Ok(fields::without_nulls(document))
    }
}

impl KayentaRequest<'_> {
    async fn answer(&self, call: KayentaCall) -> Result<Answered, Refusal> {
        let document = match call {
            KayentaCall::ListConfigs => configs::list(self).await?,
            KayentaCall::GetConfig => configs::get(self).await?,
            KayentaCall::CreateConfig => configs::create(self).await?,
            KayentaCall::UpdateConfig => configs::update(self).await?,
            KayentaCall::DeleteConfig => {
                configs::delete(self).await?;
                return Ok(plain::json(StatusCode::NO_CONTENT, ""));
            }
            KayentaCall::Credentials => accounts::credentials(self),
            KayentaCall::MetricsServices => accounts::metrics_services(self),
            KayentaCall::MetricNames => accounts::metric_names(self).await?,
            KayentaCall::DryRun => dry_run::query(self)?,
            KayentaCall::Judges => accounts::judges(),
            KayentaCall::JudgeAgain => rejudge::judge(self).await?,
            KayentaCall::StartStored => runs::start(self, RunConfig::stored(self).await?).await?,
            KayentaCall::StartInline => runs::start(self, RunConfig::inline(self)?).await?,
            KayentaCall::StartStoredAnalysis => {
                analyses::start(self, RunConfig::stored(self).await?).await?
            }
            KayentaCall::StartInlineAnalysis => {
                analyses::start(self, RunConfig::inline(self)?).await?
            }
            KayentaCall::GetAnalysis => analyses::get(self).await?,
            KayentaCall::GetExecution => executions::get(self).await?,
            KayentaCall::ListExecutions => executions::list(self).await?,
            KayentaCall::CancelExecution => {
                executions::cancel(self).await?;
                // Orca expects a map.
                return Ok(plain::json(StatusCode::ACCEPTED, "{}"));
            }
            KayentaCall::DeleteExecution => {
                executions::cancel(self).await?;
                json!({})
            }
            KayentaCall::GetPairs => pairs::list(self).await?,
            KayentaCall::GetPair => pairs::get(self).await?,
        };
        // The points of a judgement may be many.
        let json = without_delay(usize::MAX, || document.to_string());
        drop(document);
        self.context.hold_answer(json.len())?;
        Ok(plain::json(StatusCode::OK, json))
    }
}
