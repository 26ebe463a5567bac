//! The steps of every call from its headers to its handler, each with the reason for its place.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request};
use tokio::time::{Instant, timeout_at};

use super::deadline::grpc_timeout;
use super::headers;
use super::request_body::{Bound, RequestBody, Time};
use crate::budget::{Budget, Part, Reservation};
use crate::callers::Caller;
use crate::callers::tokens::TokenScope;
use crate::convert::refusal::{Refusal, Resource, quoted};
use crate::handlers::routes::{self, Kind, Port, Route};
use crate::handlers::{Answered, Context, Failure, Handlers};
use crate::observe::call::Origin;
use crate::settings::Settings;

/// The steps of the calls of one port.
#[derive(Debug)]
pub(super) struct Steps {
    side: Port,
    handlers: Arc<Handlers>,
    /// Names under which this server may be called; empty for any.
    hosts: Vec<String>,
    /// Longest duration of a call. Streams have their own clocks once they are open.
    call_time: Duration,
    /// Time for a whole body.
    read_time: Duration,
    /// The same for a probe, whose few bytes come with its headers: it needs no token.
    probe_time: Duration,
    /// The pause between the lookups of a client of reflection.
    silence: Duration,
}

/// A call, and what its headers say.
pub(super) struct Inbound {
    pub(super) request: Request<RequestBody>,
    /// Its route, if there is one.
    pub(super) route: Option<&'static Route>,
    pub(super) caller: Caller,
    pub(super) origin: Arc<Origin>,
}

impl Steps {
    pub(super) fn new(side: Port, handlers: &Arc<Handlers>, settings: &Settings) -> Self {
        let read_time = settings.read_time.get();
        Self {
            side,
            handlers: Arc::clone(handlers),
            hosts: headers::hosts(settings),
            call_time: settings.call_time.get(),
            read_time,
            probe_time: read_time.min(settings.header_time.get()),
            silence: settings.stream_silence.get(),
        }
    }

    /// Answers a call, or says why not.
    pub(super) async fn answer(&self, inbound: Inbound) -> Result<Answered, Failure> {
        let Inbound { request, route, caller, origin } = inbound;
        // Before the token: a foreign page in a browser may have none, and must learn nothing.
        headers::check(self.side, &request, &self.hosts)?;
        // Before anything is reserved or read. Unknown paths need any token, so that only callers learn which paths exist.
        if let Some(scope) = route.map_or(Some(TokenScope::Any), |route| route.scope) {
            caller.require(scope)?;
        }
        let route = self.existing(route, request.method(), request.uri().path())?;
        // After the token: only callers may reserve, each within its share.
        let held = Arc::new(self.admit(route, &caller)?);
        let now = Instant::now();
        let deadline = grpc_timeout(request.headers()).map(|after| now + after);
        let own = now + self.call_time;
        let context = Context { route, caller, held: Arc::clone(&held), deadline, origin };
        // After admission: no call waits for room.
        let answer =
            timeout_at(deadline.map_or(own, |at| at.min(own)), self.read(context, request));
        // The answer keeps the reservation until it is written.
        match answer.await.unwrap_or_else(|_| Err(Refusal::DeadlineExceeded.into())) {
            Ok(answered) => Ok(Answered { held: Some(held), ..answered }),
            Err(failure) => Err(Failure { held: Some(held), ..failure }),
        }
    }

    /// The route, if it takes the method.
    fn existing(
        &self,
        route: Option<&'static Route>,
        method: &Method,
        path: &str,
    ) -> Result<&'static Route, Refusal> {
        let quoted_path = quoted(path);
        let Some(route) = route else {
            return Err(Refusal::NotFound(match self.side {
                Port::Grpc => format!("nothing at {quoted_path:?}; what there is reflection says"),
                Port::Http => format!("nothing at {quoted_path}; what there is stands at /about"),
                Port::Kayenta => format!("nothing at {quoted_path} of Kayenta's API"),
            }));
        };
        if route.takes(method) {
            return Ok(route);
        }
        let method = quoted(method.as_str());
        let text = format!("{quoted_path} does not take {method}; what it takes stands at /about");
        Err(Refusal::MethodNotAllowed { text, allowed: routes::allowed(self.side, path) })
    }

    /// Reserves the weight of a call in the budget of bytes, before its body is read.
    fn admit(&self, route: &Route, caller: &Caller) -> Result<Reservation, Refusal> {
        if caller.peer.only_probes && route.kind != Kind::Probe {
            return Err(Refusal::Overloaded(Resource::Connections));
        }
        let budget: &Arc<Budget> = &self.handlers.budget;
        let weights = budget.weights;
        let (part, weight) = match (route.kind, self.side) {
            (Kind::Call | Kind::Judgement, _) => (Part::Calls, weights.call),
            (Kind::Stream, _) => (Part::Calls, weights.call + weights.stream),
            (Kind::Probe, Port::Grpc) => (Part::GrpcProbes, weights.call),
            (Kind::Probe, Port::Http | Port::Kayenta) => (Part::HttpProbes, weights.call),
            (Kind::Watch, _) => (Part::Watches, weights.call),
        };
        let held = budget.reserve(part, caller.share().as_deref(), weight)?;
        if route.kind == Kind::Judgement {
            budget.require_room(&held)?;
        }
        Ok(held)
    }

    /// Calls the handler, with a body that is reserved while it arrives and has a time limit. tonic decompresses each message
    /// within `max-message-size`, and the result is reserved before it is read.
    async fn read(
        &self,
        context: Context,
        mut request: Request<RequestBody>,
    ) -> Result<Answered, Failure> {
        let Route { kind, scope, .. } = *context.route;
        let time = match kind {
            Kind::Call | Kind::Judgement => Time::Whole(self.read_time),
            Kind::Probe => Time::Whole(self.probe_time),
            Kind::Watch if scope.is_none() => Time::Whole(self.probe_time),
            Kind::Watch => Time::Pause(self.silence),
            // The stream itself has a timer for messages.
            Kind::Stream => Time::Any,
        };
        // Probes and lookups send no more than their weight, which is reserved.
        let is_bound = matches!(kind, Kind::Call | Kind::Judgement | Kind::Stream);
        let held = is_bound.then(|| Arc::clone(&context.held));
        let rest = request.body().rest();
        request.body_mut().bound(Bound::new(held, time));
        let answered = self.handlers.answer(context, request.map(Body::new)).await;
        answered.map_err(|failure| match rest.failure() {
            // The libraries' own error says less.
            Some(refusal) => Failure::new(*failure.outcome, refusal),
            None => failure,
        })
    }
}
