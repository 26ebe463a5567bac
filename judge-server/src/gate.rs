//! What every call passes: tokens, limits, time, and the count at the end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, Response, header};
use hyper::body::Incoming;
use tokio::time::timeout_at;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};
use tower::ServiceExt;

use crate::body::{Metered, UntilDrained};
use crate::budget::Budget;
use crate::call::Call;
use crate::judging::Judging;
use crate::problem_json;
use crate::refusal::{Refusal, Resource};
use crate::secrets::Fresh;
use crate::tokens::Tokens;

/// Which side of the server a gate is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Grpc,
    Http,
}

/// The entrance of one side.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) side: Side,
    pub(crate) judging: Arc<Judging>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) tokens: Option<Fresh<Tokens>>,
    /// The longest a call may take.
    pub(crate) call_time: Duration,
    /// The longest that reading a request may take.
    pub(crate) read_time: Duration,
    pub(crate) router: Router,
    pub(crate) draining: CancellationToken,
}

/// What is called.
#[derive(Debug, Clone, Copy)]
struct Target {
    name: &'static str,
    /// Whether it needs a place among the calls.
    judges: bool,
    /// Whether request or answer goes on as long as it likes.
    streams: bool,
    /// Whether anyone may call it: what probes call.
    open: bool,
}

impl Target {
    fn of(side: Side, path: &str) -> Self {
        let (name, judges, streams, open) = match (side, path) {
            (Side::Grpc, "/canary.judge.v1.JudgeService/Judge") => ("Judge", true, false, false),
            (Side::Grpc, "/canary.judge.v1.JudgeService/JudgeStream") => {
                ("JudgeStreamOpen", false, true, false)
            }
            (Side::Grpc, "/canary.judge.v1.JudgeService/ValidateConfig") => {
                ("ValidateConfig", true, false, false)
            }
            (Side::Grpc, "/canary.judge.v1.JudgeService/ListJudges") => {
                ("ListJudges", false, false, false)
            }
            (Side::Grpc, path) if path.starts_with("/grpc.health.v1.Health/") => {
                ("Health", false, true, true)
            }
            (Side::Grpc, path) if path.starts_with("/grpc.reflection.") => {
                ("Reflection", false, true, false)
            }
            (Side::Http, "/judge") => ("/judge", true, false, false),
            (Side::Http, "/v1/judge") => ("/v1/judge", true, false, false),
            (Side::Http, "/v1/config:validate") => ("/v1/config:validate", true, false, false),
            (Side::Http, "/v1/judges") => ("/v1/judges", false, false, false),
            (Side::Http, "/metrics") => ("/metrics", false, false, false),
            (Side::Http, "/openapi.json") => ("/openapi.json", false, false, false),
            (Side::Http, "/healthz") => ("/healthz", false, false, true),
            (Side::Http, "/readyz") => ("/readyz", false, false, true),
            _ => ("other", false, false, false),
        };
        Self { name, judges, streams, open }
    }
}

impl Gate {
    /// Answers one request.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let target = Target::of(self.side, request.uri().path());
        let metrics = &self.judging.metrics;
        let call = Call::begin(target.name, request.headers(), metrics, &self.budget);
        let answer = match self.admit(target, &request) {
            Err(refusal) => Err(call.refuse(refusal)),
            Ok(()) => self.pass(target, request, &call).await,
        };
        let response = answer.unwrap_or_else(|refusal| self.refuse(refusal));
        call.answer(match self.side {
            Side::Grpc => format!("{:?}", code(response.headers())),
            Side::Http => response.status().as_str().to_owned(),
        });
        response
    }

    /// Whether the call may begin; decided by its headers, before its body is read.
    fn admit(&self, target: Target, request: &Request<Incoming>) -> Result<(), Refusal> {
        if self.side == Side::Grpc {
            require_grpc(request)?;
        }
        if let Some(tokens) = self.tokens.as_ref().filter(|_| !target.open)
            && !tokens.get().admit(request.headers())
        {
            return Err(Refusal::Unauthenticated);
        }
        if target.judges && self.judging.pool.is_full() {
            return Err(Refusal::Overloaded(Resource::Calls));
        }
        Ok(())
    }

    async fn pass(
        &self,
        target: Target,
        request: Request<Incoming>,
        call: &Arc<Call>,
    ) -> Result<Response<Body>, Refusal> {
        let own = tokio::time::Instant::now() + self.call_time;
        let deadline = call.deadline.map_or(own, |deadline| deadline.min(own));
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(Arc::clone(call));
        let read_time = (!target.streams).then_some(self.read_time);
        let body = Body::new(Metered::new(body, Arc::clone(call), read_time));
        let routed = self.router.clone().oneshot(Request::from_parts(parts, body));
        let response = timeout_at(deadline, routed)
            .await
            .map_err(|_| call.refuse(Refusal::DeadlineExceeded))?
            .unwrap_or_else(|never| match never {});
        if self.side == Side::Http {
            return Ok(response);
        }
        self.check_grpc(&response, call)?;
        Ok(if target.streams && target.name != "JudgeStreamOpen" {
            response.map(|body| Body::new(UntilDrained::new(body, self.draining.clone())))
        } else {
            response
        })
    }

    /// What tonic refuses by itself, in this server's words.
    fn check_grpc(&self, response: &Response<Body>, call: &Call) -> Result<(), Refusal> {
        if let Some(refusal) = call.refusal() {
            return Err(refusal.clone());
        }
        let refusal = match code(response.headers()) {
            Code::OutOfRange => {
                Refusal::MessageTooLarge { limit: self.judging.limits.message_bytes }
            }
            Code::Internal | Code::Unknown => {
                let status = Status::from_header_map(response.headers());
                let message = status.map(|status| status.message().to_owned());
                Refusal::Unreadable(message.unwrap_or_default())
            }
            _ => return Ok(()),
        };
        Err(call.refuse(refusal))
    }

    fn refuse(&self, refusal: Refusal) -> Response<Body> {
        // Only a client of gRPC can read what gRPC answers.
        let foreign =
            matches!(refusal, Refusal::UnsupportedMediaType(_) | Refusal::MethodNotAllowed(_));
        if self.side == Side::Http || foreign {
            return problem_json::response(&refusal);
        }
        Status::from(refusal).into_http()
    }
}

fn require_grpc(request: &Request<Incoming>) -> Result<(), Refusal> {
    if request.method() != Method::POST {
        let text = "this port speaks gRPC, which is POST; HTTP has a port of its own";
        return Err(Refusal::MethodNotAllowed(text.into()));
    }
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    // gRPC-Web has a prefix in common with gRPC and another framing.
    let grpc = content_type.strip_prefix("application/grpc");
    if grpc.is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', ';'])) {
        return Ok(());
    }
    let text = format!(
        "content type {content_type:?}, but allowed here is application/grpc; HTTP has a port of \
         its own"
    );
    Err(Refusal::UnsupportedMediaType(text))
}

/// The status of an answer that failed before its body, else OK.
fn code(headers: &HeaderMap) -> Code {
    headers.get("grpc-status").map_or(Code::Ok, |value| Code::from_bytes(value.as_bytes()))
}
