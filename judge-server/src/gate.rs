//! What every call passes: tokens, limits, time, and the count at the end.

mod headers;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;
use tokio::time::timeout_at;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};
use tower::ServiceExt;

use crate::activity::Busy;
use crate::answer::{Answer, Charge};
use crate::body::{self, Metered, Reading, UntilDrained};
use crate::budget::{ANSWER_BYTES, Budget};
use crate::call::{Call, Unread, code_name};
use crate::grpc;
use crate::judging::Judging;
use crate::open::{Open, Place};
use crate::problem_json;
use crate::refusal::{Refusal, Resource, quoted};
use crate::secrets::Fresh;
use crate::target::{Stay, Target};
use crate::tokens::Tokens;
use crate::traces::Traces;

/// How many times `max-message-size` a refused request may have for its client to be told why.
const DISCARDED: u64 = 4;

/// What answers behind a gate: the side of the server that it is on.
#[derive(Debug)]
pub(crate) enum Side {
    Grpc(grpc::Service),
    Http(Router),
}

impl Side {
    fn target(&self, path: &str) -> Target {
        match self {
            Self::Grpc(_) => Target::of_grpc(path),
            Self::Http(_) => Target::of_http(path),
        }
    }
}

/// The entrance of one side.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) side: Side,
    pub(crate) judging: Arc<Judging>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) open: Open,
    pub(crate) tokens: Option<Fresh<Tokens>>,
    pub(crate) traces: Traces,
    /// The longest a call may take.
    pub(crate) call_time: Duration,
    /// The longest that reading a request may take.
    pub(crate) read_time: Duration,
    /// The same for a probe, whose few bytes come with its headers: there are few places for those
    /// that dawdle, and they need no token.
    pub(crate) probe_time: Duration,
    /// The end has been announced.
    pub(crate) leaving: CancellationToken,
    /// Connections end.
    pub(crate) draining: CancellationToken,
}

impl Gate {
    /// Answers one request.
    pub(crate) async fn answer(&self, request: Request<Incoming>, busy: Busy) -> Response<Answer> {
        let target = self.side.target(request.uri().path());
        let metrics = &self.judging.metrics;
        let call =
            Call::begin(target.name(), request.headers(), metrics, &self.budget, &self.traces);
        let http1 = request.version() < Version::HTTP_2;
        let waits = request.headers().contains_key(header::EXPECT);
        let (place, answer) = match self.admit(target, &request) {
            Err(refusal) => {
                call.leave(Unread { body: request.into_body(), begun: false });
                (self.open.refused(), Err(call.refuse(refusal)))
            }
            Ok(place) => (Some(place), self.pass(target, request, &call).await),
        };
        let mut response = answer.unwrap_or_else(|refusal| self.refuse(refusal));
        if place.is_none() && !http1 {
            // Nothing of it may wait for a client: only headers need no leave of it.
            drop(call.unread());
            without_body(&mut response);
        }
        let mut words = 0;
        if call.refusal().is_some() {
            words = bytes_of(&response);
            // They may be more than the request's, and give way to a few where they do not fit.
            if call.reservation.grow_to(words).is_err() {
                response = self.refuse(Refusal::Overloaded(Resource::Bytes));
                words = bytes_of(&response);
            }
        }
        match self.side {
            Side::Http(_) => call.answer(response.status().as_str().to_owned()),
            Side::Grpc(_) => match (code(response.headers()), call.refusal()) {
                // What is no gRPC has a status of HTTP alone.
                (_, Some(refusal)) if response.status() != StatusCode::OK => {
                    call.answer(code_name(refusal.code()));
                }
                // It says how it ended once it has.
                (Code::Ok, _) if target == Target::JudgeStream => {}
                (code, _) => call.answer(code_name(code)),
            },
        }
        let heard = match call.unread() {
            Some(unread) if http1 || matches!(self.side, Side::Http(_)) => {
                self.hear_out(unread, &call, words, waits).await
            }
            _ => true,
        };
        if http1 && (!heard || busy.is_last() || self.leaving.is_cancelled()) {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        response.map(|body| {
            let charge = if target == Target::JudgeStream {
                Charge::Stream(call)
            } else if call.refusal().is_some() {
                // The rest is given back with the call, which a thread may still have in hand.
                Charge::Whole(call.reservation.split_off(words))
            } else {
                Charge::Whole(call.reservation.split())
            };
            Answer::new(body, charge, busy, place)
        })
    }

    /// Reads a refused request to its end, as most clients of HTTP read no answer before they have sent
    /// all, and would only see a broken connection or stream. Gives whether that was all of it.
    async fn hear_out(&self, unread: Unread, call: &Call, words: usize, waits: bool) -> bool {
        match call.refusal() {
            None => true,
            // It has had its time.
            Some(Refusal::SlowRequest) => false,
            // Its client sends nothing before it has leave.
            Some(_) if waits && !unread.begun => false,
            Some(_) => {
                call.reservation.shrink_to(words.max(ANSWER_BYTES));
                let limit = self.judging.limits.message_bytes.saturating_mul(DISCARDED);
                body::discard(unread.body, limit, self.read_time).await
            }
        }
    }

    /// A place for the call, if it may begin; decided by its headers, before its body is read.
    fn admit(&self, target: Target, request: &Request<Incoming>) -> Result<Place, Refusal> {
        match self.side {
            Side::Grpc(_) => headers::require_grpc(request)?,
            Side::Http(_) => headers::require_identity(request.headers())?,
        }
        if let Some(tokens) = self.tokens.as_ref().filter(|_| !target.is_open()) {
            tokens.get().admit(request.headers()).map_err(Refusal::Unauthenticated)?;
        }
        if matches!((&self.side, target), (Side::Grpc(_), Target::Other)) {
            let path = quoted(request.uri().path());
            let text = format!("nothing at {path:?}; what there is reflection says");
            return Err(Refusal::NotFound(text));
        }
        if target.judges() && self.judging.pool.is_full() {
            return Err(Refusal::Overloaded(Resource::Calls));
        }
        self.open.admit(target)
    }

    async fn pass(
        &self,
        target: Target,
        request: Request<Incoming>,
        call: &Arc<Call>,
    ) -> Result<Response<Body>, Refusal> {
        let own = tokio::time::Instant::now() + self.call_time;
        let deadline = call.deadline.map_or(own, |deadline| deadline.min(own));
        let time = match target.reading() {
            Reading::Probe => self.probe_time,
            Reading::Whole | Reading::Messages | Reading::Lookups => self.read_time,
        };
        let request =
            request.map(|body| Metered::new(body, Arc::clone(call), target.reading(), time));
        let late = |_| call.refuse(Refusal::DeadlineExceeded);
        let service = match &self.side {
            Side::Grpc(service) => service,
            Side::Http(router) => {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(Arc::clone(call));
                let routed = timeout_at(deadline, router.clone().oneshot(request)).await;
                return Ok(routed.map_err(late)?.unwrap_or_else(|never| match never {}));
            }
        };
        let answered = timeout_at(deadline, service.call(target, request, call)).await;
        let response = answered.map_err(late)?;
        self.check_grpc(target, &response, call)?;
        Ok(match target.stay() {
            Stay::Call | Stay::Probe => response,
            Stay::Lasting => {
                response.map(|body| Body::new(UntilDrained::new(body, self.draining.clone())))
            }
        })
    }

    /// What tonic refuses by itself, in this server's words.
    fn check_grpc(
        &self,
        target: Target,
        response: &Response<Body>,
        call: &Call,
    ) -> Result<(), Refusal> {
        if let Some(refusal) = call.refusal() {
            return Err(refusal.clone());
        }
        let broken = [Code::OutOfRange, Code::ResourceExhausted, Code::Internal, Code::Unknown];
        if !broken.contains(&code(response.headers())) {
            return Ok(());
        }
        let status = Status::from_header_map(response.headers());
        let status = status.unwrap_or_else(|| Status::unknown(""));
        let refusal = match target {
            // What tonic says of a message too large has the limit, which here is no setting.
            Target::Health | Target::HealthWatch | Target::Reflection => {
                Refusal::Unreadable(status.message().to_owned())
            }
            _ => Refusal::of_message(&status, self.judging.limits.message_bytes),
        };
        Err(call.refuse(refusal))
    }

    fn refuse(&self, refusal: Refusal) -> Response<Body> {
        // Only a client of gRPC can read what gRPC answers.
        let foreign =
            matches!(refusal, Refusal::UnsupportedMediaType(_) | Refusal::MethodNotAllowed(_));
        if matches!(self.side, Side::Http(_)) || foreign {
            let mut response = problem_json::response(&refusal);
            if matches!(refusal, Refusal::MethodNotAllowed(_)) {
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            }
            return response;
        }
        let allowed = match refusal {
            Refusal::UnsupportedEncoding { allowed, .. } => Some(allowed),
            _ => None,
        };
        let mut response = Status::from(refusal).into_http();
        if let Some(allowed) = allowed {
            let headers = response.headers_mut();
            headers.insert("grpc-accept-encoding", HeaderValue::from_static(allowed));
        }
        response
    }
}

/// Leaves of an answer what its headers say.
fn without_body(response: &mut Response<Body>) {
    *response.body_mut() = Body::empty();
    response.headers_mut().remove(header::CONTENT_TYPE);
}

/// Bytes of an answer that is there whole.
fn bytes_of(response: &Response<Body>) -> usize {
    let bytes = http_body::Body::size_hint(response.body()).exact().unwrap_or_default();
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// The status of an answer that failed before its body, else OK.
fn code(headers: &HeaderMap) -> Code {
    headers.get("grpc-status").map_or(Code::Ok, |value| Code::from_bytes(value.as_bytes()))
}
