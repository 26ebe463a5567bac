//! Health and reflection: tonic's own services, with this server's error messages.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::{FutureExt, StreamExt, stream};
use http::{HeaderMap, Request};
use http_body::Frame;
use http_body_util::{BodyStream, StreamBody};
use judge_contract::proto;
use tokio_util::sync::CancellationToken;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic::{Code, Status};
use tower::ServiceExt;

use super::routes::Kind;
use super::{Answered, Context, Failure, Handlers};
use crate::convert::refusal::Refusal;
use crate::settings::error::StartError;

/// Bytes of one message of health or reflection: a few names.
const OTHERS_BYTES: usize = 4 * 1024;

/// The services.
pub(crate) fn health_and_reflection(
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
    // Their generated servers have these methods one by one, without a trait for them.
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

impl Handlers {
    pub(super) async fn others(
        &self,
        context: &Context,
        request: Request<Body>,
    ) -> Result<Answered, Failure> {
        let response = self.others.clone().oneshot(request).await;
        let response = response.unwrap_or_else(|never: Infallible| match never {});
        let status = Status::from_header_map(response.headers());
        let status = status.filter(|status| status.code() != Code::Ok);
        if let Some(status) = status {
            return match status.code() {
                // Its error about a message that is too large names a limit that is no setting here.
                Code::OutOfRange | Code::ResourceExhausted | Code::Internal | Code::Unknown => {
                    Err(Refusal::Unreadable(status.message().to_owned()).into())
                }
                // A valid answer: health does not know the service.
                _ => Ok(response.into()),
            };
        }
        let response = if context.route.kind == Kind::Watch {
            let (draining, age) = (self.draining.clone(), self.settings.stream_age.get());
            response.map(|body| ending(body, draining, age))
        } else {
            response
        };
        Ok(response.into())
    }
}

/// Waits until the server drains or an endless answer is old. Returns which of them.
pub(super) async fn end(draining: CancellationToken, age: Duration) -> Refusal {
    tokio::select! {
        () = draining.cancelled() => Refusal::ShuttingDown,
        () = tokio::time::sleep(age) => Refusal::StreamOld,
    }
}

/// An endless answer, such as a watch of the health, until its end.
pub(super) fn ending(body: Body, draining: CancellationToken, age: Duration) -> Body {
    let end = end(draining, age).boxed().shared();
    let frames = BodyStream::new(body).take_until(end.clone());
    // If it ended by itself, no status is needed.
    let last = stream::once(async move { end.peek().cloned() }).filter_map(async |refusal| {
        let mut trailers = HeaderMap::new();
        Status::from(refusal?).add_header(&mut trailers).ok()?;
        Some(Ok(Frame::trailers(trailers)))
    });
    Body::new(StreamBody::new(frames.chain(last)))
}
