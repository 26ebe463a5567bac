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
mod shared;
mod stream;

use std::sync::Arc;

use ::http::Request;
use axum::body::Body;

pub use answer::Entrance;
pub(crate) use answer::answer;
pub(crate) use answered::{Answered, Ended, Ending, Failure};
pub(crate) use context::Context;
pub(crate) use health::health_and_reflection;
pub(crate) use judging::JudgingPool;
pub(crate) use monitor::answer_all as answer_monitor;
pub(crate) use pool::Pool;
pub(crate) use score::SharedLooks;
pub(crate) use shared::{Handlers, StreamLimits};

use routes::Handler;

impl Handlers {
    /// Answers one call.
    ///
    /// # Errors
    /// If it is refused.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        context: Context,
        request: Request<Body>,
    ) -> Result<Answered, Failure> {
        match context.route.handler {
            Handler::Grpc(entrance) => self.grpc(entrance, &context, request).await,
            Handler::Stream => Ok(self.stream(context, request)),
            Handler::Monitor => Ok(self.monitor(context, request)),
            Handler::ListJudges => self.list_judges(&context, request).await,
            Handler::Others => self.others(&context, request).await,
            Handler::Document(entrance) => self.document(entrance, &context, request).await,
            Handler::Judges => http::judges(),
            Handler::Alive => Ok(http::alive()),
            Handler::Ready => Ok(self.ready()),
            Handler::Metrics => self.metrics(context.origin.metrics()),
            Handler::OpenApi => http::open_api(),
            Handler::Page => Ok(http::page()),
            Handler::Canary(call) => self.canary(call, &context, request).await,
            Handler::KayentaHealth => Ok(self.kayenta_health().await),
            Handler::Kayenta(call) => self.kayenta(call, &context, request).await,
            Handler::Score(call) => self.score(call, &context, request).await,
            Handler::ExportHistory => Ok(self.export_history(&context, &request)?),
            Handler::Pages(call) => self.page(call, &context, request).await,
        }
    }
}
