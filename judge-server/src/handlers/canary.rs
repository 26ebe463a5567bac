//! Calls of `CanaryService`, over gRPC and as JSON: the same answers, written as the call is.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use judge_canary::{Canaries, CanaryFilter, CanaryRequest, Existing, WatchEvent};
use prost::Message;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::grpc::{answer_encoding, respond};
use super::others::EndingBody;
use super::query::{FromQuery, Query};
use super::routes::{CanaryCall, Port};
use super::{Answered, Context, Failure, Handlers, http as json};
use crate::convert::canary::{page_size, read_config_text};
use crate::convert::guard;
use crate::convert::proto_json::{self, Named};
use crate::convert::refusal::Refusal;
use crate::observe::outcome::Outcome;
use crate::proto;

/// How often an open stream of events says that it is there, so that no proxy ends it.
const EVENT_SILENCE: Duration = Duration::from_secs(15);

impl Handlers {
    /// Answers a call about canaries or configs that are kept.
    pub(super) async fn canary(
        &self,
        call: CanaryCall,
        context: &Context,
        request: Request<Body>,
    ) -> Result<Answered, Failure> {
        let canaries = self.canaries.clone().ok_or(Refusal::Stateless)?;
        let actor = context.actor();
        let asked = Asked { handlers: self, context, request };
        match call {
            CanaryCall::Start => {
                asked.answer(async |request| start(&canaries, request, &actor).await).await
            }
            CanaryCall::Get => asked.answer(async |request| get(&canaries, request).await).await,
            CanaryCall::Watch => asked.watch(&canaries).await,
            CanaryCall::List => asked.answer(async |request| list(&canaries, request).await).await,
            CanaryCall::Cancel => {
                asked.answer(async |request| cancel(&canaries, request, &actor).await).await
            }
            CanaryCall::CreateConfig => {
                asked.answer(async |request| create_config(&canaries, request, &actor).await).await
            }
            CanaryCall::UpdateConfig => {
                asked.answer(async |request| update_config(&canaries, request, &actor).await).await
            }
            CanaryCall::GetConfig => {
                asked.answer(async |request| get_config(&canaries, request).await).await
            }
            CanaryCall::ListConfigs => {
                asked.answer(async |request| list_configs(&canaries, request).await).await
            }
            CanaryCall::ListConfigVersions => {
                asked.answer(async |request| list_config_versions(&canaries, request).await).await
            }
            CanaryCall::DeleteConfig => {
                asked.answer(async |request| delete_config(&canaries, request, &actor).await).await
            }
            CanaryCall::ListAudit => {
                asked.answer(async |request| list_audit(&canaries, request).await).await
            }
        }
    }
}

/// A call, before it is read.
struct Asked<'a> {
    handlers: &'a Handlers,
    context: &'a Context,
    request: Request<Body>,
}

impl Asked<'_> {
    /// The answer that `work` gives, written as the request is.
    async fn answer<I, O>(
        self,
        work: impl AsyncFnOnce(I) -> Result<O, Refusal>,
    ) -> Result<Answered, Failure>
    where
        I: Named + DeserializeOwned + FromQuery,
        O: Named,
    {
        let encoding = answer_encoding(self.request.headers());
        let side = self.context.route.side;
        let answer = work(self.read().await?).await?;
        let response = match side {
            Port::Grpc => respond(stream::iter([Ok(answer.encode_to_vec().into())]), encoding),
            _ => return Ok(json::json(StatusCode::OK, proto_json::write(&answer)?)),
        };
        Ok((response, Outcome::default()).into())
    }

    /// The message of the request.
    async fn read<I: Named + DeserializeOwned + FromQuery>(self) -> Result<I, Refusal> {
        let Self { handlers, context, request } = self;
        let limits = &handlers.judging.limits;
        if context.route.side == Port::Grpc {
            let message = handlers.message(context, request).await?;
            guard::check_message::<I>(&message, limits)?;
            return Ok(I::decode(message)?);
        }
        let mut query = Query::read(context.route, request.uri())?;
        let mut message = I::default();
        if matches!(context.route.method, "POST" | "PUT") {
            json::require_json(request.headers())?;
            let body = json::read(request.into_body(), limits.message_bytes).await?;
            if !body.is_empty() {
                guard::check_json(&body, limits)?;
                message = proto_json::read(&body)?;
            }
        }
        message.take(&mut query)?;
        query.end()?;
        Ok(message)
    }

    /// Events as they come, until the canary ends, the stream is old or the server drains.
    async fn watch(self, canaries: &Canaries) -> Result<Answered, Failure> {
        let encoding = answer_encoding(self.request.headers());
        let (side, draining) = (self.context.route.side, self.handlers.draining.clone());
        let (age, last_seen) = (self.handlers.streams.age, last_event(self.request.headers()));
        let message: proto::WatchCanaryRequest = self.read().await?;
        // One that is not there is refused, not streamed.
        canaries.get(&message.id).await.map_err(Refusal::from)?;
        let after = usize::try_from(message.after_look).unwrap_or_default().max(last_seen);
        let events = canaries.watch(&message.id, after);
        let response = if side == Port::Grpc {
            let events = events.map(|event| match event {
                Ok(event) => Ok(Bytes::from(event_message(event).encode_to_vec())),
                Err(error) => Err(Status::from(Refusal::from(error))),
            });
            respond(events, encoding).map(|body| Body::new(EndingBody::new(body, draining, age)))
        } else {
            server_sent(events.map(|event| event.map_err(Refusal::from)), draining, age)
        };
        Ok((response, Outcome::default()).into())
    }
}

/// The look that a client of server-sent events has seen before it connects again; 0 for none.
fn last_event(headers: &HeaderMap) -> usize {
    let id = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    id.and_then(|id| id.parse().ok()).unwrap_or_default()
}

fn event_message(event: WatchEvent) -> proto::WatchCanaryResponse {
    use proto::watch_canary_response::Event;
    let event = match event {
        WatchEvent::Look(look) => Some(Event::Look((*look).into())),
        WatchEvent::Ended(canary) => Some(Event::Ended((*canary).into())),
        _ => None,
    };
    proto::WatchCanaryResponse { event }
}

/// Server-sent events, each the JSON of a `WatchCanaryResponse`; a client that connects again says the last one's id.
fn server_sent(
    events: impl Stream<Item = Result<WatchEvent, Refusal>> + Send + 'static,
    draining: CancellationToken,
    age: Duration,
) -> Response<Body> {
    let events = events.map(|event| {
        let event = event.map_err(std::io::Error::other)?;
        let (name, id) = match &event {
            WatchEvent::Look(look) => ("look", look.window.number.to_string()),
            _ => ("ended", String::new()),
        };
        let data = proto_json::write(&event_message(event)).map_err(std::io::Error::other)?;
        let id = if id.is_empty() { id } else { format!("id: {id}\n") };
        let data = String::from_utf8_lossy(&data);
        Ok::<_, std::io::Error>(Bytes::from(format!("event: {name}\n{id}data: {data}\n\n")))
    });
    let silence = tokio_stream::StreamExt::timeout_repeating(
        Box::pin(events),
        tokio::time::interval_at(Instant::now() + EVENT_SILENCE, EVENT_SILENCE),
    );
    let with_signs =
        silence.map(|event| event.unwrap_or_else(|_| Ok(Bytes::from_static(b": waiting\n\n"))));
    let end = async move {
        tokio::select! {
            () = draining.cancelled() => {}
            () = tokio::time::sleep(age) => {}
        }
    };
    let mut response = Response::new(Body::from_stream(with_signs.take_until(end)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn start(
    canaries: &Canaries,
    request: proto::StartCanaryRequest,
    actor: &str,
) -> Result<proto::StartCanaryResponse, Refusal> {
    let started = canaries.start(CanaryRequest::try_from(request)?, actor).await?;
    let canary = Some(started.canary.summary.into());
    Ok(proto::StartCanaryResponse { canary, is_new: started.is_new })
}

async fn get(
    canaries: &Canaries,
    request: proto::GetCanaryRequest,
) -> Result<proto::GetCanaryResponse, Refusal> {
    let canary = canaries.get(&request.id).await?;
    let looks = canaries.looks(&request.id, 0).await?;
    Ok(proto::GetCanaryResponse {
        canary: Some(canary.summary.into()),
        metadata: canary.request.metadata,
        warnings: canary.warnings,
        looks: looks.into_iter().map(Into::into).collect(),
    })
}

async fn list(
    canaries: &Canaries,
    request: proto::ListCanariesRequest,
) -> Result<proto::ListCanariesResponse, Refusal> {
    let page = canaries.list(&CanaryFilter::try_from(request)?).await?;
    Ok(proto::ListCanariesResponse {
        canaries: page.canaries.into_iter().map(Into::into).collect(),
        next_page_token: page.next.unwrap_or_default(),
    })
}

async fn cancel(
    canaries: &Canaries,
    request: proto::CancelCanaryRequest,
    actor: &str,
) -> Result<proto::CancelCanaryResponse, Refusal> {
    let (canary, ended) = canaries.cancel(&request.id, actor).await?;
    Ok(proto::CancelCanaryResponse { canary: Some(canary.summary.into()), ended })
}

async fn create_config(
    canaries: &Canaries,
    request: proto::CreateConfigRequest,
    actor: &str,
) -> Result<proto::CreateConfigResponse, Refusal> {
    let document = read_config_text(&request.kayenta_config_json)?;
    let id = Some(request.id.as_str()).filter(|id| !id.is_empty());
    let head = canaries.put_config(id, document, Existing::MustNot, actor).await?;
    Ok(proto::CreateConfigResponse { config: Some(head.into()) })
}

async fn update_config(
    canaries: &Canaries,
    request: proto::UpdateConfigRequest,
    actor: &str,
) -> Result<proto::UpdateConfigResponse, Refusal> {
    let document = read_config_text(&request.kayenta_config_json)?;
    let head = canaries.put_config(Some(&request.id), document, Existing::Must, actor).await?;
    Ok(proto::UpdateConfigResponse { config: Some(head.into()) })
}

async fn get_config(
    canaries: &Canaries,
    request: proto::GetConfigRequest,
) -> Result<proto::GetConfigResponse, Refusal> {
    let version = Some(request.version).filter(|version| *version != 0);
    let found = canaries.config(&request.id, version).await?;
    let kayenta_config_json = found.document.to_string();
    Ok(proto::GetConfigResponse { version: Some(found.into()), kayenta_config_json })
}

async fn list_configs(
    canaries: &Canaries,
    request: proto::ListConfigsRequest,
) -> Result<proto::ListConfigsResponse, Refusal> {
    let applications = Vec::from_iter(Some(request.application).filter(|name| !name.is_empty()));
    let configs = canaries.configs(&applications).await?;
    Ok(proto::ListConfigsResponse { configs: configs.into_iter().map(Into::into).collect() })
}

async fn list_config_versions(
    canaries: &Canaries,
    request: proto::ListConfigVersionsRequest,
) -> Result<proto::ListConfigVersionsResponse, Refusal> {
    let versions = canaries.config_versions(&request.id).await?;
    let versions = versions.into_iter().map(Into::into).collect();
    Ok(proto::ListConfigVersionsResponse { versions })
}

async fn delete_config(
    canaries: &Canaries,
    request: proto::DeleteConfigRequest,
    actor: &str,
) -> Result<proto::DeleteConfigResponse, Refusal> {
    canaries.delete_config(&request.id, actor).await?;
    Ok(proto::DeleteConfigResponse {})
}

async fn list_audit(
    canaries: &Canaries,
    request: proto::ListAuditEntriesRequest,
) -> Result<proto::ListAuditEntriesResponse, Refusal> {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (subject, before) = (text(&request.subject), text(&request.page_token));
    let limit = page_size(request.page_size);
    let store = canaries.store();
    let entries = store.audit(subject.as_deref(), before.as_deref(), limit).await?;
    let next = entries.last().filter(|_| entries.len() == limit).map(|entry| entry.id.clone());
    Ok(proto::ListAuditEntriesResponse {
        entries: entries.into_iter().map(Into::into).collect(),
        next_page_token: next.unwrap_or_default(),
    })
}
