//! The command `judge-server`.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::SelectAll;
use judge_server::{Listeners, Settings, StartError, audit, healthcheck, logs, serve, threads};
use mimalloc::MiMalloc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio_stream::wrappers::SignalStream;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Longest wait for the last lines of the log at the end.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Threads for blocking work other than judging: tokio's default.
const OTHER_THREADS: usize = 512;

fn main() -> ExitCode {
    let settings = match Settings::read(arguments()) {
        Ok(settings) => settings,
        // Help and version are such errors, too, with their own stream and exit code.
        Err(StartError::Flags(error)) => error.exit(),
        Err(error) => return fail(&error.into()),
    };
    match run(&settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// The command line; `judge-server audit` is a flag that reads like a command.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(command) = arguments.get_mut(1)
        && command == "audit"
    {
        *command = "--audit".into();
    }
    arguments
}

fn fail(error: &anyhow::Error) -> ExitCode {
    // If standard error is closed, there is nowhere to report it.
    let _ = writeln!(std::io::stderr(), "judge-server: {error:#}");
    ExitCode::FAILURE
}

fn run(settings: &Settings) -> anyhow::Result<()> {
    if settings.print_config {
        std::io::stdout().write_all(settings.to_toml()?.as_bytes())?;
        return Ok(settings.check()?);
    }
    let alone = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    if settings.healthcheck {
        return Ok(alone()?.block_on(healthcheck(settings))?);
    }
    if settings.audit {
        return Ok(alone()?.block_on(audit(settings, &mut std::io::stdout()))?);
    }
    settings.check()?;
    let _log = logs::start(settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads(settings.io_threads))
        // Small and large judgements have permits for twice the threads at most.
        .max_blocking_threads(OTHER_THREADS + 2 * threads(settings.threads))
        .enable_all()
        .build()?;
    let ended = runtime.block_on(async {
        let mut ends = listen(&ENDING)?;
        let _ignored = listen(&IGNORED)?;
        let listeners = Listeners::bind(settings).await?;
        let (stop, stopped) = oneshot::channel();
        let twice = async {
            ends.next().await;
            let _ = stop.send(());
            ends.next().await;
        };
        tokio::select! {
            served = serve(settings, listeners, async { drop(stopped.await) }) => Ok(served?),
            () = twice => anyhow::bail!("ended at once by a second signal"),
        }
    });
    if ended.is_ok() {
        // Calls that were cut off are logged when their tasks are dropped. Abandoned judgements need not be finished.
        runtime.shutdown_timeout(LAST_LINES);
    } else {
        runtime.shutdown_background();
    }
    ended
}

/// The signals that end the server.
const ENDING: [fn() -> SignalKind; 3] =
    [SignalKind::terminate, SignalKind::interrupt, SignalKind::quit];

/// Signals that would end it otherwise. SIGHUP is handled where files are reloaded.
const IGNORED: [fn() -> SignalKind; 2] = [SignalKind::hangup, SignalKind::user_defined1];

/// Signals that do not end the process by themselves.
fn listen(kinds: &[fn() -> SignalKind]) -> std::io::Result<SelectAll<SignalStream>> {
    kinds.iter().map(|kind| signal(kind()).map(SignalStream::new)).collect()
}
