//! The subcommands.

mod bar;
mod batch;
mod calibrate;
mod config_check;
mod judges;
mod report;
#[cfg(feature = "retro")]
mod retro;
mod run;
mod test;

use std::error::Error;
use std::process::ExitCode;

use clap::CommandFactory;
use judge_core::Verdict;

use crate::args::{Args, Command, ConfigCommand};
use crate::input::InputError;
use crate::output::Console;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The canary passes, or there was none to judge.
    Done,
    /// Something that is nobody's input.
    Other,
    /// Bad input.
    BadInput,
    /// The canary is marginal.
    Marginal,
    /// The canary fails.
    Fail,
    /// A person stopped it.
    #[cfg(feature = "retro")]
    Interrupted,
}

impl Exit {
    /// How a run that stopped with `error` ended.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        let bad_input = error.chain().any(is_bad_input);
        if bad_input { Self::BadInput } else { Self::Other }
    }
}

/// Whether `error` is the input's.
fn is_bad_input(error: &(dyn Error + 'static)) -> bool {
    #[cfg(feature = "retro")]
    if retro::is_bad_input(error) {
        return true;
    }
    error.is::<InputError>()
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Done,
            Verdict::Marginal => Self::Marginal,
            Verdict::Fail => Self::Fail,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Other => 1,
            Exit::BadInput => 2,
            Exit::Marginal => 3,
            Exit::Fail => 4,
            #[cfg(feature = "retro")]
            Exit::Interrupted => 130,
        })
    }
}

/// Runs a subcommand.
pub(crate) fn run(command: Command, console: &Console) -> anyhow::Result<Exit> {
    #[cfg(feature = "retro")]
    retro::tell_no_caught_panics();
    match command {
        Command::Run(args) => run::run(args, console),
        Command::Test(args) => test::run(&args, console),
        Command::Batch(args) => batch::run(args),
        Command::Calibrate(args) => calibrate::run(args, console),
        #[cfg(feature = "retro")]
        Command::Retro(args) => retro::run(&args, console),
        Command::Report(args) => report::run(args),
        Command::Config(ConfigCommand::Check(args)) => config_check::run(&args, console),
        Command::Judges(args) => judges::run(&args, console),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "judge", &mut script);
            console.own_text(&script)?;
            Ok(Exit::Done)
        }
    }
}
