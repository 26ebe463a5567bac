//! What every call passes on its way to its handler: the same in the same order for all ports.

mod answer_body;
mod deadline;
mod headers;
mod path_token;
mod request_body;
mod request_id;
mod respond;
mod steps;
mod trace;

use std::convert::Infallible;
use std::sync::Arc;

use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderName, HeaderValue};
use tower::{ServiceBuilder, service_fn};
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::callers::tokens::Tokens;
use crate::handlers::Handlers;
use crate::handlers::routes::Port;
use crate::observe::call::{Observer, REQUEST_ID};
use crate::settings::Settings;
use crate::transport::Serve;
use crate::transport::reload::Fresh;
use path_token::from_path;
use request_id::{MakeId, without_strange_id};
use steps::Steps;
use trace::Trace;

/// State that all ports share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) observer: Observer,
    pub(crate) tokens: Option<Fresh<Tokens>>,
    pub(crate) handlers: Arc<Handlers>,
}

impl Shared {
    /// The service of one port. Connections were bounded in number and time before.
    pub(crate) fn service(&self, side: Port, settings: &Settings) -> impl Serve {
        let id = HeaderName::from_static(REQUEST_ID);
        let trace = Arc::new(Trace {
            side,
            observer: self.observer.clone(),
            tokens: self.tokens.clone(),
            message_bytes: settings.max_message_size.get(),
            read_time: settings.read_time.get(),
            handlers: Arc::clone(&self.handlers),
            steps: Steps::new(side, &self.handlers, settings),
        });
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
            .service(service_fn(move |request| {
                let trace = Arc::clone(&trace);
                // The libraries around it move a future several times before they run it, and this one is large.
                Box::pin(async move { Ok::<_, Infallible>(trace.answer(request).await) })
            }))
    }
}
