//! Calls of `CanaryService`, over gRPC and as JSON: the same answers in the encoding of the call.

use std::time::Duration;

use axum::body::Body;
use axum::response::IntoResponse;
use axum::response::sse::{self, KeepAlive, Sse};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, Request, Response, StatusCode, header};
use judge_canary::{Canaries, WatchEvent};
use judge_contract::{guard, proto, proto_json};
use prost::{Message, Name};
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::canary_answers as answers;
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
        work: impl AsyncFnOnce(&Canaries, I, &str) -> Result<O, Refusal>,
    ) -> Result<Answered, Failure>
    where
        I: Name + Default + DeserializeOwned,
        O: Name,
    {
        let encoding = answer_encoding(self.request.headers());
        let (side, canaries, actor) =
            (self.context.route.side, self.canaries, self.context.actor());
        let answer = work(canaries, self.read().await?, &actor).await?;
        let response = match side {
            Port::Grpc => respond(stream::iter([Ok(answer.encode_to_vec().into())]), encoding),
            _ => return Ok(json::json(StatusCode::OK, proto_json::write(&answer)?)),
        };
        Ok(response.into())
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
        guard::check_json(&body, limits)?;
        let mut message: I = proto_json::read(&body)?;
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
        let canaries = self.canaries;
        let message: proto::WatchCanaryRequest = self.read().await?;
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

/// The last look that a client of server-sent events saw before it reconnected; 0 for none.
fn last_event(headers: &HeaderMap) -> usize {
    let id = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    id.and_then(|id| id.parse().ok()).unwrap_or_default()
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
            _ => sse::Event::default().event("ended"),
        };
        let data = proto_json::write(&event_message(event)).map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>(named.data(String::from_utf8_lossy(&data)))
    });
    let alive = KeepAlive::new().interval(EVENT_SILENCE).text("waiting");
    let events = Sse::new(events.take_until(end(draining, age))).keep_alive(alive);
    ([(header::CACHE_CONTROL, "no-store")], events).into_response()
}
