//! The server from start to end.

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::budget::Budget;
use crate::connections::Connections;
use crate::error::StartError;
use crate::gate::{Gate, Side};
use crate::grpc;
use crate::http;
use crate::judging::Judging;
use crate::metrics::Metrics;
use crate::open::Open;
use crate::pool::{LARGE_BYTES, Pool};
use crate::proto::judge_service_server::SERVICE_NAME;
use crate::proto_json;
use crate::secrets::Secrets;
use crate::settings::{Settings, threads};
use crate::systemd;
use crate::traces::Traces;

/// The sockets of the two sides.
#[derive(Debug)]
pub struct Listeners {
    /// For gRPC.
    pub grpc: TcpListener,
    /// For HTTP.
    pub http: TcpListener,
}

impl Listeners {
    /// Binds where the settings say.
    ///
    /// # Errors
    /// When an address is taken or not this machine's.
    pub async fn bind(settings: &Settings) -> Result<Self, StartError> {
        let bind = async |address| {
            TcpListener::bind(address).await.map_err(|error| {
                StartError::Settings(format!("cannot listen on {address}: {error}"))
            })
        };
        Ok(Self {
            grpc: bind(settings.grpc_listen).await?,
            http: bind(settings.http_listen).await?,
        })
    }
}

/// Serves until `shutdown` is ready; then drains: not serving first, no new connections after
/// `drain_delay`, and calls that were accepted are answered within `drain_time`.
///
/// # Errors
/// When the server cannot start. What happens later is answered or logged.
pub async fn serve(
    settings: &Settings,
    listeners: Listeners,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let grpc_address = listeners.grpc.local_addr()?;
    let http_address = listeners.http.local_addr()?;
    settings.check_protected(grpc_address)?;
    settings.check_protected(http_address)?;
    let metrics = Metrics::new().map_err(|error| StartError::Internal(error.to_string()))?;
    let metrics = Arc::new(metrics);
    let every = settings.reload_every.get();
    let secrets = Secrets::load(settings.tls()?, settings.tokens.clone(), every, &metrics)?;
    warn_of_messages_without_room(settings);
    proto_json::prepare();
    let judging = Arc::new(Judging {
        pool: Pool::start(
            threads(settings.threads),
            threads(settings.io_threads),
            settings.max_calls,
        )?,
        limits: settings.limits(),
        metrics,
        call_time: settings.call_time.get(),
    });
    let sides = Sides {
        budget: Budget::new(usize::try_from(settings.max_buffered.get()).unwrap_or(usize::MAX)),
        judging,
        open_calls: Arc::new(Semaphore::new(settings.max_open_calls)),
        secrets,
        traces: Traces::start(settings)?,
        leaving: CancellationToken::new(),
        draining: CancellationToken::new(),
    };
    let (reporter, health) = tonic_health::server::health_reporter();
    let service = grpc::Service {
        judging: Arc::clone(&sides.judging),
        streams: Arc::new(Semaphore::new(settings.max_streams)),
        stream_calls: settings.max_stream_calls,
        draining: sides.draining.clone(),
        others: grpc::others(health)?,
    };
    let shared = http::Shared {
        judging: Arc::clone(&sides.judging),
        budget: Arc::clone(&sides.budget),
        draining: sides.leaving.clone(),
    };
    let grpc = sides.gate(Side::Grpc(service), settings);
    let http = sides.gate(Side::Http(http::router(shared)), settings);
    let connections = sides.connections(settings);
    let tasks = connections.tasks.clone();
    let accepting = [
        tokio::spawn(connections.clone().serve(listeners.grpc, grpc)),
        tokio::spawn(connections.serve(listeners.http, http)),
    ];
    for name in ["", SERVICE_NAME] {
        reporter.set_service_status(name, tonic_health::ServingStatus::Serving).await;
    }
    info!(grpc = %grpc_address, http = %http_address, "serving");
    systemd::serving(grpc_address, http_address);

    shutdown.await;
    info!("shutting down");
    systemd::ending();
    sides.leaving.cancel();
    for name in ["", SERVICE_NAME] {
        reporter.set_service_status(name, tonic_health::ServingStatus::NotServing).await;
    }
    sleep(settings.drain_delay.get()).await;
    sides.draining.cancel();
    for listening in accepting {
        // The task ends at the token; it could only fail by a panic, which has been reported.
        let _ = listening.await;
    }
    tasks.close();
    if timeout(settings.drain_time.get(), tasks.wait()).await.is_err() {
        warn!(connections = tasks.len(), "closed before they were done");
    }
    sides.traces.end().await;
    info!("ended");
    Ok(())
}

/// Says so where a message may be larger than what there is room for.
fn warn_of_messages_without_room(settings: &Settings) {
    let Settings { max_message_size, max_buffered, .. } = settings;
    let all = max_buffered.get();
    let large = max_message_size.get() > LARGE_BYTES as u64;
    let room = if large { all - all / 4 } else { all };
    if max_message_size.get() > room {
        warn!(
            %max_message_size,
            %max_buffered,
            "a message may be larger than max-buffered, or than three quarters of it if over 256 KiB, \
             and is refused then: raise max-buffered or lower max-message-size"
        );
    }
}

/// What both sides have in common.
struct Sides {
    judging: Arc<Judging>,
    budget: Arc<Budget>,
    /// Calls that may still be opened.
    open_calls: Arc<Semaphore>,
    secrets: Secrets,
    traces: Traces,
    /// The end has been announced.
    leaving: CancellationToken,
    /// Connections end.
    draining: CancellationToken,
}

impl Sides {
    fn gate(&self, side: Side, settings: &Settings) -> Arc<Gate> {
        Arc::new(Gate {
            side,
            judging: Arc::clone(&self.judging),
            budget: Arc::clone(&self.budget),
            open: Open::of_side(&self.open_calls),
            tokens: self.secrets.tokens.clone(),
            traces: self.traces.clone(),
            call_time: settings.call_time.get(),
            read_time: settings.read_time.get(),
            probe_time: settings.read_time.get().min(settings.header_time.get()),
            leaving: self.leaving.clone(),
            draining: self.draining.clone(),
        })
    }

    fn connections(&self, settings: &Settings) -> Connections {
        Connections {
            places: Arc::new(Semaphore::new(settings.max_connections)),
            tls: self.secrets.tls.clone(),
            header_time: settings.header_time.get(),
            idle_time: settings.idle_time.get(),
            write_time: settings.write_time.get(),
            age: settings.connection_age.get(),
            opened: Arc::default(),
            keep_alive: settings.keep_alive.get(),
            draining: self.draining.clone(),
            tasks: TaskTracker::new(),
        }
    }
}
