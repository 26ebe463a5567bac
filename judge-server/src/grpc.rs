//! The gRPC side.

mod stream;

use std::sync::Arc;

use axum::Router;
use tokio::sync::Semaphore;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};

use crate::call::Call;
use crate::convert::list_judges;
use crate::error::StartError;
use crate::judging::Judging;
use crate::proto::judge_service_server::{JudgeService, JudgeServiceServer};
use crate::proto::{self, JudgeStreamRequest, JudgeStreamResponse};
use crate::refusal::{Refusal, Resource};

/// The service of the contract.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) judging: Arc<Judging>,
    /// Streams that may still be opened.
    pub(crate) streams: Arc<Semaphore>,
    /// Messages of one stream that may wait for their judgement.
    pub(crate) stream_calls: usize,
    pub(crate) draining: CancellationToken,
}

/// The service with health and reflection.
///
/// # Errors
/// When the contract's own description cannot be read, which a test excludes.
pub(crate) fn router(
    service: Service,
    health: tonic_health::pb::health_server::HealthServer<
        impl tonic_health::pb::health_server::Health,
    >,
) -> Result<Router, StartError> {
    let broken = |error: tonic_reflection::server::Error| StartError::Internal(error.to_string());
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(
                tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
            )
            .include_reflection_service(false)
    };
    let limit = usize::try_from(service.judging.limits.message_bytes).unwrap_or(usize::MAX);
    let judge = JudgeServiceServer::new(service)
        .max_decoding_message_size(limit)
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .send_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Zstd);
    let routes = Routes::new(judge)
        .add_service(health)
        .add_service(reflection().build_v1().map_err(broken)?)
        .add_service(reflection().build_v1alpha().map_err(broken)?);
    Ok(routes.prepare().into_axum_router())
}

#[tonic::async_trait]
impl JudgeService for Service {
    type JudgeStreamStream = ReceiverStream<Result<JudgeStreamResponse, Status>>;

    async fn judge(
        &self,
        request: Request<proto::JudgeRequest>,
    ) -> Result<Response<proto::JudgeResponse>, Status> {
        let call = call(&request)?;
        let judged = self.judging.judge(request.into_inner(), &call).await;
        Ok(Response::new(judged.map_err(|refusal| call.refuse(refusal))?))
    }

    async fn judge_stream(
        &self,
        request: Request<Streaming<JudgeStreamRequest>>,
    ) -> Result<Response<Self::JudgeStreamStream>, Status> {
        let call = call(&request)?;
        let place = Arc::clone(&self.streams).try_acquire_owned();
        let place = place.map_err(|_| call.refuse(Refusal::Overloaded(Resource::Streams)))?;
        Ok(Response::new(stream::start(self.clone(), request.into_inner(), call, place)))
    }

    async fn validate_config(
        &self,
        request: Request<proto::ValidateConfigRequest>,
    ) -> Result<Response<proto::ValidateConfigResponse>, Status> {
        let call = call(&request)?;
        let request = request.into_inner();
        let validated = self.judging.validate(request, &call).await;
        Ok(Response::new(validated.map_err(|refusal| call.refuse(refusal))?))
    }

    async fn list_judges(
        &self,
        _: Request<proto::ListJudgesRequest>,
    ) -> Result<Response<proto::ListJudgesResponse>, Status> {
        Ok(Response::new(list_judges()))
    }
}

/// The call that the gate began.
#[allow(clippy::result_large_err, reason = "the type that tonic's services return")]
fn call<T>(request: &Request<T>) -> Result<Arc<Call>, Status> {
    let call = request.extensions().get::<Arc<Call>>();
    call.cloned().ok_or_else(|| Status::from(Refusal::Internal))
}
