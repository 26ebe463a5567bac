//! Calls of gRPC with one message. The contract's own methods read and write messages with tonic's codec
//! rather than through the generated service, so that they stay bytes until they are judged.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, stream};
use http::{HeaderMap, HeaderValue, Request, Response, header};
use judge_contract::list_judges;
use prost::Message;
use tonic::codec::{CompressionEncoding, EncodeBody, SingleMessageCompressionOverride};
use tonic::{Status, Streaming};

use super::codec::{RawEncoder, Reserving};
use super::{Answered, Context, Entrance, Failure, Handlers};
use crate::budget::Reservation;
use crate::convert::refusal::Refusal;

impl Handlers {
    /// Handler of a call with one message and one answer.
    pub(super) async fn grpc(
        &self,
        entrance: Entrance,
        context: &Context,
        request: Request<Body>,
    ) -> Result<Answered, Failure> {
        let encoding = answer_encoding(request.headers());
        let message = self.message(context, request).await?;
        let (answer, outcome) = self.judge(entrance, message, &context.held).await?;
        Ok((respond(stream::iter([Ok(answer)]), encoding), outcome).into())
    }

    /// Lists the judges.
    pub(super) async fn list_judges(
        &self,
        context: &Context,
        request: Request<Body>,
    ) -> Result<Answered, Failure> {
        let encoding = answer_encoding(request.headers());
        self.message(context, request).await?;
        let answer = Bytes::from(list_judges().encode_to_vec());
        Ok(respond(stream::iter([Ok(answer)]), encoding).into())
    }

    /// The only message of a request.
    pub(super) async fn message(
        &self,
        context: &Context,
        request: Request<Body>,
    ) -> Result<Bytes, Refusal> {
        let besides = self.budget.weights.call;
        let mut messages = self.messages(&context.held, besides, request);
        let message = messages.message().await.map_err(|status| self.unreadable(&status))?;
        message.ok_or_else(|| Refusal::Unreadable("there is none".to_owned()))
    }

    /// The messages of a request; `held` reserves them, and what is held besides.
    pub(super) fn messages(
        &self,
        held: &Arc<Reservation>,
        besides: usize,
        request: Request<Body>,
    ) -> Streaming<Bytes> {
        let encoding = encoding(request.headers());
        let times = times(request.headers());
        let decoder = Reserving { held: Arc::clone(held), besides, times };
        let limit = usize::try_from(self.limits.message_bytes).unwrap_or(usize::MAX);
        Streaming::new_request(decoder, request.into_body(), encoding, Some(limit))
    }

    /// The error of a message that did not come.
    pub(super) fn unreadable(&self, status: &Status) -> Refusal {
        Refusal::from_message(status, self.limits.message_bytes)
    }
}

/// Compression of answers: as in the request, if its client accepts it. Many clients accept compressed answers by default, and
/// compressing one costs as much as judging it.
pub(super) fn answer_encoding(request: &HeaderMap) -> Option<CompressionEncoding> {
    let accepted = request.get("grpc-accept-encoding")?.to_str().ok()?;
    let name = request.get("grpc-encoding")?.to_str().ok()?;
    accepted.split(',').any(|accepted| accepted.trim() == name).then(|| encoding(request))?
}

/// Compression of the messages of a request.
pub(super) fn encoding(request: &HeaderMap) -> Option<CompressionEncoding> {
    match request.get("grpc-encoding")?.as_bytes() {
        b"gzip" => Some(CompressionEncoding::Gzip),
        b"zstd" => Some(CompressionEncoding::Zstd),
        _ => None,
    }
}

/// Memory of a message as a multiple of its length: buffers of decompression double as they grow.
pub(super) fn times(request: &HeaderMap) -> usize {
    if encoding(request).is_some() { 2 } else { 1 }
}

/// The response with `answers`.
pub(super) fn respond(
    answers: impl Stream<Item = Result<Bytes, Status>> + Send + 'static,
    encoding: Option<CompressionEncoding>,
) -> Response<Body> {
    let together = SingleMessageCompressionOverride::default();
    let body = EncodeBody::new_server(RawEncoder, answers, encoding, together, None);
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    let grpc = HeaderValue::from_static("application/grpc");
    headers.insert(header::CONTENT_TYPE, grpc);
    let name = encoding.map(|encoding| match encoding {
        CompressionEncoding::Gzip => "gzip",
        _ => "zstd",
    });
    if let Some(name) = name {
        headers.insert("grpc-encoding", HeaderValue::from_static(name));
    }
    response
}
