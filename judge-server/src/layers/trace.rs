//! Begins and ends every call: its log line and its metrics, from the outcome that comes back, and the answer if it was
//! refused.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;
use tonic::Code;
use tower::util::{ServiceFn, service_fn};

use super::answer_body::{AnswerBody, OpenStream};
use super::path_token::TokenInPath;
use super::request_body::{RequestBody, Rest};
use super::respond::{code, refuse, without_body};
use super::step::{Inbound, Next};
use crate::budget::{Part, Reservation};
use crate::callers::tokens::Tokens;
use crate::callers::{Caller, cookies};
use crate::convert::refusal::{Refusal, Resource};
use crate::handlers::pages::{self, Visit};
use crate::handlers::routes::{self, Kind, Port};
use crate::handlers::{Answered, Ended, Failure, Handlers, bytes_of};
use crate::observe::call::{Call, Observer, Origin, code_name};
use crate::transport::activity::{Busy, Peer};
use crate::transport::reload::Fresh;

/// We read up to this many `max-message-size`s of a rejected request, so that the client sees our error.
const DISCARDED: u64 = 4;

/// State that the calls of one port share.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) side: Port,
    pub(super) observer: Observer,
    pub(super) tokens: Option<Fresh<Tokens>>,
    pub(super) handlers: Arc<Handlers>,
}

/// A call in progress.
struct Answering {
    call: Call,
    busy: Busy,
    rest: Rest,
    http1: bool,
    /// Whether its client waits for permission to send its body.
    waits: bool,
    share: Option<String>,
    only_probes: bool,
    /// The page that a browser asked for, if it is one.
    visit: Option<Visit>,
}

impl Trace {
    async fn answer(
        &self,
        mut request: Request<Incoming>,
        next: &impl Next,
    ) -> Response<AnswerBody> {
        let Some(peer) = request.extensions_mut().remove::<Arc<Peer>>() else {
            // Every connection has one.
            return refuse(self.side, &Refusal::Internal).map(AnswerBody::nobodys);
        };
        let busy = Busy::begin(&peer.activity);
        let (address, only_probes) = (peer.address.to_string(), peer.only_probes);
        let has_secret_path = request.extensions_mut().remove::<TokenInPath>().is_some();
        let route = routes::find(self.side, request.method(), request.uri().path());
        let is_page = self.handlers.canaries.is_some() && route.is_some_and(|route| route.is_page);
        let visit = is_page.then(|| Visit::new(&request));
        if is_page {
            cookies::token_to_header(request.headers_mut());
        }
        let caller = Caller::new(peer, self.tokens.as_ref(), request.headers());
        let name = caller.name().cloned();
        let origin = Origin::new(&self.observer, address, name, request.headers());
        let http1 = request.version() < Version::HTTP_2;
        let waits = request.headers().contains_key(header::EXPECT);
        let request = request.map(RequestBody::new);
        let answering = Answering {
            call: origin.begin(route.map_or("other", |route| route.name)),
            busy,
            rest: request.body().rest(),
            http1,
            waits,
            share: caller.share(),
            only_probes,
            visit,
        };
        let lasting = route.is_some_and(|route| matches!(route.kind, Kind::Watch | Kind::Events));
        let inbound = Inbound { request, route, caller, origin, held: None, deadline: None };
        let mut response = match next.run(inbound).await {
            Ok(answered) => self.answered(answering, answered, lasting),
            Err(failure) => self.refused(answering, failure).await,
        };
        if has_secret_path {
            let none = HeaderValue::from_static("no-referrer");
            response.headers_mut().insert(header::REFERRER_POLICY, none);
        }
        response
    }

    fn answered(
        &self,
        answering: Answering,
        answered: Answered,
        lasting: bool,
    ) -> Response<AnswerBody> {
        let Answered { mut response, ended, held } = answered;
        self.announce_end(&answering, true, &mut response);
        let Answering { mut call, busy, .. } = answering;
        let (code, status) = (code_name(code(response.headers())), response.status());
        match ended {
            Ended::Now(_) if lasting => {
                call.answered(code);
                response.map(|body| AnswerBody::watch(body, held, busy, call))
            }
            Ended::Now(outcome) => {
                let code = if self.side == Port::Grpc { code } else { status.as_str() };
                call.end_with(code, &outcome);
                response.map(|body| AnswerBody::whole(body, held, busy))
            }
            Ended::Later(ending) => {
                let stream = OpenStream { call: Some(call), ending };
                response.map(|body| AnswerBody::stream(body, held, busy, stream))
            }
        }
    }

    async fn refused(&self, answering: Answering, failure: Failure) -> Response<AnswerBody> {
        let refusal = failure.refusal();
        let mut response = match &answering.visit {
            Some(visit) => pages::refuse(&refusal, visit),
            None => refuse(self.side, &refusal),
        };
        let had_room = failure.held.is_some();
        let held = failure.held.or_else(|| {
            // A call that is refused after its headers may have an unread body.
            let weight = self.handlers.budget.weights.call;
            let share = answering.share.as_deref();
            self.handlers.budget.reserve(Part::Refusals, share, weight).ok().map(Arc::new)
        });
        match &held {
            Some(held) => self.hold(held, &mut response),
            None => without_body(&mut response),
        }
        let status = response.status();
        let code = match (self.side, &refusal) {
            (_, Refusal::Cancelled) => code_name(Code::Cancelled),
            (Port::Http | Port::Kayenta, _) => status.as_str(),
            (Port::Grpc, _) if status != StatusCode::OK => code_name(refusal.code()),
            (Port::Grpc, _) => code_name(code(response.headers())),
        };
        let whole = self.read_rest(&answering, &refusal, had_room || held.is_some()).await;
        self.announce_end(&answering, whole, &mut response);
        let Answering { call, busy, .. } = answering;
        call.end_with(code, &failure.outcome);
        response.map(|body| AnswerBody::whole(body, held, busy))
    }

    /// Reserves the text of a refusal, which may be larger than its request; if there is no room, the text becomes short.
    fn hold(&self, held: &Reservation, response: &mut Response<Body>) {
        let weight = self.handlers.budget.weights.call;
        if held.exchange(bytes_of(response).max(weight)).is_err() {
            *response = refuse(self.side, &Refusal::Overloaded(Resource::Bytes));
        }
    }

    /// Reads a refused request to its end, if its client would not see the answer otherwise. Returns true if that was all of
    /// it.
    async fn read_rest(&self, answering: &Answering, refusal: &Refusal, has_room: bool) -> bool {
        match refusal {
            // Its time is over, or it has no body.
            Refusal::SlowRequest | Refusal::Cancelled => false,
            // A stream of HTTP/2 can be answered and reset, which clients of gRPC understand.
            _ if !answering.http1 && (self.side == Port::Grpc || !has_room) => true,
            _ => {
                let settings = &self.handlers.settings;
                let limit = settings.max_message_size.get().saturating_mul(DISCARDED);
                answering.rest.discard(answering.waits, limit, settings.read_time.get()).await
            }
        }
    }

    /// Announces the end of the connection in an answer over HTTP/1, if it ends.
    fn announce_end(&self, answering: &Answering, whole: bool, response: &mut Response<Body>) {
        // Argo Rollouts leaves the connection of an error open, and its body unread.
        let is_left = self.side == Port::Kayenta && !response.status().is_success();
        let ends = !whole
            || is_left
            || answering.only_probes
            || answering.busy.is_last()
            || self.handlers.leaving.is_cancelled();
        if answering.http1 && ends {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
    }
}

/// The answer in progress. The layers above move it several times before they run it, and it is large: hence the box.
type TracedCall = BoxFuture<'static, Result<Response<Body>, Infallible>>;

/// The layers below, as a service whose calls are traced. It refuses calls without room: none waits.
pub(super) fn traced(
    trace: Arc<Trace>,
    next: impl Next,
) -> ServiceFn<impl Fn(Request<Incoming>) -> TracedCall + Clone> {
    let next = Arc::new(next);
    service_fn(move |request| {
        let (trace, next) = (Arc::clone(&trace), Arc::clone(&next));
        async move { Ok(trace.answer(request, &*next).await.map(Body::new)) }.boxed()
    })
}
