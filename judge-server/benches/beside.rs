//! Judge calls beside 1,000 canaries of 20 metrics with a look a minute each, on SQLite, against a stand-in for a Prometheus: how
//! long they take, and how late the looks are.
//! `cargo bench -p canary-judge-server --bench beside -- [--canaries 1000] [--minutes 2] [--calls 50]`
//!
//! Client, server and stand-in share the machine's processors.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the stand-in for a Prometheus is that of the tests"
)]

mod harness;
#[path = "../../judge-canary/tests/canaries/source.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod source;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use harness::{METRICS, POINTS, Server, request};
use judge_contract::proto::canary_service_client::CanaryServiceClient;
use judge_contract::proto::start_canary_request::Config;
use judge_contract::proto::{CanaryScope, CanaryStage, CanaryTarget, StartCanaryRequest};
use judge_server::{Listeners, Settings, logs, serve};
use tokio::task::JoinSet;
use tokio::time::interval;
use tonic::transport::Endpoint;

/// Seconds between two looks at a canary.
const INTERVAL: u64 = 60;

/// As in the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn argument(name: &str, default: u64) -> u64 {
    let given = std::env::args().skip_while(|argument| argument != name).nth(1);
    given.map_or(default, |given| given.parse().expect("a number"))
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    match std::env::args().find_map(|argument| argument.strip_prefix("--serve=").map(str::to_owned))
    {
        Some(prometheus) => runtime.block_on(serve_here(&prometheus)),
        None => runtime.block_on(measure()),
    }
}

async fn serve_here(prometheus: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let arguments = [
        "judge-server".to_owned(),
        "--grpc-listen=127.0.0.1:0".to_owned(),
        "--http-listen=127.0.0.1:0".to_owned(),
        "--kayenta-listen=127.0.0.1:0".to_owned(),
        "--caller-share=1".to_owned(),
        format!("--store={}", folder.path().join("judge.db").display()),
        format!("--prometheus={prometheus}"),
    ];
    let settings = Settings::read(arguments.map(Into::into))?;
    let _log = logs::start(&settings)?;
    let listeners = Listeners::bind(&settings).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", listeners.grpc.local_addr()?)?;
    out.flush()?;
    Ok(serve(&settings, listeners, std::future::pending()).await?)
}

async fn measure() -> anyhow::Result<()> {
    let (canaries, minutes, calls) =
        (argument("--canaries", 1000), argument("--minutes", 2), argument("--calls", 50));
    let prometheus = source::Prometheus::start().await;
    let serve = format!("--serve={}", prometheus.url());
    let server = Server::start(Command::new(std::env::current_exe()?).arg(serve))?;
    let span = Duration::from_secs(INTERVAL * minutes);
    let alone = judged(&server, calls, Duration::from_secs(20)).await?;
    start_all(&server, canaries, span).await?;
    let asked = prometheus.asked();
    let before = server.cpu_seconds()?;
    let beside = judged(&server, calls, span).await?;
    let busy = (server.cpu_seconds()? - before) / span.as_secs_f64();
    let queries = prometheus.asked() - asked;
    let mut out = std::io::stdout();
    for (what, mut times) in [("alone", alone), ("beside", beside)] {
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times[(times.len() - 1) * share / 100];
        let (count, median, most, last) = (times.len(), at(50), at(99), at(100));
        writeln!(
            out,
            "{what}: {count} Judge calls, {calls} a second: median {median:.2} ms, 99 % {most:.2} ms, last {last:.2} ms"
        )?;
    }
    let memory = server.resident_mib()?;
    writeln!(
        out,
        "{canaries} canaries made {queries} queries in {minutes} min; the server took {busy:.2} processors with the \
         calls, and has {memory:.0} MiB"
    )?;
    Ok(())
}

/// Starts canaries whose looks are spread over the interval.
async fn start_all(server: &Server, canaries: u64, span: Duration) -> anyhow::Result<()> {
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address))?;
    let mut client = CanaryServiceClient::new(endpoint.connect().await?);
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let config = source::config(METRICS).to_string();
    let target = |scope: String| Some(CanaryTarget { scope, ..CanaryTarget::default() });
    let seconds = |seconds: u64| pbjson_types::Duration {
        seconds: i64::try_from(seconds).unwrap(),
        nanos: 0,
    };
    for number in 0..canaries {
        let start = now - INTERVAL + INTERVAL * number / canaries;
        let start = pbjson_types::Timestamp { seconds: i64::try_from(start)?, nanos: 0 };
        let scope = CanaryScope {
            baseline: target("stable".to_owned()),
            canary: target(format!("c{number}")),
            baseline_offset: None,
        };
        let request = StartCanaryRequest {
            application: "shop".to_owned(),
            config: Some(Config::KayentaConfigJson(config.clone())),
            scopes: BTreeMap::from([("default".to_owned(), scope)]),
            stage: Some(CanaryStage {
                start: Some(start),
                lifetime: Some(seconds(span.as_secs() + 2 * INTERVAL)),
                interval: Some(seconds(INTERVAL)),
                ..CanaryStage::default()
            }),
            ..StartCanaryRequest::default()
        };
        client.start_canary(request).await?;
    }
    Ok(())
}

/// Milliseconds that calls take, which begin when it is their time.
async fn judged(server: &Server, calls: u64, span: Duration) -> anyhow::Result<Vec<f64>> {
    let client = server.connect().await?;
    let message = request("beside", METRICS, POINTS);
    let mut under_way = JoinSet::new();
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(calls)?);
    let begun = Instant::now();
    while begun.elapsed() < span {
        ticks.tick().await;
        let (mut client, message) = (client.clone(), message.clone());
        under_way.spawn(async move {
            let begun = Instant::now();
            client.judge(message).await.map(|_| begun.elapsed().as_secs_f64() * 1e3)
        });
    }
    let mut times = Vec::new();
    while let Some(time) = under_way.join_next().await {
        times.push(time??);
    }
    Ok(times)
}
