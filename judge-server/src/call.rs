//! One call: what is known of it, counted and logged when it ends.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::HeaderMap;
use judge_core::Verdict;
use tokio::time::Instant;
use tracing::info;

use crate::budget::{Budget, Reservation};
use crate::metrics::{Metrics, verdict_name};
use crate::refusal::Refusal;

/// A call, or one message of a stream. It is counted and logged when its last owner drops it.
#[derive(Debug)]
pub(crate) struct Call {
    metrics: Arc<Metrics>,
    method: &'static str,
    begun: Instant,
    /// The caller's deadline, where it gave one.
    pub(crate) deadline: Option<Instant>,
    trace: Option<String>,
    /// Bytes of its request in memory.
    pub(crate) reservation: Reservation,
    id: OnceLock<String>,
    verdict: OnceLock<Verdict>,
    refusal: OnceLock<Refusal>,
    answered: OnceLock<Answer>,
}

#[derive(Debug)]
struct Answer {
    code: String,
    after: Duration,
}

impl Call {
    pub(crate) fn begin(
        method: &'static str,
        headers: &HeaderMap,
        metrics: &Arc<Metrics>,
        budget: &Arc<Budget>,
    ) -> Arc<Self> {
        metrics.in_flight.inc();
        let begun = Instant::now();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Arc::new(Self {
            metrics: Arc::clone(metrics),
            method,
            begun,
            deadline: text("grpc-timeout").and_then(grpc_timeout).map(|after| begun + after),
            trace: text("traceparent").and_then(trace_id),
            reservation: Reservation::none(budget),
            id: OnceLock::new(),
            verdict: OnceLock::new(),
            refusal: OnceLock::new(),
            answered: OnceLock::new(),
        })
    }

    /// The call that one message of this stream is, with the bytes read for it so far.
    pub(crate) fn message(&self, method: &'static str) -> Arc<Self> {
        self.metrics.in_flight.inc();
        Arc::new(Self {
            metrics: Arc::clone(&self.metrics),
            method,
            begun: Instant::now(),
            deadline: self.deadline,
            trace: self.trace.clone(),
            reservation: self.reservation.split(),
            id: OnceLock::new(),
            verdict: OnceLock::new(),
            refusal: OnceLock::new(),
            answered: OnceLock::new(),
        })
    }

    /// The id that the caller chose.
    pub(crate) fn identify(&self, id: &str) {
        if !id.is_empty() {
            self.id.get_or_init(|| id.to_owned());
        }
    }

    pub(crate) fn judged(&self, verdict: Verdict) {
        self.verdict.get_or_init(|| verdict);
    }

    /// Notes why the call is refused; the first reason counts.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Refusal {
        self.refusal.get_or_init(|| refusal).clone()
    }

    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.refusal.get()
    }

    /// Notes the status of the answer, which ends the call's time.
    pub(crate) fn answer(&self, code: String) {
        self.answered.get_or_init(|| Answer { code, after: self.begun.elapsed() });
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
        let Answer { code, after } = self
            .answered
            .take()
            // Nobody waited for the answer: the caller cancelled or vanished.
            .unwrap_or_else(|| Answer { code: "CANCELLED".into(), after: self.begun.elapsed() });
        let reason = self.refusal.get().map(Refusal::reason);
        if let Some(reason) = reason {
            self.metrics.refusals.with_label_values(&[reason]).inc();
        }
        self.metrics.calls.with_label_values(&[self.method, &code]).inc();
        self.metrics.duration.with_label_values(&[self.method]).observe(after.as_secs_f64());
        info!(
            method = self.method,
            code,
            reason,
            id = self.id.get(),
            verdict = self.verdict.get().map(|verdict| verdict_name(*verdict)),
            trace_id = self.trace,
            duration_us = after.as_micros(),
            "call"
        );
    }
}

/// The trace id of a W3C `traceparent`.
fn trace_id(header: &str) -> Option<String> {
    let mut parts = header.split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let valid = version.len() == 2
        && version != "ff"
        && hex(version)
        && trace.len() == 32
        && hex(trace)
        && trace.bytes().any(|byte| byte != b'0');
    valid.then(|| trace.to_owned())
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
            ("1H", Some(Duration::from_secs(3600))),
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

    #[test]
    fn trace_ids_of_w3c() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let header = format!("00-{id}-00f067aa0ba902b7-01");
        assert_eq!(trace_id(&header).as_deref(), Some(id));
        for wrong in ["", "00", "ff-0-0-0", &header.replace('4', "G"), &header.replace(id, "0")] {
            assert_eq!(trace_id(wrong), None, "{wrong}");
        }
    }
}
