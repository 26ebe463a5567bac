//! The stack of layers that every call passes on its way to its handler: the same layers in the same order for all ports.

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

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderName, HeaderValue};
use tower::ServiceBuilder;
use tower::layer::layer_fn;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::callers::tokens::Tokens;
use crate::handlers::Handlers;
use crate::handlers::routes::Port;
use crate::observe::call::{Observer, REQUEST_ID};
use crate::transport::Serve;
use crate::transport::reload::Fresh;
use admit::Admit;
use authenticate::Authenticate;
use bound::Bodies;
use deadline::Deadline;
use headers::{Headers, hosts};
use path_token::from_path;
use request_id::{MakeId, without_strange_id};
use route::ToHandler;
use step::step;
use trace::{Trace, traced};

/// State that all ports share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) observer: Observer,
    pub(crate) tokens: Option<Fresh<Tokens>>,
    pub(crate) handlers: Arc<Handlers>,
}

impl Shared {
    /// The stack of one port, at `address`. Connections were bounded in number and time before.
    pub(crate) fn stack(&self, side: Port, address: SocketAddr) -> Serve {
        let id = HeaderName::from_static(REQUEST_ID);
        let handlers = &self.handlers;
        let settings = &handlers.settings;
        let trace = Arc::new(Trace {
            side,
            observer: self.observer.clone(),
            tokens: self.tokens.clone(),
            handlers: Arc::clone(handlers),
        });
        let stack = ServiceBuilder::new()
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
            .layer(layer_fn(move |next| traced(Arc::clone(&trace), next)))
            // Before the token: a foreign page in a browser may have none, and must learn nothing.
            .layer(step(Headers { side, hosts: hosts(settings, address) }))
            .layer(step(Authenticate))
            // After the token: only callers may reserve, each within its share.
            .layer(step(Admit { side, budget: Arc::clone(&handlers.budget) }))
            // After admission: no call waits for room.
            .layer(step(Deadline { call_time: settings.call_time.get() }))
            .layer(step(Bodies {
                read_time: settings.read_time.get(),
                probe_time: settings.read_time.min(settings.header_time).get(),
                silence: settings.stream_silence.get(),
            }))
            .service(ToHandler(Arc::clone(handlers)));
        Serve::new(stack)
    }
}
