//! The stack of layers that every call passes on its way to its handler: the same layers in the same order for both ports.

mod admit;
mod answer_body;
mod authenticate;
mod bound;
mod deadline;
mod headers;
mod path_token;
mod request_body;
mod request_id;
mod respond;
mod route;
mod step;
mod trace;

use std::sync::Arc;

use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderName, HeaderValue};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::budget::Budget;
use crate::callers::tokens::Tokens;
use crate::handlers::Handlers;
use crate::handlers::routes::Port;
use crate::observe::call::{Observer, REQUEST_ID};
use crate::settings::Settings;
use crate::transport::Serve;
use crate::transport::reload::Fresh;
use admit::Admit;
use authenticate::Authenticate;
use bound::Bodies;
use deadline::Deadline;
use headers::{Headers, LOCAL};
use path_token::from_path;
use request_id::{MakeId, without_strange_id};
use route::ToHandler;
use step::StepLayer;
use trace::{Trace, TraceLayer};

/// State that both ports share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) observer: Observer,
    pub(crate) budget: Arc<Budget>,
    pub(crate) tokens: Option<Fresh<Tokens>>,
    pub(crate) handlers: Arc<Handlers>,
    /// The server has announced its end.
    pub(crate) leaving: CancellationToken,
}

impl Shared {
    /// The stack of one port. Connections were bounded in number and time before.
    pub(crate) fn stack(&self, side: Port, settings: &Settings) -> impl Serve {
        let id = HeaderName::from_static(REQUEST_ID);
        let trace = Trace {
            side,
            observer: self.observer.clone(),
            budget: Arc::clone(&self.budget),
            tokens: self.tokens.clone(),
            message_bytes: settings.max_message_size.get(),
            read_time: settings.read_time.get(),
            has_pages: self.handlers.canaries.is_some(),
            leaving: self.leaving.clone(),
        };
        let bodies = Bodies {
            read_time: settings.read_time.get(),
            probe_time: settings.read_time.get().min(settings.header_time.get()),
            silence: settings.stream_silence.get(),
        };
        ServiceBuilder::new()
            // Before anything logs the path.
            .map_request(from_path)
            // An id, to find a call in several logs; from the request or generated, and echoed.
            .map_request(without_strange_id)
            .layer(SetRequestIdLayer::new(id.clone(), MakeId))
            .layer(PropagateRequestIdLayer::new(id))
            // A browser must trust the content type and not guess one.
            .layer(SetResponseHeaderLayer::overriding(
                X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ))
            // One line in the log for everything below, and the answer to refusals from there.
            .layer(TraceLayer(Arc::new(trace)))
            // Before the token: a foreign page in a browser may have none, and must learn nothing.
            .layer(StepLayer::new(Headers { side, hosts: hosts(settings) }))
            .layer(StepLayer::new(Authenticate))
            // After the token: only callers may reserve, each within its share.
            .layer(StepLayer::new(Admit { side, budget: Arc::clone(&self.budget) }))
            // After admission: no call waits for room.
            .layer(StepLayer::new(Deadline { call_time: settings.call_time.get() }))
            .layer(StepLayer::new(bodies))
            .service(ToHandler(Arc::clone(&self.handlers)))
    }
}

/// Names under which the server may be called; `None` for any. A server that anyone on its machine may call has only the
/// machine's own names.
fn hosts(settings: &Settings) -> Vec<String> {
    let local = settings.grpc_listen.ip().is_loopback() && settings.http_listen.ip().is_loopback();
    let open = settings.tokens.is_none() && settings.tls_client_ca.is_none();
    if settings.allowed_hosts.is_empty() && local && open {
        return LOCAL.map(str::to_owned).to_vec();
    }
    settings.allowed_hosts.clone()
}
