//! Spans over OTLP.

use std::sync::Arc;
use std::time::SystemTime;

use judge_contract::VERSION;
use judge_sources::without_secrets;
use opentelemetry::trace::{
    Span, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
    TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::warn;

use super::{EndedCall, TraceParent};
use crate::settings::Settings;
use crate::settings::error::StartError;

/// Where spans go, if they go anywhere.
#[derive(Debug, Clone)]
pub(crate) struct Traces(Option<Arc<Export>>);

#[derive(Debug)]
struct Export {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// Sends spans where the settings say. A span that cannot be sent is lost: no call waits for it.
    pub(crate) fn start(settings: &Settings) -> Result<Self, StartError> {
        let Some(endpoint) = &settings.otlp_endpoint else { return Ok(Self(None)) };
        let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint.clone()).build();
        let shown = without_secrets(endpoint);
        let exporter = exporter
            .map_err(|error| StartError::Settings(format!("otlp-endpoint {shown}: {error}")))?;
        let resource = Resource::builder()
            .with_service_name("judge-server")
            .with_attribute(KeyValue::new("service.version", VERSION))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        let tracer = provider.tracer("judge-server");
        Ok(Self(Some(Arc::new(Export { provider, tracer }))))
    }

    /// The span of a call that ends now.
    pub(crate) fn export(&self, ended: &EndedCall<'_>) {
        let Some(export) = &self.0 else { return };
        let end = SystemTime::now();
        let begin = end.checked_sub(ended.after).unwrap_or(end);
        let attributes = [
            ("rpc.method", Some(ended.method)),
            ("judge.code", Some(ended.code)),
            ("judge.id", ended.id),
            ("judge.config", ended.config),
            ("judge.verdict", ended.verdict),
            ("judge.refusal", ended.reason),
        ];
        let attributes = attributes
            .into_iter()
            .filter_map(|(key, text)| Some(KeyValue::new(key, text?.to_owned())));
        let span = SpanBuilder::from_name(ended.method)
            .with_kind(SpanKind::Server)
            .with_start_time(begin)
            .with_attributes(attributes);
        let parent = ended.parent.and_then(remote);
        let parent = parent
            .map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent));
        let mut span = export.tracer.build_with_context(span, &parent);
        if let Some(reason) = ended.reason {
            span.set_status(Status::error(reason));
        }
        span.end_with_timestamp(end);
    }

    /// Sends what has not been sent yet.
    pub(crate) async fn end(&self) {
        let Some(export) = self.0.clone() else { return };
        let sent = tokio::task::spawn_blocking(move || export.provider.shutdown()).await;
        if let Ok(Err(error)) = sent {
            warn!(%error, "the last spans were not sent");
        }
    }
}

fn remote(parent: &TraceParent) -> Option<SpanContext> {
    let flags = if parent.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
    Some(SpanContext::new(
        TraceId::from_hex(parent.trace_id()).ok()?,
        SpanId::from_hex(parent.span_id()).ok()?,
        flags,
        true,
        TraceState::default(),
    ))
}
