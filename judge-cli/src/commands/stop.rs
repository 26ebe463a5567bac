//! What stops a run before its end: Ctrl-C, or SIGTERM.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Listens from now on; what it returns ends with the first signal.
///
/// # Errors
/// When the system does not let it listen.
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
