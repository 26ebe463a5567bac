//! Checks headers: whether the request can be read, and whether a foreign page sent it (no CORS). A page in a browser may
//! post to a server on the same machine, under a name that it makes point there.

use std::net::SocketAddr;

use http::header::AsHeaderName;
use http::uri::{Authority, Uri};
use http::{HeaderMap, Method, Request, Version, header};

use super::step::{Inbound, Next, Step};
use crate::convert::refusal::{Refusal, quoted};
use crate::handlers::routes::Port;
use crate::handlers::{Answered, Failure};
use crate::settings::Settings;

/// Names of the own machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Names under which callers may reach `address`; empty for any. A port that anyone on its machine may call, and nobody else,
/// has only the machine's own names.
pub(super) fn hosts(settings: &Settings, address: SocketAddr) -> Vec<String> {
    let open = settings.tokens.is_none() && settings.tls_client_ca.is_none();
    if settings.allowed_hosts.is_empty() && address.ip().is_loopback() && open {
        return LOCAL.map(str::to_owned).to_vec();
    }
    settings.allowed_hosts.clone()
}

/// Checks the headers of the calls of one port.
#[derive(Debug)]
pub(super) struct Headers {
    pub(super) side: Port,
    /// Names under which this server may be called; empty for any.
    pub(super) hosts: Vec<String>,
}

impl Step for Headers {
    async fn handle(&self, inbound: Inbound, next: &impl Next) -> Result<Answered, Failure> {
        let request = &inbound.request;
        let host = require_host(request)?;
        require_own_site(host.as_ref(), request.headers(), &self.hosts)?;
        match self.side {
            Port::Grpc => require_grpc(request)?,
            Port::Http | Port::Kayenta => require_identity(request.headers())?,
        }
        next.run(inbound).await
    }
}

/// The host that a request is for: one, over HTTP/1.1 at least (RFC 9112, 3.2), whose body comes as it is
/// or in chunks (6.1).
fn require_host(request: &Request<impl Sized>) -> Result<Option<Authority>, Refusal> {
    let headers = request.headers();
    if let Some(coding) = headers.get(header::TRANSFER_ENCODING)
        && !coding.as_bytes().eq_ignore_ascii_case(b"chunked")
    {
        let found = quoted(&String::from_utf8_lossy(coding.as_bytes()));
        return Err(Refusal::UnsupportedTransfer(found));
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    let wrong = |text: &str| Err(Refusal::BadHeaders(text.to_owned()));
    match (first, second) {
        (_, Some(_)) => wrong("expected one Host header, got several"),
        (None, None) if request.version() == Version::HTTP_11 => {
            wrong("no Host header, which HTTP/1.1 needs")
        }
        (None, None) => Ok(request.uri().authority().cloned()),
        (Some(host), None) => match Authority::try_from(host.as_bytes()) {
            // The host in the request's target takes precedence (3.2.2).
            Ok(host) => Ok(Some(request.uri().authority().cloned().unwrap_or(host))),
            Err(_) => wrong("a Host header that is no host"),
        },
    }
}

/// Checks that a page of this server sent the request, or no page.
fn require_own_site(
    host: Option<&Authority>,
    headers: &HeaderMap,
    hosts: &[String],
) -> Result<(), Refusal> {
    if let Some(host) = host
        && !hosts.is_empty()
        && !hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host.host()))
    {
        let text = format!(
            "the host {:?} is none of allowed-hosts: {}",
            quoted(host.host()),
            hosts.join(", ")
        );
        return Err(Refusal::ForeignSite(text));
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let site = Uri::try_from(origin.as_bytes()).ok();
    let site = site.as_ref().and_then(Uri::authority);
    if site.is_some_and(|site| host.is_some_and(|host| host == site)) {
        return Ok(());
    }
    let found = quoted(&String::from_utf8_lossy(origin.as_bytes()));
    Err(Refusal::ForeignSite(format!("the origin {found:?} is another site than this server")))
}

/// How the messages of a gRPC call are compressed.
const GRPC_ENCODING: &str = "grpc-encoding";

/// Checks that the messages of a gRPC call can be read.
fn require_grpc(request: &Request<impl Sized>) -> Result<(), Refusal> {
    if request.method() != Method::POST {
        let text = "this port speaks gRPC, which is POST; HTTP has a port of its own";
        return Err(Refusal::MethodNotAllowed { text: text.into(), allowed: "POST".into() });
    }
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    // gRPC-Web has the same prefix as gRPC, and another framing.
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

/// Checks that the body of an HTTP request is not compressed.
fn require_identity(headers: &HeaderMap) -> Result<(), Refusal> {
    require_encoding(headers, &header::CONTENT_ENCODING, "identity", |found, known| {
        found.is_empty() || found.trim().eq_ignore_ascii_case(known)
    })
}

/// Checks that the content encoding, if any, is one of those in `allowed`. `is` compares names, because those of gRPC are
/// case-sensitive.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(version: Version, headers: &[(&str, &str)], hosts: &[&str]) -> &'static str {
        reason_at("/judge", version, headers, hosts)
    }

    fn reason_at(
        uri: &str,
        version: Version,
        headers: &[(&str, &str)],
        hosts: &[&str],
    ) -> &'static str {
        let mut request = Request::builder().version(version).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let checked = require_host(&request)
            .and_then(|host| require_own_site(host.as_ref(), request.headers(), &hosts));
        checked.map_or_else(|refusal| refusal.reason(), |()| "")
    }

    #[test]
    fn hosts_and_origins() {
        let (new, old) = (Version::HTTP_11, Version::HTTP_10);
        let local = ("host", "localhost:8080");
        for (version, headers, expected) in [
            (new, vec![local], ""),
            (new, vec![("host", "LOCALHOST")], ""),
            (new, vec![("host", "[::1]:8080")], ""),
            (new, vec![("host", "rebound.example:8080")], "FOREIGN_SITE"),
            (new, vec![], "BAD_HEADERS"),
            (new, vec![local, local], "BAD_HEADERS"),
            (new, vec![("host", "a b")], "BAD_HEADERS"),
            (old, vec![], ""),
            (old, vec![local, local], "BAD_HEADERS"),
            (new, vec![local, ("origin", "http://localhost:8080")], ""),
            (new, vec![local, ("origin", "http://localhost:9090")], "FOREIGN_SITE"),
            (new, vec![local, ("origin", "https://site.example")], "FOREIGN_SITE"),
            (new, vec![local, ("origin", "null")], "FOREIGN_SITE"),
            (new, vec![local, ("transfer-encoding", "chunked")], ""),
            (new, vec![local, ("transfer-encoding", "gzip, chunked")], "UNSUPPORTED_TRANSFER"),
        ] {
            assert_eq!(reason(version, &headers, &LOCAL), expected, "{headers:?}");
        }
        assert_eq!(reason(new, &[("host", "any.example")], &[]), "");
        for (uri, expected) in
            [("http://localhost/judge", ""), ("http://rebound.example/judge", "FOREIGN_SITE")]
        {
            assert_eq!(reason_at(uri, new, &[local], &LOCAL), expected, "{uri}");
        }
    }
}
