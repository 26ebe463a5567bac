//! What the headers of a request must say for it to be read.

use http::header::AsHeaderName;
use http::{HeaderMap, Method, Request, header};

use crate::refusal::{Refusal, quoted};

/// How the messages of a gRPC call are compressed.
const GRPC_ENCODING: &str = "grpc-encoding";

/// A call of gRPC whose messages can be read.
pub(super) fn require_grpc(request: &Request<impl Sized>) -> Result<(), Refusal> {
    if request.method() != Method::POST {
        let text = "this port speaks gRPC, which is POST; HTTP has a port of its own";
        return Err(Refusal::MethodNotAllowed(text.into()));
    }
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    // gRPC-Web has a prefix in common with gRPC and another framing.
    let grpc = content_type.strip_prefix("application/grpc");
    if !grpc.is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', ';'])) {
        let text = format!(
            "content type {:?}, but allowed here is application/grpc; HTTP has a port of its own",
            quoted(content_type)
        );
        return Err(Refusal::UnsupportedMediaType(text));
    }
    require_encoding(request.headers(), GRPC_ENCODING, "gzip,zstd,identity", |found, known| {
        found == known
    })
}

/// A request of HTTP whose body comes as it is.
pub(super) fn require_identity(headers: &HeaderMap) -> Result<(), Refusal> {
    require_encoding(headers, &header::CONTENT_ENCODING, "identity", |found, known| {
        found.is_empty() || found.trim().eq_ignore_ascii_case(known)
    })
}

/// Whether the content is compressed, if at all, in one of the ways that `allowed` lists, as `is`
/// compares them: gRPC takes its words to the letter.
fn require_encoding(
    headers: &HeaderMap,
    name: impl AsHeaderName,
    allowed: &'static str,
    is: impl Fn(&str, &str) -> bool,
) -> Result<(), Refusal> {
    for value in headers.get_all(name) {
        let found = String::from_utf8_lossy(value.as_bytes());
        if !allowed.split(',').any(|known| is(&found, known)) {
            return Err(Refusal::UnsupportedEncoding { found: quoted(&found), allowed });
        }
    }
    Ok(())
}
