//! From a message to its judgement; what both sides of the server share.

use std::sync::Arc;

use bytes::Bytes;
use judge_core::{JudgeRequest, Judgement, Problem, Scratch, Severity, judges, kayenta};

use crate::call::Call;
use crate::convert::Dialect;
use crate::limits::{self, Limits};
use crate::metrics::Metrics;
use crate::pool::Pool;
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
    /// Judges a message of ours.
    pub(crate) async fn judge(
        &self,
        request: proto::JudgeRequest,
        call: &Arc<Call>,
    ) -> Result<proto::JudgeResponse, Refusal> {
        let values = |series: &Option<proto::Series>| {
            series.as_ref().map_or(0, |series| size_of_val(series.values.as_slice()))
        };
        let bytes = request.pairs.iter().map(|pair| values(&pair.baseline) + values(&pair.canary));
        let bytes = bytes.sum();
        call.reservation.grow_to(bytes)?;
        self.run(bytes, call, move |bench| bench.judge_message(request)).await
    }

    /// Judges Kayenta's document and answers with Kayenta's.
    pub(crate) async fn judge_kayenta(
        &self,
        json: Bytes,
        call: &Arc<Call>,
    ) -> Result<Vec<u8>, Refusal> {
        self.run(json.len(), call, move |bench| {
            let request = kayenta::read_request(&json)?;
            // Its bytes are not needed any more, and may be many.
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
        self.run(json.len(), call, move |bench| bench.judge_json(json)).await
    }

    /// Checks a config.
    pub(crate) async fn validate(
        &self,
        request: proto::ValidateConfigRequest,
        call: &Arc<Call>,
    ) -> Result<proto::ValidateConfigResponse, Refusal> {
        self.run(0, call, move |_| validate(request)).await
    }

    /// Checks a config in JSON and answers in JSON.
    pub(crate) async fn validate_json(
        &self,
        json: Bytes,
        call: &Arc<Call>,
    ) -> Result<Vec<u8>, Refusal> {
        let work = move |_: Bench<'_>| proto_json::write(&validate(proto_json::read(&json)?)?);
        self.run(0, call, work).await
    }

    async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        call: &Arc<Call>,
        work: impl FnOnce(Bench<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (limits, metrics, held) = (self.limits, Arc::clone(&self.metrics), Arc::clone(call));
        let ticket = self.pool.submit(bytes, move |scratch| {
            work(Bench { limits: &limits, metrics: &metrics, call: &held, scratch })
        });
        ticket?.await?
    }
}

fn validate(
    request: proto::ValidateConfigRequest,
) -> Result<proto::ValidateConfigResponse, Refusal> {
    let problems: Vec<Problem> = request.try_into()?;
    let usable = problems.iter().all(|problem| problem.severity != Severity::Error);
    let problems = problems.into_iter().map(Into::into).collect();
    Ok(proto::ValidateConfigResponse { usable, problems })
}

/// A thread's place to judge one call.
struct Bench<'a> {
    limits: &'a Limits,
    metrics: &'a Metrics,
    call: &'a Call,
    scratch: &'a mut Scratch,
}

impl Bench<'_> {
    fn judge_json(self, json: Bytes) -> Result<Vec<u8>, Refusal> {
        let request = proto_json::read(&json)?;
        // Its bytes are not needed any more, and may be many.
        drop(json);
        proto_json::write(&self.judge_message(request)?)
    }

    fn judge_message(self, request: proto::JudgeRequest) -> Result<proto::JudgeResponse, Refusal> {
        let mut request = request;
        let id = std::mem::take(&mut request.id);
        limits::check_id(&id)?;
        self.call.identify(&id);
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
}
