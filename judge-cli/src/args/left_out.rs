//! The messages of a build without the feature `retro`.

use std::ffi::OsString;
use std::path::PathBuf;

/// Why the command is missing, and the way out.
pub(crate) const LEFT_OUT: &str = "this judge is built without the feature retro; `cargo install --path judge-cli` in \
                                   a clone of the repository installs one that has it";

/// Not in this build: judge past releases again, as a config would have.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct LeftOutArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<OsString>,
}

/// Recorded releases, which this build cannot read.
pub(super) fn releases(_: &str) -> Result<PathBuf, &'static str> {
    Err(LEFT_OUT)
}
