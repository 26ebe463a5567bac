//! Calls of `CanaryService`, over gRPC and as JSON: the same answers in the encoding of the call.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::IntoResponse;
use axum::response::sse::{self, KeepAlive, Sse};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, Request, Response, StatusCode, header};
use judge_canary::{Canaries, WatchEvent, without_delay};
use judge_contract::{guard, proto, proto_json};
use prost::{Message, Name};
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::canary_answers::{self as answers, Received};
use super::grpc::{answer_encoding, respond};
use super::health::{end, ending};
use super::routes::{CanaryCall, Port};
use super::{Answered, Context, Failure, Handlers, http as json, query};
use crate::convert::canary::{canary_message, look_message};
use crate::convert::refusal::Refusal;

/// Time between two keep-alive comments of an open stream of events, so that no proxy ends it.
const EVENT_SILENCE: Duration = Duration::from_secs(15);

impl Handlers {
    /// Answers a call about canaries or configs.
    pub(super) async fn canary(
        &self,
        call: CanaryCall,
        context: &Context,
        request: Request<Body>,
    ) -> Result<Answered, Failure> {
        let canaries = self.canaries.clone().ok_or(Refusal::Stateless)?;
        let asked = Asked { handlers: self, context, request, canaries: &canaries };
        match call {
            CanaryCall::Watch => asked.watch().await,
            CanaryCall::Start => asked.answer(answers::start).await,
            CanaryCall::Get => asked.answer(answers::get).await,
            CanaryCall::List => asked.answer(answers::list).await,
            CanaryCall::Cancel => asked.answer(answers::cancel).await,
            CanaryCall::CreateConfig => asked.answer(answers::create_config).await,
            CanaryCall::UpdateConfig => asked.answer(answers::update_config).await,
            CanaryCall::GetConfig => asked.answer(answers::get_config).await,
            CanaryCall::ListConfigs => asked.answer(answers::list_configs).await,
            CanaryCall::ListConfigVersions => asked.answer(answers::list_config_versions).await,
            CanaryCall::DeleteConfig => asked.answer(answers::delete_config).await,
            CanaryCall::ListAudit => asked.answer(answers::list_audit).await,
        }
    }
}

/// A call, before it is read.
struct Asked<'a> {
    handlers: &'a Handlers,
    context: &'a Context,
    request: Request<Body>,
    canaries: &'a Canaries,
}

impl Asked<'_> {
    /// The answer of `work`, in the encoding of the request.
    async fn answer<I, O>(
        self,
        work: impl AsyncFnOnce(Received<'_, '_, I>) -> Result<O, Refusal>,
    ) -> Result<Answered, Failure>
    where
        I: Name + Default + DeserializeOwned,
        O: Name,
    {
        let encoding = answer_encoding(self.request.headers());
        let (context, canaries) = (self.context, self.canaries);
        let answer = work((canaries, self.read().await?, context)).await?;
        let is_grpc = context.route.side == Port::Grpc;
        let bytes = without_delay(answer.encoded_len(), || {
            if is_grpc { Ok(answer.encode_to_vec()) } else { proto_json::write(&answer) }
        })?;
        drop(answer);
        context.hold_answer(bytes.len())?;
        if !is_grpc {
            return Ok(json::json(StatusCode::OK, bytes));
        }
        Ok(respond(stream::iter([Ok(bytes.into())]), encoding).into())
    }

    /// The message of the request.
    async fn read<I: Name + Default + DeserializeOwned>(self) -> Result<I, Refusal> {
        let Self { handlers, context, request, .. } = self;
        let limits = &handlers.limits;
        if context.route.side == Port::Grpc {
            let message = handlers.message(context, request).await?;
            guard::check_message::<I>(&message, limits)?;
            return Ok(I::decode(message)?);
        }
        let asked: I = query::read(context.route, request.uri())?;
        if !matches!(context.route.method, "POST" | "PUT") {
            return Ok(asked);
        }
        json::require_json(request.headers())?;
        let body = json::read(request.into_body(), limits.message_bytes).await?;
        if body.is_empty() {
            return Ok(asked);
        }
        let mut message: I = without_delay(body.len(), || {
            guard::check_json(&body, limits)?;
            Ok::<_, Refusal>(proto_json::read(&body)?)
        })?;
        // The path takes precedence.
        message.merge(asked.encode_to_vec().as_slice())?;
        Ok(message)
    }

    /// A stream of events, until the canary ends, the stream is old or the server drains.
    async fn watch(self) -> Result<Answered, Failure> {
        let encoding = answer_encoding(self.request.headers());
        let (side, draining) = (self.context.route.side, self.handlers.draining.clone());
        let age = self.handlers.settings.stream_age.get();
        let last_seen = last_event(self.request.headers());
        if side != Port::Grpc && last_seen == Some(END) {
            return Ok(StatusCode::NO_CONTENT.into_response().into());
        }
        let last_seen = last_seen.and_then(|id| id.parse().ok()).unwrap_or_default();
        let (canaries, held) = (self.canaries, Arc::clone(&self.context.held));
        let weight = self.handlers.budget.weights.call;
        let message: proto::WatchCanaryRequest = self.read().await?;
        // Its request is read and gone.
        held.shrink_to(weight);
        // An unknown canary is refused, not streamed.
        canaries.get(&message.id).await.map_err(Refusal::from)?;
        let after = usize::try_from(message.after_look).unwrap_or_default().max(last_seen);
        let events = canaries.watch(&message.id, after);
        let response = if side == Port::Grpc {
            let events = events.map(|event| match event {
                Ok(event) => Ok(Bytes::from(event_message(event).encode_to_vec())),
                Err(error) => Err(Status::from(Refusal::from(error))),
            });
            respond(events, encoding).map(|body| ending(body, draining, age))
        } else {
            server_sent(events.map(|event| event.map_err(Refusal::from)), draining, age)
        };
        Ok(response.into())
    }
}

/// The id of the last event. A client that has it and reconnects, as browsers do on their own, is told to stop.
const END: &str = "end";

/// The id of the last event that a client of server-sent events saw before it reconnected: the number of a look, or the end.
fn last_event(headers: &HeaderMap) -> Option<&str> {
    headers.get("last-event-id")?.to_str().ok()
}

fn event_message(event: WatchEvent) -> proto::WatchCanaryResponse {
    use proto::watch_canary_response::Event;
    let event = match event {
        WatchEvent::Look(look) => Some(Event::Look(look_message(*look))),
        WatchEvent::Ended(canary) => Some(Event::Ended(canary_message(*canary))),
        _ => None,
    };
    proto::WatchCanaryResponse { event }
}

/// Server-sent events, each the JSON of a `WatchCanaryResponse`; a client that reconnects sends the last id.
fn server_sent(
    events: impl Stream<Item = Result<WatchEvent, Refusal>> + Send + 'static,
    draining: CancellationToken,
    age: Duration,
) -> Response<Body> {
    let events = events.map(|event| {
        let event = event.map_err(std::io::Error::other)?;
        let named = match &event {
            WatchEvent::Look(look) => {
                sse::Event::default().event("look").id(look.window.number.to_string())
            }
            _ => sse::Event::default().event("ended").id(END),
        };
        let data = proto_json::write(&event_message(event)).map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>(named.data(String::from_utf8_lossy(&data)))
    });
    let alive = KeepAlive::new().interval(EVENT_SILENCE).text("waiting");
    let events = Sse::new(events.take_until(end(draining, age))).keep_alive(alive);
    ([(header::CACHE_CONTROL, "no-store")], events).into_response()
}
