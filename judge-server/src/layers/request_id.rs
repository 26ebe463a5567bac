//! Ids of requests: the caller's, if logs and headers can contain it, else a generated one.

use http::{HeaderValue, Request};
use tower_http::request_id::{MakeRequestId, RequestId};

use crate::observe::call::REQUEST_ID;

/// Longest id in bytes.
const LONGEST: usize = 128;

/// Generates ids: 32 hexadecimal digits. They need not be hard to guess.
#[derive(Debug, Clone, Copy)]
pub(super) struct MakeId;

impl MakeRequestId for MakeId {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        let id = format!("{:032x}", fastrand::u128(..));
        HeaderValue::try_from(id).ok().map(RequestId::new)
    }
}

/// The request without an id that is too long, empty, or not of visible characters.
pub(super) fn without_strange_id<B>(mut request: Request<B>) -> Request<B> {
    let strange = request.headers().get(REQUEST_ID).is_some_and(|id| {
        let id = id.as_bytes();
        id.is_empty() || id.len() > LONGEST || !id.iter().all(u8::is_ascii_graphic)
    });
    if strange {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}
