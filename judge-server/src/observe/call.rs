//! One call from its headers to its end: its line in the log, its metrics and its span, written in one
//! place from the value that its handler returned.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::HeaderMap;
use tonic::Code;
use tracing::info;

use super::metrics::Metrics;
use super::outcome::Outcome;
use super::traces::{EndedCall, TraceParent, Traces};
use crate::convert::refusal::Refusal;

/// The header that has the id of a request.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// Where calls are logged and counted.
#[derive(Debug, Clone)]
pub(crate) struct Observer {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) traces: Traces,
}

/// The origin of a call, and where it is logged and counted.
#[derive(Debug)]
pub(crate) struct Origin {
    observer: Observer,
    /// The address of the connection.
    peer: String,
    /// The name of the token, or the subject of the certificate.
    caller: Option<Arc<str>>,
    /// The id of the request, from its header or generated.
    request_id: Option<String>,
    parent: Option<TraceParent>,
}

impl Origin {
    pub(crate) fn new(
        observer: &Observer,
        peer: String,
        caller: Option<Arc<str>>,
        headers: &HeaderMap,
    ) -> Arc<Self> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let request_id = text(REQUEST_ID).map(str::to_owned);
        let parent = text("traceparent").and_then(TraceParent::read);
        Arc::new(Self { observer: observer.clone(), peer, caller, request_id, parent })
    }

    /// Begins a call, or one message of a stream.
    pub(crate) fn begin(self: &Arc<Self>, method: &'static str) -> Call {
        self.observer.metrics.in_flight.inc();
        Call {
            origin: Arc::clone(self),
            method,
            begun: Instant::now(),
            answered: None,
            ended: false,
        }
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.observer.metrics
    }
}

/// A call. If it is dropped before it was answered, its caller cancelled or vanished, or the server ended.
#[derive(Debug)]
pub(crate) struct Call {
    origin: Arc<Origin>,
    method: &'static str,
    begun: Instant,
    /// The status of its answer, if the call continues after the answer.
    answered: Option<(Duration, &'static str)>,
    ended: bool,
}

impl Call {
    /// Notes that it is answered with the status `code` and continues until it is dropped.
    pub(crate) fn answered(&mut self, code: &'static str) {
        self.answered = Some((self.begun.elapsed(), code));
    }

    /// Ends a call of gRPC, whose status its outcome has.
    pub(crate) fn end(self, outcome: &Outcome) {
        let code = outcome.refusal.as_ref().map_or(Code::Ok, Refusal::code);
        self.end_with(code_name(code), outcome);
    }

    /// Ends a call that was answered with the status `code`.
    pub(crate) fn end_with(mut self, code: &str, outcome: &Outcome) {
        self.ended = true;
        self.write(code, outcome);
    }

    fn write(&self, code: &str, outcome: &Outcome) {
        let after = self.answered.map_or_else(|| self.begun.elapsed(), |(after, _)| after);
        let Origin { observer, peer, caller, request_id, parent } = &*self.origin;
        let metrics = &observer.metrics;
        metrics.in_flight.dec();
        // A caller that went away was not refused.
        let refusal = outcome.refusal.as_ref().filter(|why| !matches!(why, Refusal::Cancelled));
        let reason = refusal.map(Refusal::reason);
        if let Some(reason) = reason {
            metrics.refusals.with_label_values(&[reason]).inc();
        }
        if let Some(judged) = &outcome.judged {
            metrics.count(judged);
        }
        metrics.calls.with_label_values(&[self.method, code]).inc();
        metrics.duration.with_label_values(&[self.method]).observe(after.as_secs_f64());
        let verdict = outcome.judged.as_ref().map(|judged| format!("{:?}", judged.verdict));
        info!(
            target: "judge_server::call",
            method = self.method,
            code,
            reason,
            id = outcome.id.as_deref(),
            config = outcome.config.as_deref(),
            verdict = verdict.as_deref(),
            warnings = outcome.warnings().filter(|warnings| *warnings > 0),
            peer,
            caller = caller.as_deref(),
            request_id = request_id.as_deref(),
            trace_id = parent.as_ref().map(TraceParent::trace_id),
            duration_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX),
            "call"
        );
        observer.traces.export(&EndedCall {
            method: self.method,
            code,
            reason,
            id: outcome.id.as_deref(),
            config: outcome.config.as_deref(),
            verdict: verdict.as_deref(),
            after,
            parent: parent.as_ref(),
        });
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            let code = self.answered.map_or(code_name(Code::Cancelled), |(_, code)| code);
            self.write(code, &Outcome::default());
        }
    }
}

/// The name of a status in logs and metrics, as gRPC writes it.
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
