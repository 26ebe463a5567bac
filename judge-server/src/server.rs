//! Runs the server, from start to drain.

use std::future::Future;
use std::sync::Arc;

use judge_contract::proto::judge_service_server::SERVICE_NAME;
use judge_contract::proto_json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tracing::{error, info, warn};

use crate::budget::{Budget, LARGE_BYTES};
use crate::callers::tokens::Tokens;
use crate::canary_runtime::CanaryRuntime;
use crate::handlers::routes::Port;
use crate::handlers::{Handlers, Pool, SharedLooks, health_and_reflection};
use crate::layers::Shared;
use crate::observe::call::Observer;
use crate::observe::metrics::Metrics;
use crate::observe::systemd;
use crate::observe::traces::Traces;
use crate::settings::error::StartError;
use crate::settings::{Settings, threads};
use crate::transport::reload::{self, Fresh};
use crate::transport::tls::Tls;
use crate::transport::{Transport, raise_limit, watch_expiry};

/// The listening sockets.
#[derive(Debug)]
pub struct Listeners {
    /// For gRPC.
    pub grpc: TcpListener,
    /// For HTTP.
    pub http: TcpListener,
    /// For clients of Kayenta; `None` without a store.
    pub kayenta: Option<TcpListener>,
}

impl Listeners {
    /// Binds the addresses of the settings.
    ///
    /// # Errors
    /// If an address is in use, or not of this machine.
    pub async fn bind(settings: &Settings) -> Result<Self, StartError> {
        let bind = async |setting, address| {
            TcpListener::bind(address).await.map_err(|error| {
                let said = format!("cannot listen on {address}: {error}; give another --{setting}");
                StartError::Settings(said)
            })
        };
        let kayenta = match settings.store_settings()? {
            Some(_) => Some(bind("kayenta-listen", settings.kayenta_listen).await?),
            None => None,
        };
        Ok(Self {
            grpc: bind("grpc-listen", settings.grpc_listen).await?,
            http: bind("http-listen", settings.http_listen).await?,
            kayenta,
        })
    }
}

/// Serves until `shutdown` is ready, then drains: it reports not serving, accepts no new connections after `drain_delay`, and
/// answers accepted calls within `drain_time`.
///
/// # Errors
/// If the server cannot start, or no looks are made any more. Other later errors are answered or logged.
pub async fn serve(
    settings: &Settings,
    listeners: Listeners,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let settings = Arc::new(settings.clone());
    let grpc_address = listeners.grpc.local_addr()?;
    let http_address = listeners.http.local_addr()?;
    settings.check_protected(grpc_address)?;
    settings.check_protected(http_address)?;
    settings.retired.warn();
    warn_of_messages_without_room(&settings);
    raise_limit(settings.max_connections);
    proto_json::prepare();
    let metrics = Metrics::new().map_err(|error| StartError::Internal(error.to_string()))?;
    let observer = Observer { metrics: Arc::new(metrics), traces: Traces::start(&settings)? };
    let (leaving, draining) = (CancellationToken::new(), CancellationToken::new());
    let (reporter, health) = tonic_health::server::health_reporter();
    let kept = match settings.store_settings()? {
        Some(store) => Some(CanaryRuntime::open(store, &settings, &observer.metrics).await?),
        None => None,
    };
    let handlers = Handlers {
        pool: Pool::new(threads(settings.threads), observer.metrics.admitted.clone()),
        limits: settings.limits(),
        budget: Budget::new(
            usize::try_from(settings.max_buffered.get()).unwrap_or(usize::MAX),
            settings.caller_share,
        ),
        others: health_and_reflection(health)?,
        canaries: kept.as_ref().map(|kept| kept.canaries.clone()),
        looks: Arc::new(SharedLooks::default()),
        settings: Arc::clone(&settings),
        leaving: leaving.clone(),
        draining: draining.clone(),
    };
    let shared = Shared {
        tokens: tokens(&settings, &observer.metrics)?,
        observer: observer.clone(),
        handlers: Arc::new(handlers),
    };
    let transport = transport(&settings, &observer.metrics, &draining)?;
    let tasks = transport.tasks.clone();
    let grpc = shared.stack(Port::Grpc, grpc_address);
    let http = shared.stack(Port::Http, http_address);
    let mut accepting = vec![
        tokio::spawn(transport.clone().serve(listeners.grpc, grpc)),
        tokio::spawn(transport.clone().serve(listeners.http, http)),
    ];
    if let Some(listener) = listeners.kayenta {
        let address = listener.local_addr()?;
        settings.check_protected(address)?;
        let kayenta = shared.stack(Port::Kayenta, address);
        accepting.push(tokio::spawn(transport.clone().serve(listener, kayenta)));
        info!(kayenta = %address, "keeping canaries");
    }
    let mut looking = kept.map(|kept| tokio::spawn(kept.run(leaving.clone())));
    let report = async |status| {
        for name in ["", SERVICE_NAME] {
            reporter.set_service_status(name, status).await;
        }
    };
    report(ServingStatus::Serving).await;
    info!(grpc = %grpc_address, http = %http_address, "serving");
    systemd::serving(grpc_address, http_address);

    let broken = tokio::select! {
        () = shutdown => Ok(()),
        error = broken_off(&mut looking) => Err(error),
    };
    info!("shutting down");
    systemd::ending();
    leaving.cancel();
    report(ServingStatus::NotServing).await;
    sleep(settings.drain_delay.get()).await;
    draining.cancel();
    for listening in accepting {
        // The task ends at the token; it could only fail by a panic, which has been reported.
        let _ = listening.await;
    }
    tasks.close();
    let deadline = Instant::now() + settings.drain_time.get();
    if timeout_at(deadline, tasks.wait()).await.is_err() {
        warn!(connections = tasks.len(), "closed before they were done");
    }
    if let Some(looking) = looking
        && timeout_at(deadline, looking).await.is_err()
    {
        warn!("looks were under way; they are made again");
    }
    observer.traces.end().await;
    info!("ended");
    broken
}

/// Waits until the task that makes looks ends by a panic. Without it, canaries would stand still while the server seems to be
/// ready.
async fn broken_off(looking: &mut Option<JoinHandle<()>>) -> StartError {
    let Some(running) = looking else { return std::future::pending().await };
    let ended = running.await;
    *looking = None;
    error!("no looks are made any more: {ended:?}");
    StartError::Internal("the task that makes looks broke off".to_owned())
}

/// The tokens that callers need, if any.
fn tokens(
    settings: &Settings,
    metrics: &Arc<Metrics>,
) -> Result<Option<Fresh<Tokens>>, StartError> {
    let Some(path) = settings.tokens.clone() else { return Ok(None) };
    let (paths, every) = (vec![path.clone()], settings.reload_every.get());
    reload::watch(paths, every, metrics, move || Tokens::load(&path).map(Arc::new)).map(Some)
}

fn transport(
    settings: &Arc<Settings>,
    metrics: &Arc<Metrics>,
    draining: &CancellationToken,
) -> Result<Transport, StartError> {
    let tls = match settings.tls()? {
        None => None,
        Some(files) => {
            let paths = [Some(&files.certificate), Some(&files.key), files.client_ca.as_ref()];
            let paths = paths.into_iter().flatten().cloned().collect();
            let every = settings.reload_every.get();
            let tls: Fresh<Tls> = reload::watch(paths, every, metrics, move || files.load())?;
            let watching = watch_expiry(tls.clone(), Arc::clone(metrics));
            tokio::spawn(draining.clone().run_until_cancelled_owned(watching));
            Some(tls)
        }
    };
    Ok(Transport::new(settings, tls, metrics, draining))
}

/// Warns if a message may be larger than the budget.
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_panic_where_looks_are_made_ends_the_server() {
        let mut looking = Some(tokio::spawn(async { panic!("a defect") }));
        let error = broken_off(&mut looking).await;
        assert_eq!(error.to_string(), "the task that makes looks broke off");
        assert!(looking.is_none());
        let without = tokio::time::timeout(Duration::from_millis(1), broken_off(&mut looking));
        assert!(without.await.is_err(), "a server without canaries goes on");
    }
}
