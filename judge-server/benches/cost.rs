//! Processor time a call: the server against a bare tonic handler that only decodes the same message,
//! and against the judgement alone, for each judge.
//! `cargo bench -p judge-server --bench cost` (add `-- --judge NAME` for one of them)

mod harness;

use std::io::Write;
use std::process::Command;
use std::sync::Arc;

use harness::{METRICS, POINTS, Server, cpu_seconds, request};
use judge_core::{JudgeRequest, Scratch, judges};
use judge_server::proto::judge_service_server::{JudgeService, JudgeServiceServer};
use judge_server::proto::{self, JudgeStreamRequest, JudgeStreamResponse};
use judge_server::{Listeners, Settings, logs, serve};
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, Streaming};

const CALLS: usize = 20_000;

/// Different canaries, one after the other: of a single one processors would learn which way its points
/// go, as they cannot of those that are yet to come.
const CANARIES: usize = 64;

/// Calls in flight at once, on one connection. More than one share wake-ups and system calls, which
/// helps the bare handler most: it never waits.
const IN_FLIGHT: [usize; 2] = [1, 16];

/// As in the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let only = std::env::args().skip_while(|argument| argument != "--judge").nth(1);
    let mode =
        std::env::args().find_map(|argument| argument.strip_prefix("--serve=").map(str::to_owned));
    let runtime = tokio::runtime::Runtime::new()?;
    match mode.as_deref() {
        Some("full") => runtime.block_on(serve_full()),
        Some("bare") => runtime.block_on(serve_bare()),
        _ => runtime.block_on(measure(only.as_deref())),
    }
}

async fn measure(only: Option<&str>) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "processor time a call, {CALLS} calls of {METRICS} metrics x {POINTS} points")?;
    for judge in judges::ALL.iter().map(|judge| judge.name()) {
        if only.is_some_and(|only| only != judge) {
            continue;
        }
        let messages: Arc<[_]> = (0..CANARIES).map(|index| canary(judge, index)).collect();
        let explained = in_process(&messages, true)?;
        writeln!(out, "{judge}: with its sentences, in process, {explained:.1} us")?;
        for in_flight in IN_FLIGHT {
            // Alternating, so that whatever else the machine does meets all of them.
            for round in 1..=3 {
                let judgement = in_process(&messages, false)?;
                let bare = over_grpc("bare", &messages, in_flight).await?;
                let full = over_grpc("full", &messages, in_flight).await?;
                let rest = full - judgement;
                writeln!(
                    out,
                    "  {in_flight} in flight, round {round}: judgement in process {judgement:.1} us, bare \
                     handler {bare:.1} us, server {full:.1} us; beyond the judgement {rest:.1} us = \
                     {:.2} bare handlers",
                    rest / bare
                )?;
            }
        }
    }
    Ok(())
}

fn canary(judge: &str, index: usize) -> proto::JudgeRequest {
    let id = format!("benchmark-{index}");
    proto::JudgeRequest { judge: Some(judge.to_owned()), ..request(&id, METRICS, POINTS) }
}

/// The judgement alone, or with the sentences that explain each metric and what would change it, which
/// the answer carries.
fn in_process(messages: &[proto::JudgeRequest], explained: bool) -> anyhow::Result<f64> {
    let requests = messages.iter().map(|message| JudgeRequest::try_from(message.clone()));
    let requests: Vec<JudgeRequest> = requests.collect::<Result<_, _>>()?;
    let mut scratch = Scratch::default();
    let before = cpu_seconds("self")?;
    for request in requests.iter().cycle().take(CALLS) {
        let judge = judges::chosen_by(request)?;
        let judgement = judge.judge_with(request, &mut scratch)?;
        for metric in judgement.metrics.iter().filter(|_| explained) {
            std::hint::black_box((metric.explanation(), metric.what_would_change()));
            for finding in &metric.findings {
                std::hint::black_box(finding.what_would_change());
            }
        }
        std::hint::black_box(judgement);
    }
    Ok(micros(cpu_seconds("self")? - before))
}

fn micros(seconds: f64) -> f64 {
    seconds * 1e6 / CALLS as f64
}

async fn over_grpc(
    mode: &str,
    messages: &Arc<[proto::JudgeRequest]>,
    in_flight: usize,
) -> anyhow::Result<f64> {
    let server =
        Server::start(Command::new(std::env::current_exe()?).arg(format!("--serve={mode}")))?;
    let client = server.connect().await?;
    drive(&client, messages, CALLS / 10, in_flight).await?;
    let before = server.cpu_seconds()?;
    drive(&client, messages, CALLS, in_flight).await?;
    Ok(micros(server.cpu_seconds()? - before))
}

async fn drive(
    client: &proto::judge_service_client::JudgeServiceClient<tonic::transport::Channel>,
    messages: &Arc<[proto::JudgeRequest]>,
    calls: usize,
    in_flight: usize,
) -> anyhow::Result<()> {
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..in_flight {
        let (mut client, messages) = (client.clone(), Arc::clone(messages));
        callers.spawn(async move {
            for message in messages.iter().cycle().take(calls / in_flight) {
                client.judge(message.clone()).await?;
            }
            Ok::<_, Status>(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    Ok(())
}

async fn serve_full() -> anyhow::Result<()> {
    let arguments =
        ["judge-server", "--grpc-listen=127.0.0.1:0", "--http-listen=127.0.0.1:0"].map(Into::into);
    let settings = Settings::read(arguments)?;
    let _log = logs::start(&settings)?;
    let listeners = Listeners::bind(&settings).await?;
    say(listeners.grpc.local_addr()?)?;
    Ok(serve(&settings, listeners, std::future::pending()).await?)
}

async fn serve_bare() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(listener.local_addr()?)?;
    let incoming = tonic::transport::server::TcpIncoming::from(listener).with_nodelay(Some(true));
    let service = JudgeServiceServer::new(Bare);
    let server = tonic::transport::Server::builder().add_service(service);
    Ok(server.serve_with_incoming(incoming).await?)
}

fn say(address: std::net::SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{address}")?;
    out.flush()
}

/// Decodes, and answers with nothing.
struct Bare;

#[tonic::async_trait]
impl JudgeService for Bare {
    type JudgeStreamStream = tokio_stream::Empty<Result<JudgeStreamResponse, Status>>;

    async fn judge(
        &self,
        request: Request<proto::JudgeRequest>,
    ) -> Result<Response<proto::JudgeResponse>, Status> {
        std::hint::black_box(request.into_inner());
        Ok(Response::new(proto::JudgeResponse::default()))
    }

    async fn judge_stream(
        &self,
        _: Request<Streaming<JudgeStreamRequest>>,
    ) -> Result<Response<Self::JudgeStreamStream>, Status> {
        Ok(Response::new(tokio_stream::empty()))
    }

    async fn validate_config(
        &self,
        _: Request<proto::ValidateConfigRequest>,
    ) -> Result<Response<proto::ValidateConfigResponse>, Status> {
        Ok(Response::new(proto::ValidateConfigResponse::default()))
    }

    async fn list_judges(
        &self,
        _: Request<proto::ListJudgesRequest>,
    ) -> Result<Response<proto::ListJudgesResponse>, Status> {
        Ok(Response::new(proto::ListJudgesResponse::default()))
    }
}
