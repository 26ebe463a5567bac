//! From a message to its judgement; what both sides of the server share.

use std::sync::Arc;

use bytes::Bytes;
use judge_core::{JudgeRequest, Judgement, Problem, Scratch, Severity, judges, kayenta};
use prost::Message;

use crate::budget::ANSWER_BYTES;
use crate::call::Call;
use crate::convert::Dialect;
use crate::limits::{self, Limits};
use crate::metrics::Metrics;
use crate::parts;
use crate::pool::{Pool, Threads};
use crate::proto;
use crate::proto_json;
use crate::refusal::Refusal;

/// Judges on the pool's threads.
#[derive(Debug)]
pub(crate) struct Judging {
    pub(crate) pool: Pool,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
}

impl Judging {
    /// Judges an encoded `JudgeRequest` and answers with an encoded `JudgeResponse`.
    pub(crate) async fn judge(&self, message: Bytes, call: &Arc<Call>) -> Result<Bytes, Refusal> {
        self.run(message, Threads::Any, call, |bench, message| {
            parts::check_request(&message, bench.limits)?;
            let request = proto::JudgeRequest::decode(message.as_ref())?;
            // Its bytes are not needed any more, and may be many.
            drop(message);
            Ok(bench.judge_message(request)?.encode_to_vec().into())
        })
        .await
    }

    /// Judges an encoded `JudgeStreamRequest` and answers with an encoded `JudgeStreamResponse`.
    pub(crate) async fn judge_of_stream(&self, message: Bytes, call: &Arc<Call>) -> Bytes {
        use proto::judge_stream_response::Outcome;
        let sent = message.clone();
        // One thread must not do all the work of a stream: it is for many canaries.
        let judged = self.run(message, Threads::Pool, call, |bench, message| {
            parts::check_stream_request(&message, bench.limits)?;
            let request = proto::JudgeStreamRequest::decode(message.as_ref())?;
            let judged = bench.judge_message(request.request.unwrap_or_default())?;
            let outcome = judged.judgement.map(Outcome::Judgement);
            Ok(proto::JudgeStreamResponse { id: judged.id, outcome }.encode_to_vec())
        });
        let answer = judged.await.unwrap_or_else(|refusal| {
            let outcome = Some(Outcome::Refusal(call.refuse(refusal).into()));
            proto::JudgeStreamResponse { id: id_in_stream(&sent), outcome }.encode_to_vec()
        });
        answer.into()
    }

    /// Judges Kayenta's document and answers with Kayenta's.
    pub(crate) async fn judge_kayenta(
        &self,
        json: Bytes,
        call: &Arc<Call>,
    ) -> Result<Vec<u8>, Refusal> {
        self.run(json, Threads::Any, call, |bench, json| {
            parts::check_json(&json, bench.limits)?;
            let request = kayenta::read_request(&json)?;
            drop(json);
            let judgement = bench.judge(&request, Dialect::Kayenta)?;
            serde_json::to_vec(&kayenta::result(&judgement)).map_err(|_| Refusal::Internal)
        })
        .await
    }

    /// Judges our message in JSON and answers in JSON.
    pub(crate) async fn judge_json(
        &self,
        json: Bytes,
        call: &Arc<Call>,
    ) -> Result<Vec<u8>, Refusal> {
        self.run(json, Threads::Any, call, |bench, json| {
            parts::check_json(&json, bench.limits)?;
            let request = proto_json::read(&json)?;
            drop(json);
            proto_json::write(&bench.judge_message(request)?)
        })
        .await
    }

    /// Checks the config of an encoded `ValidateConfigRequest` and answers with an encoded
    /// `ValidateConfigResponse`.
    pub(crate) async fn validate(
        &self,
        message: Bytes,
        call: &Arc<Call>,
    ) -> Result<Bytes, Refusal> {
        self.run(message, Threads::Any, call, |bench, message| {
            parts::check_validate_request(&message, bench.limits)?;
            let request = proto::ValidateConfigRequest::decode(message.as_ref())?;
            Ok(bench.validate(request)?.encode_to_vec().into())
        })
        .await
    }

    /// Checks a config in JSON and answers in JSON.
    pub(crate) async fn validate_json(
        &self,
        json: Bytes,
        call: &Arc<Call>,
    ) -> Result<Vec<u8>, Refusal> {
        self.run(json, Threads::Any, call, |bench, json| {
            parts::check_json(&json, bench.limits)?;
            proto_json::write(&bench.validate(proto_json::read(&json)?)?)
        })
        .await
    }

    async fn run<T: AsRef<[u8]> + Send + 'static>(
        &self,
        message: Bytes,
        threads: Threads,
        call: &Arc<Call>,
        work: impl FnOnce(Bench<'_>, Bytes) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        // More than was reserved while it arrived if it was compressed.
        let bytes = message.len();
        call.reservation.grow_to(bytes)?;
        let (limits, metrics, held) = (self.limits, Arc::clone(&self.metrics), Arc::clone(call));
        let work = move |scratch: &mut Scratch| {
            let bench = Bench { limits: &limits, metrics: &metrics, call: &held, scratch };
            let answer = work(bench, message)?;
            held.reservation.exchange(answer.as_ref().len().max(ANSWER_BYTES))?;
            Ok(answer)
        };
        self.pool.run(bytes, threads, work).await?
    }
}

/// The id of a request of a stream, as far as it can be read.
fn id_in_stream(message: &[u8]) -> String {
    #[derive(Message)]
    struct Request {
        #[prost(string, tag = "1")]
        id: String,
    }
    #[derive(Message)]
    struct StreamRequest {
        #[prost(message, optional, tag = "1")]
        request: Option<Request>,
    }
    let read = StreamRequest::decode(message).ok().and_then(|message| message.request);
    read.map(|request| request.id).unwrap_or_default()
}

/// A thread's place to judge one call.
struct Bench<'a> {
    limits: &'a Limits,
    metrics: &'a Metrics,
    call: &'a Call,
    scratch: &'a mut Scratch,
}

impl Bench<'_> {
    fn judge_message(self, request: proto::JudgeRequest) -> Result<proto::JudgeResponse, Refusal> {
        let mut request = request;
        let id = std::mem::take(&mut request.id);
        limits::check_id(&id)?;
        self.call.identify(&id);
        if let Some(proto::judge_request::Config::KayentaConfigJson(json)) = &request.config {
            parts::check_config_text(json, self.limits)?;
        }
        let dialect = Dialect::of(&request);
        let request = JudgeRequest::try_from(request)?;
        let judgement = self.judge(&request, dialect)?;
        Ok(proto::JudgeResponse { id, judgement: Some(judgement.into()) })
    }

    fn judge(self, request: &JudgeRequest, dialect: Dialect) -> Result<Judgement, Refusal> {
        let judged = self
            .limits
            .check(request)
            .and_then(|()| judges::chosen_by(request))
            .and_then(|judge| judge.judge_with(request, self.scratch));
        let judgement = judged.map_err(|refused| dialect.name_all(&refused))?;
        self.metrics.count(&judgement, limits::points(request));
        self.call.judged(judgement.verdict);
        Ok(dialect.name_warnings(judgement))
    }

    fn validate(
        self,
        request: proto::ValidateConfigRequest,
    ) -> Result<proto::ValidateConfigResponse, Refusal> {
        if let Some(proto::validate_config_request::Config::KayentaConfigJson(json)) =
            &request.config
        {
            parts::check_config_text(json, self.limits)?;
        }
        let problems: Vec<Problem> = request.try_into()?;
        let usable = problems.iter().all(|problem| problem.severity != Severity::Error);
        let problems = problems.into_iter().map(Into::into).collect();
        Ok(proto::ValidateConfigResponse { usable, problems })
    }
}
