//! The gRPC side.

mod codec;
mod stream;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tonic::codec::{Codec, CompressionEncoding};
use tonic::server::Grpc;
use tonic::service::Routes;
use tonic::{Status, Streaming};
use tonic_prost::ProstCodec;
use tower::{ServiceExt, service_fn};

use crate::bench::Entrance;
use crate::body::Metered;
use crate::call::Call;
use crate::convert::list_judges;
use crate::error::StartError;
use crate::judging::Judging;
use crate::proto;
use crate::refusal::{Refusal, Resource};
use crate::target::Target;

use codec::Encoded;

/// Bytes of one message of health or reflection: a few names.
const OTHERS_BYTES: usize = 4 * 1024;

/// The service of the contract, with health and reflection.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) judging: Arc<Judging>,
    /// Streams that may still be opened.
    pub(crate) streams: Arc<Semaphore>,
    /// Messages of one stream that may wait for their judgement.
    pub(crate) stream_calls: usize,
    pub(crate) draining: CancellationToken,
    /// Health and reflection.
    pub(crate) others: Router,
}

/// Health and reflection.
///
/// # Errors
/// When the contract's own description cannot be read, which a test excludes.
pub(crate) fn others(
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
    // Their generated servers have these methods one by one, and no trait for them.
    macro_rules! bounded {
        ($server:expr) => {
            $server
                .max_decoding_message_size(OTHERS_BYTES)
                .accept_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Zstd)
        };
    }
    let (v1, v1alpha) = (reflection().build_v1(), reflection().build_v1alpha());
    let routes = Routes::new(bounded!(health))
        .add_service(bounded!(v1.map_err(broken)?))
        .add_service(bounded!(v1alpha.map_err(broken)?));
    Ok(routes.prepare().into_axum_router())
}

impl Service {
    /// Answers one call. The contract's own methods are called by name rather than through the
    /// generated service: so their messages stay bytes until they are judged.
    pub(crate) async fn call(
        &self,
        target: Target,
        request: Request<Metered>,
        call: &Arc<Call>,
    ) -> Response<Body> {
        let answer = match target {
            Target::Judge => self.unary(Entrance::Judge, request, call).await,
            Target::JudgeStream => self.judge_stream(request, call).await,
            Target::ValidateConfig => self.unary(Entrance::Validate, request, call).await,
            Target::ListJudges => self.list_judges(request).await,
            _ => {
                let answer = self.others.clone().oneshot(request.map(Body::new)).await;
                return answer.unwrap_or_else(|never: Infallible| match never {});
            }
        };
        answer.map(Body::new)
    }

    fn handler<C: Codec>(&self, codec: C, headers: &HeaderMap) -> Grpc<C> {
        let limit = usize::try_from(self.judging.limits.message_bytes).unwrap_or(usize::MAX);
        let handler = Grpc::new(codec)
            .max_decoding_message_size(limit)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd);
        match answer_encoding(headers) {
            Some(encoding) => handler.send_compressed(encoding),
            None => handler,
        }
    }

    async fn unary(
        &self,
        entrance: Entrance,
        request: Request<Metered>,
        call: &Arc<Call>,
    ) -> Response<tonic::body::Body> {
        let answer = service_fn(async |request: tonic::Request<Bytes>| {
            let answered = self.judging.answer(entrance, request.into_inner(), call).await;
            answered.map(tonic::Response::new).map_err(|refusal| Status::from(call.refuse(refusal)))
        });
        self.handler(Encoded, request.headers()).unary(answer, request).await
    }

    async fn judge_stream(
        &self,
        request: Request<Metered>,
        call: &Arc<Call>,
    ) -> Response<tonic::body::Body> {
        let judge = service_fn(async |request: tonic::Request<Streaming<Bytes>>| {
            let place = Arc::clone(&self.streams).try_acquire_owned();
            let place = place.map_err(|_| call.refuse(Refusal::Overloaded(Resource::Streams)))?;
            let (service, call) = (self.clone(), Arc::clone(call));
            let answers = stream::start(service, request.into_inner(), call, place);
            Ok::<_, Status>(tonic::Response::new(answers))
        });
        self.handler(Encoded, request.headers()).streaming(judge, request).await
    }

    async fn list_judges(&self, request: Request<Metered>) -> Response<tonic::body::Body> {
        let codec = ProstCodec::<proto::ListJudgesResponse, proto::ListJudgesRequest>::default();
        let list = service_fn(async |_: tonic::Request<proto::ListJudgesRequest>| {
            Ok::<_, Status>(tonic::Response::new(list_judges()))
        });
        self.handler(codec, request.headers()).unary(list, request).await
    }
}

/// How the answer is compressed: as the request was. Many clients accept compressed answers without
/// being asked, and to compress one costs as much as to judge it.
fn answer_encoding(request: &HeaderMap) -> Option<CompressionEncoding> {
    match request.get("grpc-encoding")?.as_bytes() {
        b"gzip" => Some(CompressionEncoding::Gzip),
        b"zstd" => Some(CompressionEncoding::Zstd),
        _ => None,
    }
}
