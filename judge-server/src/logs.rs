//! The log: one line a call, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::error::StartError;
use crate::settings::{LogFormat, Settings};

/// Begins to log as the settings say, for the whole process.
///
/// # Errors
/// When the filter is not one, or something else logs already.
pub fn start(settings: &Settings) -> Result<(), StartError> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| StartError::Settings(format!("log: {error}")))?;
    let log = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match settings.log_format {
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Text => log.try_init(),
    };
    started.map_err(|error| StartError::Settings(error.to_string()))
}
