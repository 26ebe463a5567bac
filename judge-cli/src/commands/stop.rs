//! Signals that stop a run early: Ctrl-C and SIGTERM.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Listens from now on. The returned future ends at the first signal.
///
/// # Errors
/// If the system does not allow listening.
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
