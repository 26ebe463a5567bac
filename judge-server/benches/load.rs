//! Latency, throughput, overload and memory of the server over gRPC.
//! `cargo bench -p canary-judge-server --bench load` (add `-- --seconds 60` for the long overload)
//!
//! Client and server share the machine's processors, so the figures are lower bounds.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of calls, far from either"
)]

mod harness;

use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use harness::{METRICS, POINTS, Server, request};
use judge_contract::proto::judge_service_client::JudgeServiceClient;
use judge_contract::proto::{JudgeRequest, JudgeResponse};
use judge_server::{Listeners, Settings, logs, serve};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tonic::transport::Channel;
use tonic::{Code, Status};

/// Points of each series where the server is overloaded.
const OVERLOAD_POINTS: usize = 240;

/// Calls in flight on each connection of a closed loop.
const IN_FLIGHT: usize = 4;

/// How long each of the shorter measurements takes.
const SPAN: Duration = Duration::from_secs(4);

/// As in the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    if std::env::args().any(|argument| argument == "--serve") {
        return runtime.block_on(serve_here());
    }
    let seconds = std::env::args().skip_while(|argument| argument != "--seconds").nth(1);
    let overload = seconds.map_or(Ok(10), |seconds| seconds.parse())?;
    runtime.block_on(measure(Duration::from_secs(overload)))
}

/// A server with `threads` judging threads.
fn start(threads: &str) -> anyhow::Result<Server> {
    let mut command = Command::new(std::env::current_exe()?);
    Server::start(command.arg("--serve").env("JUDGE_THREADS", threads))
}

async fn serve_here() -> anyhow::Result<()> {
    // One client plays all callers.
    let arguments = [
        "judge-server",
        "--grpc-listen=127.0.0.1:0",
        "--http-listen=127.0.0.1:0",
        "--caller-share=1",
    ];
    let settings = Settings::read(arguments.map(Into::into))?;
    let _log = logs::start(&settings)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let listeners = Listeners::bind(&settings).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", listeners.grpc.local_addr()?)?;
    out.flush()?;
    Ok(serve(&settings, listeners, async move {
        let _ = terminate.recv().await;
    })
    .await?)
}

async fn measure(overload: Duration) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let begun = Instant::now();
    let server = start("0")?;
    let client = server.connect().await?;
    let ready = begun.elapsed();
    let idle = server.resident_mib()?;
    writeln!(out, "process start to connected {:.0} ms, idle {idle:.1} MiB", millis(ready))?;
    let message = Arc::new(request("load", METRICS, POINTS));
    let expected = Arc::new(client.clone().judge((*message).clone()).await?.into_inner());

    writeln!(
        out,
        "\nclosed loop, {METRICS} metrics x {POINTS} points, {IN_FLIGHT} calls in flight a connection"
    )?;
    writeln!(out, "connections  calls/s  p50 ms  p99 ms  refused  server MiB")?;
    for connections in [1, 4, 16, 64, 256] {
        let load = closed(&server, &message, &expected, connections).await?;
        writeln!(
            out,
            "{connections:11}  {:7.0}  {:6.2}  {:6.2}  {:7}  {:10.1}",
            load.rate(),
            load.quantile(0.5),
            load.quantile(0.99),
            load.refused.len(),
            server.resident_mib()?
        )?;
    }
    drop(server);
    overloaded(overload).await
}

/// One judging thread and larger canaries: what limits the server then is the judging, not the client
/// that has the same processors.
async fn overloaded(overload: Duration) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let server = start("1")?;
    let message = Arc::new(request("load", METRICS, OVERLOAD_POINTS));
    let client = server.connect().await?;
    let expected = Arc::new(client.clone().judge((*message).clone()).await?.into_inner());
    let capacity = closed(&server, &message, &expected, 8).await?.rate();
    writeln!(out, "\nopen loop, one judging thread, {METRICS} metrics x {OVERLOAD_POINTS} points")?;
    writeln!(
        out,
        "load      offered/s  answered/s  p50 ms  p99 ms  refused  refusal p50 ms  wrong  lost"
    )?;
    for (name, share, span) in [
        ("half", 0.5, SPAN),
        ("double", 2.0, overload),
        ("second after", 0.5, Duration::from_secs(1)),
    ] {
        let before = server.resident_mib()?;
        let load = open(&server, &message, &expected, capacity * share, span).await?;
        writeln!(
            out,
            "{name:12}  {:5.0}  {:10.0}  {:6.2}  {:6.2}  {:7}  {:14.2}  {:5}  {:4}   memory {before:.1} MiB, {}",
            capacity * share,
            load.rate(),
            load.quantile(0.5),
            load.quantile(0.99),
            load.refused.len(),
            quantile(&load.refused, 0.5),
            load.wrong,
            load.lost,
            quarters(&load.memory)
        )?;
    }
    drop(server);
    ended(capacity, &message, &expected).await
}

/// What was there after each quarter.
fn quarters(samples: &[f64]) -> String {
    let at = |quarter: usize| samples.get((samples.len() * quarter / 4).saturating_sub(1));
    let quarters: Vec<String> = (1..=4).filter_map(at).map(|mib| format!("{mib:.1}")).collect();
    quarters.join(", ")
}

/// Twice the capacity, and a SIGTERM in the middle: what the server began to answer, as its log has it, and
/// what the client was told.
async fn ended(
    capacity: f64,
    message: &Arc<JudgeRequest>,
    expected: &Arc<JudgeResponse>,
) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("log");
    let mut command = Command::new(std::env::current_exe()?);
    let command = command.arg("--serve").env("JUDGE_THREADS", "1");
    let mut server = Server::start_logging(command, Stdio::from(File::create(&file)?))?;
    let (loading, ending) =
        tokio::join!(open(&server, message, expected, 2.0 * capacity, SPAN), async {
            tokio::time::sleep(SPAN / 2).await;
            server.terminate()
        });
    let (load, ()) = (loading?, ending?);
    let well = server.ended_well()?;
    let log = std::fs::read_to_string(file)?;
    let codes = |code: &str| {
        let code = format!("\"code\":\"{code}\"");
        log.lines()
            .filter(|line| line.contains("\"method\":\"Judge\"") && line.contains(&code))
            .count()
    };
    writeln!(
        std::io::stdout(),
        "\nSIGTERM in the middle of that: ended well {well}; the server judged {}, refused {}, gave up {}; the client has {} \
         answers, {} refusals, {} wrong; {} calls found no server",
        codes("OK"),
        codes("RESOURCE_EXHAUSTED"),
        codes("CANCELLED"),
        load.answered.len(),
        load.refused.len(),
        load.wrong,
        load.lost,
    )?;
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What came of the calls; times in milliseconds, sorted.
#[derive(Default)]
struct Load {
    answered: Vec<f64>,
    refused: Vec<f64>,
    wrong: usize,
    lost: usize,
    span: Duration,
    /// Resident memory of the server in MiB, while calls began.
    memory: Vec<f64>,
}

impl Load {
    fn count(
        &mut self,
        outcome: Result<JudgeResponse, Status>,
        expected: &JudgeResponse,
        time: f64,
    ) {
        match outcome {
            Ok(response) if response == *expected => self.answered.push(time),
            Ok(_) => self.wrong += 1,
            Err(status) if status.code() == Code::ResourceExhausted => self.refused.push(time),
            Err(_) => self.lost += 1,
        }
    }

    fn sorted(mut self, span: Duration) -> Self {
        self.answered.sort_by(f64::total_cmp);
        self.refused.sort_by(f64::total_cmp);
        self.span = span;
        self
    }

    fn rate(&self) -> f64 {
        self.answered.len() as f64 / self.span.as_secs_f64()
    }

    fn quantile(&self, share: f64) -> f64 {
        quantile(&self.answered, share)
    }
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let index = (sorted.len() as f64 * share) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

async fn closed(
    server: &Server,
    message: &Arc<JudgeRequest>,
    expected: &Arc<JudgeResponse>,
    connections: usize,
) -> anyhow::Result<Load> {
    let mut callers = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..connections {
        let client = server.connect().await?;
        for _ in 0..IN_FLIGHT {
            let (mut client, message) = (client.clone(), Arc::clone(message));
            let expected = Arc::clone(expected);
            callers.spawn(async move {
                let mut load = Load::default();
                while begun.elapsed() < SPAN {
                    let sent = Instant::now();
                    let outcome = client.judge((*message).clone()).await;
                    let outcome = outcome.map(tonic::Response::into_inner);
                    load.count(outcome, &expected, millis(sent.elapsed()));
                }
                load
            });
        }
    }
    let mut whole = Load::default();
    while let Some(part) = callers.join_next().await {
        let part = part?;
        whole.answered.extend(part.answered);
        whole.refused.extend(part.refused);
        whole.wrong += part.wrong;
        whole.lost += part.lost;
    }
    Ok(whole.sorted(begun.elapsed()))
}

/// Calls that begin when it is their time, whatever became of those before.
async fn open(
    server: &Server,
    message: &Arc<JudgeRequest>,
    expected: &Arc<JudgeResponse>,
    rate: f64,
    span: Duration,
) -> anyhow::Result<Load> {
    const CONNECTIONS: usize = 16;
    const TICK: Duration = Duration::from_millis(2);
    const SAMPLES: f64 = 20.0;
    let mut clients: Vec<JudgeServiceClient<Channel>> = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(server.connect().await?);
    }
    let mut calls = JoinSet::new();
    let mut load = Load::default();
    let begun = Instant::now();
    let sent = AtomicUsize::new(0);
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while begun.elapsed() < span {
        ticks.tick().await;
        if begun.elapsed() >= span.mul_f64(load.memory.len() as f64 / SAMPLES) {
            // It may have ended.
            load.memory.extend(server.resident_mib().ok());
        }
        let due = (begun.elapsed().as_secs_f64() * rate) as usize;
        while sent.load(Ordering::Relaxed) < due {
            let index = sent.fetch_add(1, Ordering::Relaxed);
            let (mut client, message) = (clients[index % CONNECTIONS].clone(), Arc::clone(message));
            calls.spawn(async move {
                let begun = Instant::now();
                let outcome = client.judge((*message).clone()).await;
                (outcome.map(tonic::Response::into_inner), millis(begun.elapsed()))
            });
        }
        while let Some(done) = calls.try_join_next() {
            let (outcome, time) = done?;
            load.count(outcome, expected, time);
        }
    }
    while let Some(done) = calls.join_next().await {
        let (outcome, time) = done?;
        load.count(outcome, expected, time);
    }
    Ok(load.sorted(begun.elapsed()))
}
