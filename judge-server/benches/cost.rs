//! Processor time a call, for each judge: the server against the judgement alone and three bare tonic
//! handlers. One only decodes the message and answers with nothing. One judges it too: a judgement takes
//! the caches from whatever reads and writes. The third judges on another thread and answers with the
//! judgement, which no service that keeps judgements off its I/O threads can do for less.
//! `cargo bench -p canary-judge-server --bench cost` (add `-- --judge NAME` for one of them)

mod harness;

use std::cell::RefCell;
use std::io::Write;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use cpu_time::ThreadTime;
use harness::{METRICS, POINTS, Server, request};
use judge_contract::proto::judge_service_server::{JudgeService, JudgeServiceServer};
use judge_contract::proto::{self, JudgeStreamRequest, JudgeStreamResponse};
use judge_core::{Judge, JudgeRequest, Judgement, Scratch, judges};
use judge_server::{Listeners, Refusal, Settings, logs, serve, threads};
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, Streaming};

const CALLS: usize = 20_000;

/// Calls before those that count.
const WARM_UP: usize = 2_000;

/// Calls that are made of one kind before the next kind has its turn: so whatever else the machine does
/// meets all of them alike.
const TURN: usize = 500;

/// Different canaries, one after the other: of a single one processors would learn which way its points
/// go, as they cannot of those that are yet to come.
const CANARIES: usize = 64;

/// Calls in flight at once, on one connection. More than one share wake-ups and system calls, which
/// helps the bare handler most: it never waits.
const IN_FLIGHT: [usize; 2] = [1, 16];

const ROUNDS: usize = 3;

type Client = proto::judge_service_client::JudgeServiceClient<tonic::transport::Channel>;

/// As in the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let only = std::env::args().skip_while(|argument| argument != "--judge").nth(1);
    let mode =
        std::env::args().find_map(|argument| argument.strip_prefix("--serve=").map(str::to_owned));
    // All servers read and write on as many threads as the command does.
    let threads = threads(fixed_settings(Vec::new())?.io_threads);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    match mode.as_deref() {
        Some("full") => runtime.block_on(serve_full(false)),
        Some("kept") => runtime.block_on(serve_full(true)),
        Some("bare") => runtime.block_on(serve_bare(Bare::Decodes)),
        Some("silent") => runtime.block_on(serve_bare(Bare::Judges)),
        Some("plain") => runtime.block_on(serve_bare(Bare::Answers)),
        _ => tokio::runtime::Runtime::new()?.block_on(measure(only.as_deref())),
    }
}

async fn measure(only: Option<&str>) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "processor time a call, {CALLS} calls of {METRICS} metrics x {POINTS} points")?;
    for judge in judges::built_in().iter().map(Judge::name) {
        if only.is_some_and(|only| only != judge) {
            continue;
        }
        let messages: Arc<[_]> = (0..CANARIES).map(|index| canary(judge, index)).collect();
        for in_flight in IN_FLIGHT {
            for round in 1..=ROUNDS {
                let costs = Costs::measure(&messages, in_flight).await?;
                writeln!(out, "{judge}, {in_flight} in flight, round {round}: {costs}")?;
            }
        }
    }
    Ok(())
}

/// Processor time a call, in microseconds.
struct Costs {
    /// The judgement in process.
    judgement: f64,
    /// With the sentences that explain each metric and what would change it, which the answer carries.
    explained: f64,
    /// Decodes, and answers with nothing.
    bare: f64,
    /// Judges besides.
    silent: f64,
    /// Judges on another thread, and answers with the judgement.
    plain: f64,
    full: f64,
    /// With a store, a source, and all listeners, but no canary under way.
    kept: f64,
}

impl Costs {
    async fn measure(
        messages: &Arc<[proto::JudgeRequest]>,
        in_flight: usize,
    ) -> anyhow::Result<Self> {
        let requests = messages.iter().map(|message| JudgeRequest::try_from(message.clone()));
        let requests: Vec<JudgeRequest> = requests.collect::<Result<_, _>>()?;
        let servers = [
            Served::start("bare").await?,
            Served::start("silent").await?,
            Served::start("plain").await?,
            Served::start("full").await?,
            Served::start("kept").await?,
        ];
        let spent = || -> anyhow::Result<Vec<f64>> {
            servers.iter().map(|served| served.server.cpu_seconds()).collect()
        };
        let mut before = spent()?;
        let (mut judgement, mut explained) = (Duration::ZERO, Duration::ZERO);
        for turn in 0..(CALLS + WARM_UP) / TURN {
            if turn == WARM_UP / TURN {
                before = spent()?;
                (judgement, explained) = (Duration::ZERO, Duration::ZERO);
            }
            judgement += in_process(&requests, turn, false)?;
            explained += in_process(&requests, turn, true)?;
            for served in &servers {
                drive(&served.client, messages, in_flight).await?;
            }
        }
        let after = spent()?;
        let micros = |seconds: f64| seconds * 1e6 / CALLS as f64;
        let of_server = |index: usize| micros(after[index] - before[index]);
        Ok(Self {
            judgement: micros(judgement.as_secs_f64()),
            explained: micros(explained.as_secs_f64()),
            bare: of_server(0),
            silent: of_server(1),
            plain: of_server(2),
            full: of_server(3),
            kept: of_server(4),
        })
    }
}

impl std::fmt::Display for Costs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { judgement, explained, bare, silent, plain, full, kept } = self;
        let beyond = |handler: f64, from: f64| {
            let rest = handler - from;
            format!("{rest:.1} = {:.2} bare", rest / bare)
        };
        write!(
            f,
            "in process {judgement:.1} us, {explained:.1} with its sentences; bare handler {bare:.1}, one \
             that judges {silent:.1}, one that judges on another thread and answers {plain:.1}, server \
             {full:.1}; beyond the judgement {}, {} and {}, beyond its sentences {}; server that keeps \
             canaries {kept:.1} = {:+.1} %",
            beyond(*silent, *judgement),
            beyond(*plain, *judgement),
            beyond(*full, *judgement),
            beyond(*full, *explained),
            100.0 * (kept / full - 1.0),
        )
    }
}

fn canary(judge: &str, index: usize) -> proto::JudgeRequest {
    let id = format!("benchmark-{index}");
    proto::JudgeRequest { judge: Some(judge.to_owned()), ..request(&id, METRICS, POINTS) }
}

/// Processor time of a turn.
fn in_process(requests: &[JudgeRequest], turn: usize, explained: bool) -> anyhow::Result<Duration> {
    let mut scratch = Scratch::default();
    let before = ThreadTime::now();
    for request in requests.iter().cycle().skip(turn * TURN % requests.len()).take(TURN) {
        let judge = judges::built_in().chosen_by(request)?;
        let judgement = judge.judge_with(request, &mut scratch)?;
        for metric in judgement.metrics.iter().filter(|_| explained) {
            std::hint::black_box((metric.explanation(), metric.what_would_change()));
            for finding in &metric.findings {
                std::hint::black_box(finding.what_would_change());
            }
        }
        std::hint::black_box(judgement);
    }
    Ok(before.elapsed())
}

/// A server in a process of its own, and a client of it.
struct Served {
    server: Server,
    client: Client,
}

impl Served {
    async fn start(mode: &str) -> anyhow::Result<Self> {
        let server =
            Server::start(Command::new(std::env::current_exe()?).arg(format!("--serve={mode}")))?;
        let client = server.connect().await?;
        Ok(Self { server, client })
    }
}

/// A turn of calls.
async fn drive(
    client: &Client,
    messages: &Arc<[proto::JudgeRequest]>,
    in_flight: usize,
) -> anyhow::Result<()> {
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..in_flight {
        let (mut client, messages) = (client.clone(), Arc::clone(messages));
        callers.spawn(async move {
            let calls = (caller..TURN).step_by(in_flight);
            for call in calls {
                client.judge(messages[call % messages.len()].clone()).await?;
            }
            Ok::<_, Status>(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    Ok(())
}

/// Settings of the server, with `more` flags.
fn fixed_settings(more: Vec<String>) -> anyhow::Result<Settings> {
    // One client plays all callers.
    let fixed = [
        "judge-server",
        "--grpc-listen=127.0.0.1:0",
        "--http-listen=127.0.0.1:0",
        "--caller-share=1",
    ];
    let all = fixed.map(str::to_owned).into_iter().chain(more);
    Ok(Settings::read(all.map(Into::into))?)
}

/// The server; where it keeps canaries, in a folder that goes with it.
async fn serve_full(keeps: bool) -> anyhow::Result<()> {
    let mut arguments = Vec::new();
    let folder = tempfile::tempdir()?;
    if keeps {
        arguments.extend([
            format!("--store={}", folder.path().join("judge.db").display()),
            "--prometheus=http://127.0.0.1:9".to_owned(),
            "--kayenta-listen=127.0.0.1:0".to_owned(),
        ]);
    }
    let settings = fixed_settings(arguments)?;
    let _log = logs::start(&settings)?;
    let listeners = Listeners::bind(&settings).await?;
    say(listeners.grpc.local_addr()?)?;
    Ok(serve(&settings, listeners, std::future::pending()).await?)
}

async fn serve_bare(bare: Bare) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(listener.local_addr()?)?;
    let incoming = tonic::transport::server::TcpIncoming::from(listener).with_nodelay(Some(true));
    let service = JudgeServiceServer::new(bare);
    let server = tonic::transport::Server::builder().add_service(service);
    Ok(server.serve_with_incoming(incoming).await?)
}

fn say(address: std::net::SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{address}")?;
    out.flush()
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// A handler without limits, log and metrics.
#[derive(Clone, Copy)]
enum Bare {
    /// Answers with nothing.
    Decodes,
    /// Judges where it reads, and answers with nothing.
    Judges,
    /// Judges on another thread, and answers with the judgement.
    Answers,
}

fn judge(request: proto::JudgeRequest) -> Result<Judgement, Refusal> {
    let request = JudgeRequest::try_from(request)?;
    let judge = judges::built_in().chosen_by(&request)?;
    Ok(SCRATCH.with_borrow_mut(|scratch| judge.judge_with(&request, scratch))?)
}

#[tonic::async_trait]
impl JudgeService for Bare {
    type JudgeStreamStream = tokio_stream::Empty<Result<JudgeStreamResponse, Status>>;
    type MonitorStream = tokio_stream::Empty<Result<proto::MonitorResponse, Status>>;

    async fn judge(
        &self,
        request: Request<proto::JudgeRequest>,
    ) -> Result<Response<proto::JudgeResponse>, Status> {
        let request = std::hint::black_box(request.into_inner());
        let answer = match self {
            Self::Decodes => proto::JudgeResponse::default(),
            Self::Judges => {
                std::hint::black_box(judge(request)?);
                proto::JudgeResponse::default()
            }
            Self::Answers => {
                let id = request.id.clone();
                let judging = move || judge(request).map(proto::Judgement::from);
                let judged = tokio::task::spawn_blocking(judging).await;
                let judgement = Some(judged.map_err(|_| Refusal::Internal)??);
                proto::JudgeResponse { id, judgement }
            }
        };
        Ok(Response::new(answer))
    }

    async fn judge_stream(
        &self,
        _: Request<Streaming<JudgeStreamRequest>>,
    ) -> Result<Response<Self::JudgeStreamStream>, Status> {
        Ok(Response::new(tokio_stream::empty()))
    }

    async fn monitor(
        &self,
        _: Request<Streaming<proto::MonitorRequest>>,
    ) -> Result<Response<Self::MonitorStream>, Status> {
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
