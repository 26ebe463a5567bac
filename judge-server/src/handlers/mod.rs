//! All calls in one table, and their handlers. Handlers know nothing of sockets and of limits on callers; the outcome of a
//! call is the value that they return.

mod answer;
mod answered;
mod calls;
mod canary;
mod canary_answers;
mod canary_routes;
mod codec;
mod context;
mod export;
mod grpc;
mod health;
mod http;
mod judging;
mod kayenta;
mod kayenta_routes;
mod monitor;
mod open_stream;
mod openapi;
mod page_routes;
pub(crate) mod pages;
mod params;
mod pool;
mod query;
mod route;
pub(crate) mod routes;
mod score;
mod score_routes;
mod stream;

use std::sync::Arc;

use ::http::{Request, StatusCode};
use axum::body::Body;
use judge_contract::{list_judges, proto_json};

pub use answer::Entrance;
pub(crate) use answer::answer;
pub(crate) use answered::{Answered, Ended, Ending, Failure, bytes_of};
use context::read_series;
pub(crate) use context::{Context, Handlers};
pub(crate) use health::health_and_reflection;
pub(crate) use monitor::answer_all as answer_monitor;
pub(crate) use pool::Pool;
pub(crate) use score::SharedLooks;

use open_stream::OpenedStream;
use routes::Handler;

impl Handlers {
    /// Answers one call.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        context: Context,
        request: Request<Body>,
    ) -> Result<Answered, Failure> {
        match context.route.handler {
            Handler::Grpc(entrance) => self.grpc(entrance, &context, request).await,
            Handler::Stream => Ok(self.open_stream(context, request, OpenedStream::judge_all)),
            Handler::Monitor => Ok(self.open_stream(context, request, OpenedStream::monitor)),
            Handler::ListJudges => self.list_judges(&context, request).await,
            Handler::Others => self.others(&context, request).await,
            Handler::Document(entrance) => self.document(entrance, &context, request).await,
            Handler::Judges => Ok(http::json(StatusCode::OK, proto_json::write(&list_judges())?)),
            Handler::Alive => Ok(http::plain(StatusCode::OK, "alive")),
            Handler::Ready => Ok(self.ready()),
            Handler::Metrics => self.metrics(context.origin.metrics()),
            Handler::OpenApi => Ok(http::json(StatusCode::OK, openapi::document()?)),
            Handler::Page => Ok(http::page()),
            Handler::KayentaHealth => Ok(self.kayenta_health().await),
            // Every call has room for the largest handler, so handlers of few calls are boxed.
            Handler::Canary(call) => Box::pin(self.canary(call, &context, request)).await,
            Handler::Kayenta(call) => Box::pin(self.kayenta(call, &context, request)).await,
            Handler::Score(call) => Box::pin(self.score(call, &context, request)).await,
            Handler::ExportHistory => Ok(self.export_history(&context, &request)?),
            Handler::Pages(call) => Box::pin(self.page(call, &context, request)).await,
        }
    }
}
