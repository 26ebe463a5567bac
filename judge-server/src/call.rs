//! One call: what is known of it, counted and logged when it ends.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use hyper::body::Incoming;
use judge_core::Verdict;
use tokio::time::Instant;
use tonic::Code;
use tracing::info;

use crate::budget::{Budget, Reservation};
use crate::frames;
use crate::judged::Judged;
use crate::metrics::{Metrics, verdict_name};
use crate::refusal::Refusal;
use crate::traces::{Ended, TraceParent, Traces};

/// A call, or one message of a stream. It is counted and logged when its last owner drops it.
#[derive(Debug)]
pub(crate) struct Call {
    metrics: Arc<Metrics>,
    method: &'static str,
    begun: Instant,
    /// The caller's deadline, where it gave one.
    pub(crate) deadline: Option<Instant>,
    parent: Option<TraceParent>,
    traces: Traces,
    /// Bytes of its request in memory, and then of its answer.
    pub(crate) reservation: Reservation,
    /// Where it is a stream, bytes of the answers that are about to be written.
    pub(crate) answers: Reservation,
    /// Whether its messages may have come as other bytes than they are.
    compressed: bool,
    known: Known,
}

/// What of a request was not read.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) body: Incoming,
    /// Whether it was begun: then a client that waits for leave to send it has that.
    pub(crate) begun: bool,
}

/// What becomes known of a call as it goes on.
#[derive(Debug, Default)]
struct Known {
    /// What of its request was not read.
    unread: Mutex<Option<Unread>>,
    id: OnceLock<String>,
    config: OnceLock<String>,
    verdict: OnceLock<Verdict>,
    warnings: OnceLock<usize>,
    refusal: OnceLock<Refusal>,
    answered: OnceLock<Answer>,
}

/// Characters of an id or a config's name that are logged, so that a line of the log stays short.
const LOGGED_ID: usize = 128;

#[derive(Debug)]
struct Answer {
    code: Cow<'static, str>,
    after: Duration,
}

impl Call {
    pub(crate) fn begin(
        method: &'static str,
        headers: &HeaderMap,
        metrics: &Arc<Metrics>,
        budget: &Arc<Budget>,
        traces: &Traces,
    ) -> Arc<Self> {
        metrics.in_flight.inc();
        let begun = Instant::now();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Arc::new(Self {
            metrics: Arc::clone(metrics),
            method,
            begun,
            deadline: text("grpc-timeout").and_then(grpc_timeout).map(|after| begun + after),
            parent: text("traceparent").and_then(TraceParent::read),
            traces: traces.clone(),
            reservation: Reservation::none(budget),
            answers: Reservation::none(budget),
            compressed: headers.contains_key("grpc-encoding"),
            known: Known::default(),
        })
    }

    /// The call that one message of this stream is, with the bytes read for it. They are not known
    /// where it was compressed: then it has what was read so far.
    pub(crate) fn message(&self, method: &'static str, bytes: usize) -> Arc<Self> {
        self.metrics.in_flight.inc();
        let bytes = if self.compressed { usize::MAX } else { frames::PREFIX.saturating_add(bytes) };
        Arc::new(Self {
            metrics: Arc::clone(&self.metrics),
            method,
            begun: Instant::now(),
            deadline: self.deadline,
            parent: self.parent.clone(),
            traces: self.traces.clone(),
            reservation: self.reservation.split_off(bytes),
            answers: self.answers.another(),
            compressed: self.compressed,
            known: Known::default(),
        })
    }

    /// The id that the caller chose; its beginning where it is long.
    pub(crate) fn identify(&self, id: &str) {
        if !id.is_empty() {
            self.known.id.get_or_init(|| id.chars().take(LOGGED_ID).collect());
        }
    }

    /// The name of the config, where it has one; its beginning where it is long.
    pub(crate) fn configured(&self, name: &str) {
        if !name.is_empty() {
            self.known.config.get_or_init(|| name.chars().take(LOGGED_ID).collect());
        }
    }

    pub(crate) fn judged(&self, judged: &Judged) {
        self.known.verdict.get_or_init(|| judged.verdict);
        self.known.warnings.get_or_init(|| judged.warnings);
    }

    /// How many warnings its judgement has; nothing if it was not judged.
    pub(crate) fn warnings(&self) -> Option<usize> {
        self.known.warnings.get().copied()
    }

    /// Notes why the call is refused; the first reason counts. Once it is answered, none does.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Refusal {
        if self.known.answered.get().is_some() {
            return refusal;
        }
        self.known.refusal.get_or_init(|| refusal).clone()
    }

    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.known.refusal.get()
    }

    /// Keeps what of its request nobody reads any more.
    pub(crate) fn leave(&self, unread: Unread) {
        *self.known.unread.lock().unwrap_or_else(PoisonError::into_inner) = Some(unread);
    }

    /// What of its request was left.
    pub(crate) fn unread(&self) -> Option<Unread> {
        self.known.unread.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Notes that its caller cancelled or went away while it still asked: whatever is answered is
    /// for nobody.
    pub(crate) fn vanish(&self) {
        self.answer(code_name(Code::Cancelled));
    }

    /// Notes the status of the answer, which ends the call's time.
    pub(crate) fn answer(&self, code: impl Into<Cow<'static, str>>) {
        self.known
            .answered
            .get_or_init(|| Answer { code: code.into(), after: self.begun.elapsed() });
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
        let Answer { code, after } = self
            .known
            .answered
            .take()
            // Nobody waited for the answer: the caller cancelled or vanished.
            .unwrap_or_else(|| Answer {
                code: code_name(Code::Cancelled).into(),
                after: self.begun.elapsed(),
            });
        let reason = self.known.refusal.get().map(Refusal::reason);
        if let Some(reason) = reason {
            self.metrics.refusals.with_label_values(&[reason]).inc();
        }
        let verdict = self.known.verdict.get().map(|verdict| verdict_name(*verdict));
        self.metrics.calls.with_label_values(&[self.method, &code]).inc();
        self.metrics.duration.with_label_values(&[self.method]).observe(after.as_secs_f64());
        info!(
            method = self.method,
            code = &*code,
            reason,
            id = self.known.id.get(),
            config = self.known.config.get(),
            verdict,
            warnings = self.warnings().filter(|warnings| *warnings > 0),
            trace_id = self.parent.as_ref().map(TraceParent::trace_id),
            duration_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX),
            "call"
        );
        self.traces.export(&Ended {
            method: self.method,
            code: &code,
            reason,
            id: self.known.id.get().map(String::as_str),
            config: self.known.config.get().map(String::as_str),
            verdict,
            after,
            parent: self.parent.as_ref(),
        });
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

/// The time that a `grpc-timeout` header gives.
fn grpc_timeout(header: &str) -> Option<Duration> {
    // The protocol has at most 8 digits.
    let (digits, unit) = header.split_at_checked(header.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_of_grpc() {
        let cases = [
            ("1H", Some(Duration::from_hours(1))),
            ("99999999n", Some(Duration::from_nanos(99_999_999))),
            ("250m", Some(Duration::from_millis(250))),
            ("100000000S", None),
            ("S", None),
            ("", None),
            ("-1S", None),
            ("1é", None),
            ("5x", None),
        ];
        for (header, expected) in cases {
            assert_eq!(grpc_timeout(header), expected, "{header}");
        }
    }
}
