//! Monitors canaries point by point, each over a stream of its own.

use std::pin::pin;

use bytes::Bytes;
use judge_contract::guard;
use judge_contract::limits::Limits;
use judge_contract::monitor::{self, StartedMonitor};
use judge_contract::proto::monitor_request::Content;
use judge_contract::proto::{MonitorRequest, MonitorStart};
use judge_core::Problem;
use judge_core::monitor::{MonitorReport, TimedMonitor};
use prost::Message;
use tokio::time::{sleep, timeout};
use tonic::Streaming;

use super::open_stream::{Answers, OpenedStream, StreamAnswer};
use crate::budget::Reservation;
use crate::callers::tokens::TokenScope;
use crate::convert::refusal::Refusal;
use crate::observe::outcome::{JudgedCounts, OutcomeSoFar};

/// Bytes in memory for each byte of a message: 48 for a point of 8 bytes, decoded and in order of time.
const BYTES_A_BYTE: usize = 6;

/// A message, or the end of the messages.
enum Incoming {
    Message(Bytes),
    End,
}

/// A monitor with its reservation.
struct OpenMonitor {
    id: String,
    monitor: TimedMonitor,
    verdict_every: i64,
    /// The last complete step and the number of alarmed metrics in the last verdict.
    reported: (i64, usize),
    _state: Reservation,
}

/// A monitor after a message, and the verdict if one is due.
struct Processed {
    open: OpenMonitor,
    verdict: Option<Bytes>,
}

impl OpenedStream {
    /// Sends the verdict so far while points come, until the client ends the stream, goes away, is silent, or the server
    /// drains.
    pub(super) async fn monitor(
        mut self,
        mut messages: Streaming<Bytes>,
        answers: Answers,
    ) -> Option<Refusal> {
        let mut quiet = pin!(sleep(self.handlers.settings.stream_silence.get()));
        let mut open = None;
        loop {
            let draining = self.handlers.draining.clone();
            let incoming = tokio::select! {
                message = messages.message() => match message {
                    Ok(message) => message.map_or(Incoming::End, Incoming::Message),
                    Err(status) => return Some(self.handlers.unreadable(&status)),
                },
                () = &mut quiet => return Some(Refusal::StreamSilent),
                () = draining.cancelled() => return Some(Refusal::ShuttingDown),
            };
            if let Err(revoked) = self.context.caller.require(TokenScope::Judge) {
                return Some(revoked);
            }
            let is_over = matches!(incoming, Incoming::End);
            if let Incoming::Message(message) = &incoming {
                self.came(message, quiet.as_mut());
            }
            let call_time = self.handlers.settings.call_time.get();
            let processed = timeout(call_time, self.process(open.take(), incoming));
            let Processed { open: next, verdict } = match processed.await {
                Ok(Ok(processed)) => processed,
                Ok(Err(refusal)) => return Some(refusal),
                Err(_) => return Some(Refusal::DeadlineExceeded),
            };
            open = Some(next);
            if let Some(bytes) = verdict {
                let held = self.context.held.another();
                if let Err(refusal) = held.grow(bytes.len().max(self.handlers.budget.weights.call))
                {
                    return Some(refusal);
                }
                let answer = self.handed(StreamAnswer { bytes, held, unwritten: None });
                // A client that does not read its verdicts counts as silent.
                tokio::select! {
                    sent = answers.send(Ok(answer)) => if sent.is_err() {
                        return Some(Refusal::Cancelled);
                    },
                    () = &mut quiet => return Some(Refusal::StreamSilent),
                    () = draining.cancelled() => return Some(Refusal::ShuttingDown),
                }
            }
            if is_over {
                return None;
            }
        }
    }

    /// Processes a message on one of the threads that judge.
    async fn process(
        &self,
        open: Option<OpenMonitor>,
        incoming: Incoming,
    ) -> Result<Processed, Refusal> {
        let (limits, state) = (self.handlers.limits, self.context.held.another());
        let held = self.context.held.another();
        let bytes = match &incoming {
            Incoming::Message(message) => message.len(),
            Incoming::End => 0,
        };
        let weight = self.handlers.budget.weights.judgement;
        held.grow(bytes.saturating_mul(BYTES_A_BYTE).max(weight))?;
        let so_far = self.so_far.clone();
        let work = move |_: &mut judge_core::Scratch| {
            let processed = process_on_thread(open, incoming, &limits, state, &so_far);
            drop(held);
            processed
        };
        self.handlers.pool.run(bytes, work).await?
    }
}

/// The verdicts for a stream of `messages` that its client then ends, without sockets and threads.
pub(crate) fn answer_all(
    messages: impl IntoIterator<Item = Bytes>,
    limits: &Limits,
    room: &Reservation,
) -> Result<Vec<Bytes>, Refusal> {
    let so_far = OutcomeSoFar::default();
    let (mut open, mut verdicts) = (None, Vec::new());
    let messages = messages.into_iter().map(Incoming::Message);
    for incoming in messages.chain([Incoming::End]) {
        let state = room.another();
        let processed = process_on_thread(open.take(), incoming, limits, state, &so_far)?;
        open = Some(processed.open);
        verdicts.extend(processed.verdict);
    }
    Ok(verdicts)
}

fn process_on_thread(
    open: Option<OpenMonitor>,
    incoming: Incoming,
    limits: &Limits,
    state: Reservation,
    so_far: &OutcomeSoFar,
) -> Result<Processed, Refusal> {
    let content = match incoming {
        Incoming::End => None,
        Incoming::Message(message) => {
            guard::check_message::<MonitorRequest>(&message, limits)?;
            let content = MonitorRequest::decode(message)?.content;
            Some(content.ok_or_else(|| Problem::error("content", "missing", "start or points"))?)
        }
    };
    match (open, content) {
        (None, Some(Content::Start(start))) => {
            Ok(Processed { open: begin(start, limits, state, so_far)?, verdict: None })
        }
        (None, _) => Err(Problem::error("start", "missing", "the first message to have it").into()),
        (Some(_), Some(Content::Start(_))) => {
            Err(Problem::error("start", "another one", "only the first message to have one").into())
        }
        (Some(mut open), Some(Content::Points(points))) => {
            monitor::add_points(&mut open.monitor, points, limits)?;
            let report = open.monitor.report();
            let verdict = open.is_due(&report).then(|| open.encode_verdict(report, false, so_far));
            Ok(Processed { open, verdict })
        }
        (Some(mut open), None) => {
            open.monitor.complete_all();
            let report = open.monitor.report_at_end();
            let verdict = Some(open.encode_verdict(report, true, so_far));
            Ok(Processed { open, verdict })
        }
    }
}

fn begin(
    start: MonitorStart,
    limits: &Limits,
    state: Reservation,
    so_far: &OutcomeSoFar,
) -> Result<OpenMonitor, Refusal> {
    so_far.lock().identify(&start.id);
    let config_bytes = start.encoded_len().saturating_mul(BYTES_A_BYTE);
    let started = StartedMonitor::read(start, limits)?;
    so_far.lock().name_config(&started.config_name);
    state.grow(started.monitor.most_bytes().saturating_add(config_bytes))?;
    let StartedMonitor { id, monitor, verdict_every, .. } = started;
    Ok(OpenMonitor { id, monitor, verdict_every, reported: (-1, 0), _state: state })
}

impl OpenMonitor {
    fn is_due(&self, report: &MonitorReport) -> bool {
        let through = report.complete_through.unwrap_or(-1);
        through.saturating_sub(self.reported.0) >= self.verdict_every
            || alarms(report) > self.reported.1
    }

    /// The encoded verdict.
    fn encode_verdict(
        &mut self,
        report: MonitorReport,
        last: bool,
        so_far: &OutcomeSoFar,
    ) -> Bytes {
        self.reported = (report.complete_through.unwrap_or(-1), alarms(&report));
        so_far.lock().judged = Some(JudgedCounts::of_monitor(&report));
        let times = self.monitor.times();
        monitor::response(self.id.clone(), report, times, last).encode_to_vec().into()
    }
}

fn alarms(report: &MonitorReport) -> usize {
    report.metrics.iter().filter(|metric| metric.alarm.is_some()).count()
}
